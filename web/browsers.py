"""What a browser calls itself, in words a person knows it by."""

from __future__ import annotations

BROWSERS = (
    (("Edg",), "Edge"),
    (("OPR/", "Opera"), "Opera"),
    (("SamsungBrowser/",), "Samsung Internet"),
    (("Firefox/", "FxiOS/"), "Firefox"),
    (("Chrome/", "CriOS/", "Chromium/"), "Chrome"),
    (("Safari/",), "Safari"),
)
"""Each names those after it too, to be taken for one of them."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """Returns what to call a browser by its header User-Agent: "Firefox on Windows", or "A browser"."""
    name = next((name for marks, name in BROWSERS if any(each in agent for each in marks)), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), None)
    return f"{name} on {system}" if system else name
