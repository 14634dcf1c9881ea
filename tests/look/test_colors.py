"""Contrast as WCAG 2.2 AA wants it, in light, dark and any accent."""

import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import strategies as st

from directory_sync.brand_css import DEFAULT, contrast, shades, style_sheet

TOKENS = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text(encoding="utf-8")
PAIRS = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", TOKENS))
PLAIN = dict(re.findall(r"--([\w-]+): (#\w{6});", TOKENS))
WORDS = ["ink", "ink-2", "accent", "good", "warn", "bad"]
GROUNDS = ["paper", "ground", "hover"]
ON_SOFT = [
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("bad", "warn-soft"),
    ("ink-2", "warn-soft"),
]


def color(text: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(text.strip().removeprefix("#")))


def of_mode(name: str, mode: int) -> tuple[int, ...]:
    return color(PAIRS[name].split(",")[mode])


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("word", "ground"), [*product(WORDS, GROUNDS), *ON_SOFT])
def test_words_can_be_read_on_every_ground(word, ground, mode):
    assert contrast(of_mode(word, mode), of_mode(ground, mode)) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_the_edges_of_inputs_can_be_seen(mode):
    assert contrast(of_mode("edge", mode), of_mode("paper", mode)) >= 3


def test_old_browsers_get_the_same_light_colours():
    assert {name: pair.split(",")[0] for name, pair in PAIRS.items()} == PLAIN


@given(st.binary(min_size=3, max_size=3))
@example(b"\xff\xff\xff")
@example(b"\x00\x00\x00")
@example(b"\xff\xff\x00")
def test_any_accent_becomes_readable(chosen):
    shade = {name: color(text) for name, text in shades(f"#{chosen.hex()}").items()}

    for ground in (of_mode("paper", 0), of_mode("ground", 0), shade["light_soft"], shade["light_ink"]):
        assert contrast(shade["light"], ground) >= 4.5
    for ground in (of_mode("paper", 1), of_mode("ground", 1), shade["dark_soft"], shade["dark_ink"]):
        assert contrast(shade["dark"], ground) >= 4.5


def test_the_default_accent_is_that_of_the_tokens():
    assert PLAIN["accent"] == shades(DEFAULT)["light"] == DEFAULT


@pytest.mark.parametrize("accent", ["", "blue", "#12", "#12345g", "#123456;} body{display:none", "#123456\n"])
def test_what_is_no_colour_changes_nothing(accent):
    assert style_sheet(accent) == ""
