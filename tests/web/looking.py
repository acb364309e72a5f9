"""Looking at a page of the web in a real browser, as a person who is signed in, or as nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, ViewportSize

from tests.patience import PATIENCE
from tests.web.browser import Browser

Scheme = Literal["light", "dark"]

PHONE: ViewportSize = {"width": 375, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}

Window = tuple[Scheme, ViewportSize]
EVERY_WINDOW: tuple[Window, ...] = (("dark", PHONE), ("light", PHONE), ("light", DESKTOP), ("dark", DESKTOP))
TWO_WINDOWS: tuple[Window, ...] = (("dark", PHONE), ("light", DESKTOP))
"""The hardest first: in that one, pages are opened and used."""

FIND_VIOLATIONS = "axe.run({{{only} resultTypes: ['violations']}}).then(({{violations}}) => ({{violations}}))"
COLORS = "runOnly: ['color-contrast', 'link-in-text-block'],"
"""The rules whose result depends on the color scheme; all others are checked once for each size of the window."""


@dataclass
class Look:
    """`complaints` are what the browser's console said is wrong, such as a breach of the content policy."""

    page: Page
    address: str
    windows: tuple[Window, ...]
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self.address}{path}")

    async def check(self) -> None:
        """In each window: nothing is wrong for axe (WCAG 2.2 AA) or for the browser, and nothing is wider than that."""
        sizes = set[int]()
        for scheme, size in (*self.windows[1:], self.windows[0]):
            if len(self.windows) > 1:
                await self.page.set_viewport_size(size)
                await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await self._check(COLORS if size["width"] in sizes else "")
            sizes.add(size["width"])

    async def _check(self, only: str) -> None:
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE_SCRIPT)
        found = AxeResults(await self.page.evaluate(FIND_VIOLATIONS.format(only=only)))
        assert found.violations_count == 0, found.generate_report()
        too_wide = await self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not too_wide, f"{self.page.url} scrolls sideways"
        assert self.complaints == []


@asynccontextmanager
async def look(
    chromium: Chromium,
    person: Browser,
    *,
    scheme: Scheme = "light",
    size: ViewportSize = DESKTOP,
    windows: tuple[Window, ...] = (),
    scripts: bool = True,
) -> AsyncIterator[Look]:
    """A window in which whoever is signed in in `person` is signed in: the first of `windows`, in which all pages are
    checked, or one of this scheme and size."""
    windows = windows or ((scheme, size),)
    scheme, size = windows[0]
    context = await chromium.new_context(
        color_scheme=scheme, viewport=size, java_script_enabled=scripts, reduced_motion="reduce"
    )
    for name, value in person.client.cookies.items():
        await context.add_cookies([{"name": name, "value": value, "url": person.address}])
    context.set_default_timeout(PATIENCE * 1000)
    one = Look(await context.new_page(), person.address, windows)
    one.page.on("console", lambda said: one.complaints.append(said.text) if said.type == "error" else None)
    one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
    try:
        yield one
    finally:
        await context.close()
