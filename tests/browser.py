"""A real browser for the tests that look at pages and mails, and the pictures that the documents show of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.patience import PATIENCE

IMAGES = Path(__file__).parent.parent / "docs" / "images"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PNG = b"\x89PNG\r\n\x1a\n"


def installed_browser() -> str:
    """The path of a browser. Without one the test fails, with a sentence that says how to install it."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.fail(f"No browser is installed ({', '.join(NAMES)}): run `make browser`, or `apt-get install chromium`.")


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Chromium without a window, ended with the block."""
    # Chromium refuses to put root into its sandbox; what it opens here are our own pages.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = installed_browser()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        expect.set_options(timeout=PATIENCE * 1000)
        yield browser
        await browser.close()


def keep_picture(name: str, picture: bytes) -> None:
    """Writes a picture into docs/images if ONBOARD_SCREENSHOTS is set (`make screenshots`); otherwise changes nothing,
    so that a test run leaves the repository as it was."""
    assert picture.startswith(PNG)
    if os.environ.get("ONBOARD_SCREENSHOTS"):
        IMAGES.mkdir(parents=True, exist_ok=True)
        (IMAGES / f"{name}.png").write_bytes(picture)
