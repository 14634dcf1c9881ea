"""The visitor of the other tests notices what it is there to notice."""

from collections.abc import Iterator

import pytest

from tests.browser.visitor import Visitor
from tests.processes.installation import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(site, browser, tmp_path) -> Iterator[Visitor]:
    """On a page without fault."""
    opened = Visitor(browser, site.url, keeps=tmp_path)
    opened.page.goto("/connect/")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.example/'}))", "policy: img-src"),
        ("document.body.setAttribute('style', 'color: red')", "policy: style-src-attr"),
        ("setTimeout(() => { throw new Error('broken') })", "broken"),
        ("fetch('/not/there')", "404"),
        ("document.links[0].href = 'https://elsewhere.example/', document.links[0].click()", "asks https://elsewhere"),
    ],
    ids=["foreign image", "inline style", "exception", "missing", "other host"],
)
def test_fault_of_a_page_is_complained_of(visitor: Visitor, fault: str, complaint: str):
    assert visitor.complaints == []

    visitor.page.evaluate(f"() => {{ {fault} }}")

    assert wait_until(lambda: visitor.page.title() and [told for told in visitor.complaints if complaint in told], 10)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("<input>", "every form element has a label"),
        ("<canvas width='1000'></canvas>", "is wider than 390 pixels"),
    ],
    ids=["no label", "too wide"],
)
def test_fault_of_the_look_is_complained_of(visitor: Visitor, fault: str, complaint: str):
    visitor.look("sound")
    assert visitor.complaints == []

    visitor.page.locator("main").evaluate("(main, fault) => main.insertAdjacentHTML('beforeend', fault)", fault)
    visitor.look("faulty")

    assert complaint in "\n".join(visitor.complaints)
