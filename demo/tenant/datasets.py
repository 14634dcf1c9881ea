"""Directories of known sizes, the same for the same seed."""

import random
from itertools import accumulate, pairwise
from typing import Any

from demo.tenant.directory import Directory
from demo.tenant.names import DEPARTMENTS, EMPLOYEE_TYPES, OFFICES, PEOPLE, SURNAMES

SIZES = {  # people, groups, direct links
    "tiny": (30, 8, 60),
    "S": (10_000, 1_000, 100_000),
    "M": (100_000, 10_000, 1_000_000),
    "L": (1_000_000, 50_000, 10_000_000),
}
ORG_DATA = [{"division": division, "costCenter": center} for _, _, division, center in DEPARTMENTS]


def build(directory: Directory, size: str, seed: int = 0) -> None:
    """Fill a directory: `demo`, or one of SIZES. Nothing of it is in the change log."""
    dice = random.Random(f"dataset {size} {seed}")
    with directory.lock, directory.unlogged():
        if size == "demo":
            _build_demo(directory, dice)
            return
        people, groups, links = SIZES[size]
        users = add_people(directory, people, dice)
        contacts = [_add_contact(directory, number) for number in range(people // 50)]
        _add_groups(directory, users, contacts, groups, links, dice)


def add_people(directory: Directory, count: int, dice: random.Random) -> list[str]:
    """People with managers, guests (5 %), disabled (6 %) and some without mail (3 %)."""
    ids: list[str] = []
    for number in range(count):
        manager = ids[(number - 1) // 8] if number else None
        ids.append(directory.add_user(manager=manager, **_person(directory, number, dice)))
    return ids


def _person(directory: Directory, number: int, dice: random.Random) -> dict[str, Any]:
    given, surname, address, language = PEOPLE[number % len(PEOPLE)]
    if number >= len(PEOPLE):
        surname = f"{surname}-{dice.choice(SURNAMES)}" if dice.random() < 0.4 else surname
        address = f"{address}{number}"
    place = number % len(DEPARTMENTS)
    department, jobs, _, _ = DEPARTMENTS[place]
    street, city, state, postal_code, country, usage = OFFICES[number % len(OFFICES)]
    person = {
        "displayName": f"{given} {surname}",
        "givenName": given,
        "surname": surname,
        "userPrincipalName": f"{address}@{directory.domain}",
        "mail": f"{address}@{directory.domain}",
        "accountEnabled": dice.random() >= 0.06,
        "jobTitle": dice.choice(jobs),
        "department": department,
        "companyName": directory.name,
        "employeeId": f"E{number:07d}",
        "employeeType": dice.choice(EMPLOYEE_TYPES),
        "employeeHireDate": f"{2005 + number % 19}-{1 + number % 12:02d}-01T00:00:00Z",
        "employeeOrgData": ORG_DATA[place],
        "officeLocation": city,
        "streetAddress": street,
        "city": city,
        "state": state,
        "postalCode": postal_code,
        "country": country,
        "usageLocation": usage,
        "preferredLanguage": language,
    }
    if number % 4 == 0:
        person["proxyAddresses"] = [f"SMTP:{person['mail']}", f"smtp:{address}@alias.{directory.domain}"]
    return person | _oddity(directory, address, dice)


def _oddity(directory: Directory, address: str, dice: random.Random) -> dict[str, Any]:
    chance = dice.random()
    if chance < 0.03:
        return {"mail": None, "proxyAddresses": None}
    if chance < 0.08:
        mail = f"{address}@partner.example"
        username = f"{mail.replace('@', '_')}#EXT#@{directory.domain}"
        return {"userType": "Guest", "mail": mail, "userPrincipalName": username, "externalUserState": "Accepted"}
    return {}


def _add_contact(directory: Directory, number: int) -> str:
    given, surname, address, _ = PEOPLE[number % len(PEOPLE)]
    return directory.add_contact(
        displayName=f"{given} {surname} (Press)",
        givenName=given,
        surname=surname,
        mail=f"{address}{number}@news.example",
        companyName="The Daily Example",
    )


def _add_groups(
    directory: Directory, users: list[str], contacts: list[str], count: int, links: int, dice: random.Random
) -> None:
    """Groups from huge to single, some nested (two of them in a ring), with exactly `links` direct links."""
    orders = [dice.sample(users, len(users)) for _ in range(3)]
    nested = max(2, count // 5)
    sizes = _sizes(count, links - nested, len(users))
    groups = []
    for number, size in enumerate(sizes):
        order = orders[number % 3]
        start = dice.randrange(len(users) - size + 1)
        kind = "security" if number % 5 else dice.choice(["m365", "distribution", "mail_security", "dynamic"])
        members = order[start : start + size]
        if kind in ("distribution", "mail_security") and contacts and members:
            members[-1] = dice.choice(contacts)
        department = DEPARTMENTS[number % len(DEPARTMENTS)][0]
        groups.append(directory.add_group(f"{department} {number}", kind, members))
    security = [group for number, group in enumerate(groups) if number % 5]
    made = _nest(directory, [(security[-1], security[-2]), (security[-2], security[-1])])
    while made < nested:
        parent, child = sorted(dice.sample(range(len(security)), 2))
        made += _nest(directory, [(security[parent], security[child])])


def _nest(directory: Directory, pairs: list[tuple[str, str]]) -> int:
    return sum(directory.add_member(parent, child) for parent, child in pairs)


def _sizes(count: int, links: int, ceiling: int) -> list[int]:
    """`count` sizes that sum to `links`, falling like 1/n, none above `ceiling`."""
    weights = [(number + 1) ** -0.75 for number in range(count)]
    total = sum(weights)
    marks = [0, *(round(links * mark / total) for mark in accumulate(weights))]
    sizes = [min(ceiling, end - start) for start, end in pairwise(marks)]
    missing = links - sum(sizes)
    number = 0
    while missing:
        more = min(missing, ceiling - sizes[number])
        sizes[number] += more
        missing -= more
        number += 1
    return sizes


def _build_demo(directory: Directory, dice: random.Random) -> None:
    """A company one can read: about 400 people and groups that each show something."""
    users = add_people(directory, 400, dice)
    contacts = [_add_contact(directory, number) for number in range(6)]
    plain = [user for user in users if _is_plain(directory, user)]
    by_department = {
        name: [user for user in users if directory.properties(user)["department"] == name] for name, *_ in DEPARTMENTS
    }
    directory.add_group("All-Staff", members=users, description="Everybody who works here")
    directory.add_group("Outreach", members=plain[30:54], description="Volunteers who talk to the public")
    # Microsoft 365 groups alone can hide who is in them, from apps without Member.Read.Hidden too (group-list-members)
    directory.add_group("Engineering", "m365", by_department["Engineering"], visibility="HiddenMembership")
    directory.add_group("Management", members=plain[:12])
    child = directory.add_group("Child", members=plain[101:106])
    directory.add_group("Parent", members=[plain[100], child], description="One member and a group of five")
    sellers = by_department["Sales"]
    third = len(sellers) // 3
    regions = {
        "Sales Americas": sellers[:third],
        "Sales EMEA": sellers[third : 2 * third],
        "Sales Asia Pacific": sellers[2 * third :],
    }
    nested = [directory.add_group(name, members=members) for name, members in regions.items()]
    directory.add_group("Sales", members=[*nested, plain[0]])
    directory.add_group("Project Aurora", "m365", plain[60:75], visibility="Private")
    directory.add_group("Press list", "distribution", [*contacts, *by_department["Marketing"][:4]])
    directory.add_group("Shared screens", members=[plain[20], directory.add_device(displayName="LOBBY-SCREEN")])
    directory.add_group("Nobody yet")


def _is_plain(directory: Directory, user: str) -> bool:
    found = directory.properties(user)
    return bool(found["accountEnabled"] and found.get("mail") and found["userType"] == "Member")
