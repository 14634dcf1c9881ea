"""What can go wrong with Microsoft, sorted by who must act.

GraphError
├── Unavailable           we wait
├── AccessDenied          the customer acts; `code` leads to the words and the cure
└── UnexpectedResponse    we act
    └── DeltaLinkExpired  a full round is needed

An error carries facts and never a body, an address, a token or a secret.
"""


class GraphError(Exception):
    """A request to Entra or Graph that did not give what was asked for.

    `code` is ours and stable, `microsoft_code` is theirs (an AADSTS number or Graph's `error.code`),
    `request_id` is what Microsoft's support asks for, `subject` names a permission or a property.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: str,
        status: int | None = None,
        microsoft_code: str = "",
        request_id: str = "",
        subject: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.microsoft_code = microsoft_code
        self.request_id = request_id
        self.subject = subject

    def __str__(self) -> str:
        facts = {
            "status": self.status,
            "code": self.microsoft_code,
            "subject": self.subject,
            "request": self.request_id,
        }
        told = ", ".join(f"{name} {value}" for name, value in facts.items() if value)
        return ": ".join(part for part in (self.code, *self.args, told) if part)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple:
        """Keyword arguments do not survive the pickling that exceptions have by default."""
        return _rebuild, (type(self), self.args, self.__dict__)


class Unavailable(GraphError):
    """Throttled, broken for a moment, or out of reach: ask again later.

    `retry_after` is what Microsoft asked us to wait, in seconds, or None.
    """

    def __init__(self, message: str = "", *, retry_after: float | None = None, code: str, **facts) -> None:
        super().__init__(message, code=code, **facts)
        self.retry_after = retry_after


class AccessDenied(GraphError):
    """Something in the customer's tenant has to change first."""


class UnexpectedResponse(GraphError):
    """An answer that our code does not know how to live with."""


class DeltaLinkExpired(UnexpectedResponse):
    """The stored link is of no use any more; only a full round helps."""


def _rebuild(kind: type[GraphError], args: tuple, facts: dict) -> GraphError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error
