"""A browser as far as `demo --once` needs one: it opens pages, fills in forms and presses buttons, over HTTP."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 20  # seconds
Fields = list[tuple[str, str]]


class PageMissing(Exception):
    """The site answered something else than the page that was asked for."""


@dataclass
class Form:
    """A form as it stands on a page. `boxes` are its checkboxes, ticked or not, as (name, value)."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)
    boxes: Fields = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """An answer of the site."""

    url: str
    text: str
    forms: list[Form]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def form(self, having: str) -> Form:
        """The first form whose action or fields contain this. Raises PageMissing when there is none."""
        for form in self.forms:
            names = [name for name, _ in [*form.fields, *form.boxes]]
            if having in names or form.action.endswith(having):
                return form
        raise PageMissing(f"{self.path} has no form {having}.")

    def has_class(self, name: str) -> bool:
        """Whether an element has this class; what is said on a page is told by classes, whatever the language."""
        return re.search(rf'class="[^"]*(?<![\w-]){re.escape(name)}(?![\w-])[^"]*"', self.text) is not None


class Browser:
    """One person's session with the site at `root`."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._session = requests.Session()

    def open(self, address: str) -> Page:
        """GET a page, redirects followed. Raises PageMissing for everything but 200."""
        return self._page(self._session.get(urljoin(self._root, address), timeout=TIMEOUT))

    def press(self, page: Page, form: Form, **typed: str | list[str]) -> Page:
        """Send a form of the page with these fields typed over; a list is ticked boxes of one name."""
        sent = [(name, value) for name, value in form.fields if name not in typed]
        for name, value in typed.items():
            sent += [(name, each) for each in (value if isinstance(value, list) else [value])]
        address = urljoin(page.url, form.action)
        answer = self._session.request(form.method, address, data=sent, headers={"Referer": page.url}, timeout=TIMEOUT)
        return self._page(answer)

    def _page(self, answer: requests.Response) -> Page:
        path = urlsplit(answer.url).path
        if answer.status_code != 200:
            raise PageMissing(f"{path} answered {answer.status_code}.")
        reader = _Reader()
        reader.feed(answer.text)
        return Page(answer.url, answer.text, reader.forms)


class _Reader(HTMLParser):
    """Collects forms with what they would send if sent untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(found.get("action", ""), found.get("method", "get").upper())
            self.forms.append(self._form)
        elif self._form and tag == "input":
            self._input(self._form, found)
        elif self._form and tag == "textarea":
            self._area = found.get("name", "")
            self._form.fields.append((self._area, ""))

    def _input(self, form: Form, found: dict[str, str]) -> None:
        name, kind = found.get("name", ""), found.get("type", "text")
        if kind in ("checkbox", "radio"):
            pair = (name, found.get("value", "on"))
            if kind == "checkbox":
                form.boxes.append(pair)
            if "checked" in found:
                form.fields.append(pair)
        elif name and kind not in ("submit", "button"):
            form.fields.append((name, found.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._form and self._area is not None:
            name, text = self._form.fields[-1]
            self._form.fields[-1] = (name, text + data.removeprefix("\n") if not text else text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None
