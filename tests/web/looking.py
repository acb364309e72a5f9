"""Looking at a page of the web in a real browser, as a person who is signed in, or as nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, ViewportSize, expect

from tests.patience import PATIENCE
from tests.web.browser import Browser

Scheme = Literal["light", "dark"]

PHONE: ViewportSize = {"width": 375, "height": 740}
TABLET: ViewportSize = {"width": 768, "height": 1024}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}

Window = tuple[Scheme, ViewportSize]
EVERY_WINDOW: tuple[Window, ...] = (("dark", PHONE), ("light", PHONE), ("light", DESKTOP), ("dark", DESKTOP))
TWO_WINDOWS: tuple[Window, ...] = (("dark", PHONE), ("light", DESKTOP))
"""The hardest first: in that one, pages are opened and used."""

FIND_VIOLATIONS = "axe.run({{{only} resultTypes: ['violations']}}).then(({{violations}}) => ({{violations}}))"
COLORS = "runOnly: ['color-contrast', 'link-in-text-block'],"
"""The rules whose result depends on the color scheme; all others are checked once for each size of the window."""

LAYOUT = (Path(__file__).parent / "layout.js").read_text()


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
        """In each window: nothing is wrong for axe (WCAG 2.2 AA) or for the browser, and all can be seen.

        The latter also on a tablet and on paper, if pages are checked in several windows.
        """
        if len(self.windows) > 1:
            await self.page.set_viewport_size(TABLET)
            await self._check_layout("on a tablet")
            # On paper there are no buttons, and what is hidden has no focus.
            focused = await self.page.evaluate_handle("document.activeElement")
            await self.page.emulate_media(media="print")
            await self._check_layout("on paper")
            await self.page.emulate_media(media="screen")
            await focused.evaluate("element => element?.focus()")
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
        if not only:
            await self._check_layout(f"{self.page.viewport_size and self.page.viewport_size['width']} px wide")
        assert not self.complaints, self.complaints

    async def _check_layout(self, where: str) -> None:
        """Nothing is wider than the window, cut off by its box, sticks out of it, or lies over other words."""
        found = await self.page.evaluate(LAYOUT)
        assert found == [], f"{self.page.url}, {where}: " + "; ".join(found)


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


async def listening(page: Page) -> None:
    """Once the page hears of changes."""
    await expect(page.locator("html")).to_have_attribute("data-listening", "yes")
