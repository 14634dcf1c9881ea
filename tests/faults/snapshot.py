"""What the database says of a connection, in words, so that a test can name exactly what a night changed."""

from directory_sync.models import Connection, GroupClosure, HeldRemoval, Membership, Nesting, Recipient

Facts = dict[str, str | None]

REACHES = ("ancestor__name", "descendant__name", "ancestor_id", "descendant_id")


def snapshot(connection: Connection) -> Facts:
    """Fact → value: people, groups with status and numbers, links, closure, delta links, what is held."""
    facts: Facts = {}
    for person in connection.recipients.all():
        facts[f"person {_name(person)}"] = person.left_out or person.email
    for group in connection.groups.all():
        status = f"{group.status} {group.problem}".strip()
        facts[f"group {_name(group)}"] = f"{status}, {group.recipients} of {group.entra_transitive}"
    for link in Membership.objects.filter(group__connection=connection).select_related("group", "recipient"):
        facts[f"{_name(link.group)} has {_name(link.recipient)}"] = "yes"
    for nesting in Nesting.objects.filter(parent__connection=connection).select_related("parent", "child"):
        facts[f"{_name(nesting.parent)} holds {_name(nesting.child)}"] = "yes"
    closure = GroupClosure.objects.filter(ancestor__connection=connection).exclude(ancestor=_same_group())
    for row in closure.select_related("ancestor", "descendant"):
        facts[f"{_name(row.ancestor)} reaches {_name(row.descendant)}"] = "yes"
    for link in connection.delta_links.all():
        facts[f"delta link of {link.stream}"] = link.link
    names = dict(Recipient.objects.filter(connection=connection).values_list("entra_id", "name"))
    for held in HeldRemoval.objects.filter(group__connection=connection).select_related("group"):
        member = names.get(held.member_entra_id, held.member_entra_id)
        facts[f"{_name(held.group)} held {member}"] = held.decision
    return facts


def changes(before: Facts, after: Facts) -> Facts:
    """What differs: fact → its value afterwards, None where there is none any more; a delta link is "moved"."""
    changed = {fact: after.get(fact) for fact in sorted({**before, **after}) if before.get(fact) != after.get(fact)}
    return {fact: "moved" if value and fact.startswith("delta link") else value for fact, value in changed.items()}


def _same_group():
    from django.db.models import F

    return F("descendant")


def _name(row) -> str:
    return row.name or row.entra_id
