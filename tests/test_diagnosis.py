"""The catalogue: complete, honest about what it does not know, and leading to the right portal."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import directory_sync
from directory_sync.diagnosis import CATALOGUE, diagnose
from directory_sync.diagnosis.entra import PAGES
from directory_sync.graph import codes

SOURCES = Path(directory_sync.__file__).parent
SAID_BY = {"code", "problem", "failure"}  # arguments and variables that hold a code
# Promised to the intake, which finds it in the form before anything is asked of Microsoft.
PROMISED = {"secret_is_id", "defect", "not_found"}


def mapped_codes() -> set[str]:
    tables = (codes.LOGIN_CODES, codes.GRAPH_CODES, codes.GRAPH_STATUSES)
    return {code for table in tables for _, code in table.values()} | {"login_error", "unexpected_response"}


def written_codes() -> set[str]:
    modules = [*SOURCES.glob("graph/*.py"), *SOURCES.glob("sync/*.py"), SOURCES / "probe.py"]
    return {code for module in modules for code in codes_in(ast.parse(module.read_text(encoding="utf-8")))}


def codes_in(tree: ast.Module) -> Iterator[str]:
    """Strings given or assigned to what holds a code, returned by `refused`, or said of hidden groups."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=name, value=value) if name in SAID_BY:
                yield from words(value)
            case ast.Assign(targets=[ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name), *_])], value=value):
                yield from words(value) if name in SAID_BY else ()
            case ast.FunctionDef(name="refused"):
                returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
                yield from (word for value in returned for word in words(value))
            case ast.Call(func=ast.Attribute(attr="fromkeys"), args=[ast.Name(id="hidden"), value]):
                yield from words(value)
            case ast.Call(args=[_, ast.Constant(value="code"), ast.Constant(value=str(word))]):
                yield word


def words(value: ast.expr | None) -> Iterator[str]:
    """The string constants that an expression can be, conditions left aside."""
    match value:
        case ast.Constant(value=str(word)) if re.fullmatch(r"[a-z][a-z_]+", word):
            yield word
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*words(body), *words(orelse))
        case ast.Tuple(elts=[first, *_]):
            yield from words(first)


def test_every_code_that_the_sources_can_raise_is_explained():
    known = mapped_codes() | written_codes() | PROMISED

    missing = known - CATALOGUE.keys()

    assert not missing


def test_the_scan_of_the_sources_finds_codes_of_each_kind():
    found = written_codes()

    assert {"tls", "network", "timeout", "cloud_dod", "hidden_membership", "sealing_key", "foreign_host"} <= found
    assert {"held_people", "group_not_found", "consent_missing", "wrong_cloud", "endless_paging"} <= found


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_entry_says_what_happened_who_mends_it_and_how(code):
    told = diagnose(code)

    assert all((told.title, told.what, told.whose, told.cure))
    assert "%" not in told.title + told.what + told.cure


@pytest.mark.parametrize("code", [code for code, entry in CATALOGUE.items() if entry.place])
def test_an_entry_with_a_place_leads_into_entra(code):
    assert CATALOGUE[code].place in PAGES
    assert diagnose(code).link.startswith("https://entra.microsoft.com/#view/")


def test_what_the_customer_mends_in_entra_names_the_way_there():
    silent = {
        code
        for code, entry in CATALOGUE.items()
        if entry.who == "customer" and entry.place and not re.search(r"→|Entra shows", str(entry.cure))
    }

    assert silent == {"credential_missing"}


def test_a_subject_is_named_in_title_and_cure():
    told = diagnose("permission_missing", "GroupMember.Read.All")

    assert "GroupMember.Read.All" in told.title
    assert "GroupMember.Read.All" in told.cure


def test_a_subject_with_a_percent_sign_is_shown_as_it_is():
    assert "100%s" in diagnose("permission_missing", "100%s").title


def test_the_link_leads_to_the_customers_app_in_the_government_portal():
    told = diagnose("secret_expired", cloud="usgov_l4", client_id="11111111-2222-3333-4444-555555555555")

    assert told.link.startswith("https://entra.microsoft.us/")
    assert told.link.endswith("/Credentials/appId/11111111-2222-3333-4444-555555555555")


def test_an_unknown_code_is_told_honestly_with_itself_to_quote():
    told = diagnose("from_tomorrow")

    assert "from_tomorrow" in told.what
    assert told.who == "support"
