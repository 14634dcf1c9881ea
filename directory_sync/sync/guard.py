"""Whether a run takes away so much that a person should look first. Pure: numbers and ids in, a verdict out.

Two levels. *People*: too many leave the connection, and the whole run is held. *Links*: a group in an audience
loses too many of its people by links alone, and those removals are held while everything else is applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Thresholds:
    """The usual thresholds; a connection may set its own. Shares are of 1."""

    people_at_least: int = 10
    people_share: float = 0.20
    people_many: int = 500
    people_many_share: float = 0.01
    links_more_than: int = 10
    links_share: float = 0.25
    empty_from: int = 5

    @classmethod
    def of(cls, own: Mapping[str, float]) -> "Thresholds":
        """The usual ones with a connection's own in place; unknown names are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in own.items() if name in known})  # type: ignore[arg-type]  # JSON numbers


def are_not_few(losses: int, thresholds: Thresholds) -> bool:
    """Whether so many leave that it matters how many there are."""
    return losses >= thresholds.people_at_least


def too_many_leave(recipients: int, losses: int, thresholds: Thresholds) -> bool:
    """Whether a run is held whole.

    `recipients`: how many the connection had. `losses`: how many of them would be none any more and have not
    been accepted by somebody.
    """
    if not are_not_few(losses, thresholds):
        return False
    many = max(thresholds.people_many, thresholds.people_many_share * recipients)
    return losses > thresholds.people_share * recipients or losses > many


def loses_too_much(before: int, losses: int, thresholds: Thresholds) -> bool:
    """Whether a group's link removals are held.

    `before`: recipients of the group. `losses`: how many it would lose who stay in the directory.
    """
    becomes_empty = losses >= before >= thresholds.empty_from
    return becomes_empty or (losses > thresholds.links_more_than and losses > thresholds.links_share * before)
