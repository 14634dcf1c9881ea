"""The mails that the demo has sent: files, read as a mail program reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

END = b"\n" + b"-" * 79 + b"\n"  # what Django's file backend writes after each message


@dataclass(frozen=True)
class Mail:
    """One mail; `html` is "" where it has only text."""

    name: str
    subject: str
    to: str
    at: datetime
    text: str
    html: str


def mails() -> list[Mail]:
    """All of them, the newest first."""
    return sorted(_mails(), key=lambda mail: (mail.at, mail.name), reverse=True)


def mail(name: str) -> Mail | None:
    """The one with that name."""
    return next((each for each in _mails() if each.name == name), None)


def _mails() -> Iterator[Mail]:
    for file in (Path(settings.VAR_DIR) / "outbox").glob("*.log"):
        for number, raw in enumerate(file.read_bytes().split(END)[:-1]):
            yield _read(f"{file.stem}-{number}", raw)


def _read(name: str, raw: bytes) -> Mail:
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    return Mail(
        name=name,
        subject=str(message["Subject"]),
        to=str(message["To"]),
        # "-0000" says that the time is UTC and the sender's zone unknown; Python gives such a date no zone.
        at=parsedate_to_datetime(message["Date"]).replace(tzinfo=UTC),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
    )
