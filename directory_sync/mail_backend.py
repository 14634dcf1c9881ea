"""Mails on the terminal, where no mail server is set."""

import sys
from typing import Any

from django.core.mail.backends.console import EmailBackend


class TerminalBackend(EmailBackend):
    """Writes to standard error: standard output belongs to what a command was asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, stream=sys.stderr, **{k: v for k, v in kwargs.items() if k != "stream"})
