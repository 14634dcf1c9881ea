"""What may not stand in a log, whoever writes the line."""

import logging
import re

# Django names the path of whatever it answers with 4xx or 5xx; these paths are keys.
_KEYS_IN_PATHS = (
    re.compile(r"(/connect/)[^/\s?#'\"<>]+"),
    re.compile(r"(/accounts/password/reset/key/)(?!done/)[^/\s?#'\"<>]+"),
    re.compile(r"(/accounts/confirm-email/)[^/\s?#'\"<>]+"),
)


class WithoutKeys(logging.Formatter):
    """Masks personal addresses in the finished line, so in arguments and traces too."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for key in _KEYS_IN_PATHS:
            line = key.sub(r"\1***", line)
        return line
