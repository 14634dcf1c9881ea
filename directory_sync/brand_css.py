"""The product's accent as a style sheet, readable in light and dark whatever colour was chosen."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

HEX = r"#[0-9a-fA-F]{6}"
DEFAULT = "#1f5fbf"  # as in tokens.css
READABLE, EASY = 4.5, 7  # contrast of text, WCAG 2.2 AA and AAA; a dim colour on dark looks switched off
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
LIGHT_GROUND, DARK_PAPER, DARK_INK = (246, 247, 248), (20, 23, 26), (13, 18, 32)  # as in tokens.css
Color = tuple[int, int, int]

SHEET = """:root {{ --accent: {light}; --accent-ink: {light_ink}; --accent-soft: {light_soft}; }}
@supports (color: light-dark(#000, #fff)) {{
  :root {{
    --accent: light-dark({light}, {dark});
    --accent-ink: light-dark({light_ink}, {dark_ink});
    --accent-soft: light-dark({light_soft}, {dark_soft});
  }}
}}
"""


@require_safe
@cache_control(public=True, max_age=31_536_000)
def brand_css(request: HttpRequest) -> HttpResponse:
    """`/brand.css`; its address carries the colour, so that a new one is seen at once."""
    return HttpResponse(style_sheet(settings.PRODUCT_ACCENT), content_type="text/css; charset=utf-8")


def style_sheet(accent: str) -> str:
    """Set the accent tokens; empty, so that those of tokens.css stand, unless the accent is like `#1f5fbf`."""
    return SHEET.format(**shades(accent)) if re.fullmatch(HEX, accent) else ""


def shades(accent: str) -> dict[str, str]:
    """The accent as text and as ground, and what is written on it, for light and dark; all as `#rrggbb`."""
    red, green, blue = bytes.fromhex(accent[1:])
    color = (red, green, blue)
    light_soft, dark_soft = mix(WHITE, color, 0.07), mix(DARK_PAPER, color, 0.18)
    names = {
        "light": readable(color, (light_soft, LIGHT_GROUND), BLACK),
        "light_ink": WHITE,
        "light_soft": light_soft,
        "dark": readable(color, (dark_soft, DARK_PAPER), WHITE, at_least=EASY),
        "dark_ink": DARK_INK,
        "dark_soft": dark_soft,
    }
    return {name: f"#{bytes(value).hex()}" for name, value in names.items()}


def mail_accent(accent: str) -> str:
    """The accent for a mail's button and links, on white."""
    return shades(accent if re.fullmatch(HEX, accent) else DEFAULT)["light"]


def readable(color: Color, grounds: tuple[Color, ...], towards: Color, at_least: float = READABLE) -> Color:
    """The colour, moved towards black or white just as far as text on the grounds needs it."""
    steps = (mix(color, towards, step / 40) for step in range(41))
    return next(tried for tried in steps if all(contrast(tried, ground) >= at_least for ground in grounds))


def mix(color: Color, other: Color, share: float) -> Color:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def contrast(one: Color, other: Color) -> float:
    """From 1 to 21 ("Contrast ratio", WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    shares = (value / 255 for value in color)
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
