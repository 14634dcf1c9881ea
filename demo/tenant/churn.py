"""What a night does to a directory: a share of its people and links changes."""

import random
from bisect import bisect_right
from itertools import accumulate

from demo.tenant.directory import Directory
from demo.tenant.names import DEPARTMENTS, SURNAMES

JOBS = [job for _, jobs, _, _ in DEPARTMENTS for job in jobs]
TRIES = 20  # for somebody who is not in the group yet


def churn(directory: Directory, share: float, seed: int = 0) -> dict[str, int]:
    """Change that share (0 to 1) of the people and of the direct links; how many changed in which way.

    Of the people a quarter each get a name, a job title, a mail address, or are blocked (or let in again). Half of the
    links are removed and as many are added elsewhere, large groups more often. It follows from the directory and the
    seed; the same seed later changes others.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"not a share: {share}")
    with directory.lock:
        dice = random.Random(f"churn {seed} {directory.log.sequence}")
        return _change_people(directory, share, dice) | _change_links(directory, share, dice)


def _change_people(directory: Directory, share: float, dice: random.Random) -> dict[str, int]:
    users = directory.ordered("user")
    chosen = dice.sample(users, round(len(users) * share))
    renamed, promoted, moved, blocked = (chosen[start::4] for start in range(4))
    for user in renamed:
        given = directory.entry(user, "user").properties.get("givenName", "Robin")
        surname = f"{dice.choice(SURNAMES)}-{dice.choice(SURNAMES)} {_number(dice)}"
        directory.update_user(user, surname=surname, displayName=f"{given} {surname}")
    for user in promoted:
        directory.update_user(user, jobTitle=f"{dice.choice(JOBS)} {_number(dice)}")
    for user in moved:
        directory.update_user(user, mail=f"moved{_number(dice)}@{directory.domain}")
    for user in blocked:
        enabled = directory.entry(user, "user").properties.get("accountEnabled")
        directory.update_user(user, accountEnabled=not enabled)
    return {"renamed": len(renamed), "promoted": len(promoted), "moved": len(moved), "blocked": len(blocked)}


def _number(dice: random.Random) -> int:
    """Large enough that nobody has it already."""
    return dice.getrandbits(40)


def _change_links(directory: Directory, share: float, dice: random.Random) -> dict[str, int]:
    users = directory.ordered("user")
    groups = [(group.id, group.members) for group in directory.living("group") if group.members]
    marks = [0, *accumulate(len(members) for _, members in groups)]
    chosen = dice.sample(range(marks[-1]), round(marks[-1] * share))
    leaving, joining = chosen[::2], chosen[1::2]
    lists: dict[str, list[str]] = {}  # as the groups were: a place in a dict is slow to find
    removed = added = 0
    for link in leaving:
        place = bisect_right(marks, link) - 1
        group, members = groups[place]
        if group not in lists:
            lists[group] = [*members]
        removed += directory.remove_member(group, lists[group][link - marks[place]])
    for link in joining:
        group, _ = groups[bisect_right(marks, link) - 1]
        added += any(directory.add_member(group, dice.choice(users)) for _ in range(TRIES))
    return {"links_removed": removed, "links_added": added}
