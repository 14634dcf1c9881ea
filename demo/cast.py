"""Who is who in the demo. Their mail addresses lie in domains that nobody can have."""

from dataclasses import dataclass

NORTHWIND, CONTOSO, FABRIKAM = "Northwind", "Contoso Events", "Fabrikam"


@dataclass(frozen=True)
class Person:
    """Somebody who can be signed in as. `role` is one of staff's, or "operator", or "editor" of `organization`."""

    email: str
    name: str
    role: str
    organization: str = ""

    @property
    def is_staff(self) -> bool:
        return self.role != "editor"


STAFF = (
    Person("sam@hq.example", "Sam Soto", "Support"),
    Person("ana@hq.example", "Ana Amsel", "Approver"),
    Person("ali@hq.example", "Ali Aydin", "Auditor"),
)
OPERATOR = Person("olga@hq.example", "Olga Ode", "operator")
EDITORS = (
    Person("nora@northwind.example", "Nora Nilsen", "editor", NORTHWIND),
    Person("carl@contoso.example", "Carl Costa", "editor", CONTOSO),
    Person("fay@fabrikam.example", "Fay Ferrari", "editor", FABRIKAM),
)
EVERYBODY = (*STAFF, OPERATOR, *EDITORS)
SERIES = {NORTHWIND: "Weekly News", CONTOSO: "Event Invitations", FABRIKAM: "Team Letter"}
SETUP_OWNER = ("Ida Ito", "ida@fabrikam.example")


def person(email: str) -> Person | None:
    """The one with that address."""
    return next((each for each in EVERYBODY if each.email == email), None)
