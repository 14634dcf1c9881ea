"""The quick way through plain addresses says what the library says."""

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from directory_sync.sync.derive import is_deliverable

letters = st.text(alphabet="ab.-+_'@ é#0\"", max_size=12)
domains = st.sampled_from(["contoso.com", "CONTOSO.com", "c", "a..b", "-a.com", "bücher.de", "local", "x.test", "a.b-"])


def by_the_library(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return "." in address.rpartition("@")[2] and "#EXT#" not in address.upper()


@given(letters, domains | letters)
@example("a" * 64, "contoso.com")
@example("a" * 65, "contoso.com")
@example("a", "b" * 63 + ".com")
@example("a.b", "xn--a.com")
def test_quick_way_agrees_with_the_library(local, domain):
    address = f"{local}@{domain}"

    assert is_deliverable(address) == by_the_library(address)
