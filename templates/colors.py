"""Readable colors to go with the pharmacy's own."""

from __future__ import annotations


def text_color(background: str) -> str:
    """Black or white, whichever has the higher contrast on `background` (`#rrggbb`), by WCAG."""
    luminance = _luminance(background)
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def lighter(color: str) -> str:
    """`color` mixed with white until it is readable on a dark page."""
    mixed, share = color, 0.0
    while _luminance(mixed) < 0.4:
        share += 0.05
        mixed = "#" + "".join(f"{round(value + (255 - value) * share):02x}" for value in _rgb(color))
    return mixed


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    """Relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it."""
    red, green, blue = (
        value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in _rgb(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
