"""Names, places and jobs for invented people."""

# (given name, surname, both in Latin letters for addresses, preferred language)
PEOPLE = [
    ("Amelia", "Hart", "amelia.hart", "en-US"),
    ("Oliver", "O'Brien", "oliver.obrien", "en-GB"),
    ("José", "Núñez", "jose.nunez", "es-MX"),
    ("Zoë", "Müller", "zoe.mueller", "de-DE"),
    ("Łukasz", "Żółkiewski", "lukasz.zolkiewski", "pl-PL"),
    ("Søren", "Ågård", "soren.agard", "da-DK"),
    ("Анна", "Кузнецова", "anna.kuznetsova", "ru-RU"),
    ("Олександр", "Шевченко", "oleksandr.shevchenko", "uk-UA"),
    ("Ελένη", "Παπαδοπούλου", "eleni.papadopoulou", "el-GR"),
    ("ليلى", "حداد", "layla.haddad", "ar-AE"),
    ("נועה", "לוי", "noa.levi", "he-IL"),
    ("美咲", "田中", "misaki.tanaka", "ja-JP"),
    ("伟", "王", "wei.wang", "zh-CN"),
    ("지우", "김", "jiwoo.kim", "ko-KR"),
    ("अनिका", "शर्मा", "anika.sharma", "hi-IN"),
    ("กมล", "สุขใจ", "kamon.sukjai", "th-TH"),
    ("Nguyễn", "Thị Hoa", "hoa.nguyen", "vi-VN"),
    ("Ngozi", "Adébáyọ̀", "ngozi.adebayo", "en-NG"),
    ("Grace", "van der Berg", "grace.vanderberg", "nl-NL"),
    ("İpek", "Yıldız", "ipek.yildiz", "tr-TR"),
]

SURNAMES = [
    "Archer", "Bianchi", "Costa", "Dubois", "Eriksson", "Fischer", "García", "Hoffmann", "Ivanov", "Jensen", "Kowalski",
    "Lindqvist", "Moreau", "Novák", "Okafor", "Petrov", "Quinn", "Rossi", "Silva", "Takahashi", "Usman", "Varga",
    "Weber", "Xu", "Young", "Zhang",
]  # fmt: skip

DEPARTMENTS = [
    ("Engineering", ["Software Engineer", "Staff Engineer", "Test Engineer"], "Technology", "CC-100"),
    ("Sales", ["Account Executive", "Sales Manager", "Pre-sales Consultant"], "Commercial", "CC-200"),
    ("Marketing", ["Brand Manager", "Content Designer"], "Commercial", "CC-210"),
    ("Finance", ["Controller", "Accountant"], "Corporate", "CC-300"),
    ("People", ["People Partner", "Recruiter"], "Corporate", "CC-310"),
    ("Operations", ["Operations Lead", "Planner", "Technician"], "Operations", "CC-400"),
    ("Support", ["Support Agent", "Support Lead"], "Operations", "CC-410"),
]

# street, city, state, postal code, country, usage location
OFFICES = [
    ("500 Madison Avenue", "New York", "NY", "10022", "United States", "US"),
    ("2 Rue de la Paix", "Paris", "Île-de-France", "75002", "France", "FR"),
    ("千代田区丸の内1-1", "東京", "東京都", "100-0005", "日本", "JP"),
    ("Karl-Marx-Allee 5", "Berlin", "Berlin", "10178", "Germany", "DE"),
    ("Av. Paulista 1000", "São Paulo", "SP", "01310-100", "Brasil", "BR"),
]
EMPLOYEE_TYPES = ["Employee", "Employee", "Employee", "Contractor", "Consultant", "Vendor"]
