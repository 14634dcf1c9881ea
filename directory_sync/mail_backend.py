"""Mails on the terminal, where no mail server is set."""

import sys
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class TerminalBackend(EmailBackend):
    """Writes the text of mails to standard error: standard output belongs to what a command was asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stream = sys.stderr

    def write_message(self, message: EmailMessage) -> None:
        self.stream.write(
            f"Mail to {', '.join(message.recipients())}: {message.subject}\n\n{message.body}\n{'-' * 79}\n"
        )
