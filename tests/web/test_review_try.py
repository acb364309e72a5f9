"""Trying merging on two files in the browser: what would be merged and why, as a file too, and nothing kept."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import re
import tempfile
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import FilePayload, Page, ViewportSize

from tests.web.browser import Browser, text_of
from tests.web.looking import DESKTOP, PHONE, look
from web.console.review_try import CLIENTS_LIMIT

HEAD = "id,given_name,surname,street,city,state,postcode,phone,email,patients\n"
EXISTING = HEAD + (
    "h1,Wanda,Okonkwo,4 Quarry Ln,Springfield,IL,62701,555-0104,w@mail.example,Bella\n"
    "h2,Olga,Petrov,9 Vine Rd,Springfield,IL,62701,555-0109,o@mail.example,\n"
)
IMPORTED = HEAD + (
    "=1+1,Wanda,Okonkwo,4 Quarry Lane,Springfield,IL,62701,555-0104,w@mail.example,Bella\n"
    "c2,O,Petrov,9 Vine Rd,Springfield,IL,62701,555-0109,o@mail.example,\n"
    "c3,Percival,Dubois,1 Main St,Peoria,IL,61601,555-0177,,\n"
)


async def tried(browser: Browser, existing: str | bytes | None, imported: str | bytes | None) -> tuple[int, str]:
    files = {
        name: (f"{name}.csv", content.encode() if isinstance(content, str) else content, "text/csv")
        for name, content in (("existing", existing), ("imported", imported))
        if content is not None
    }
    answer = await browser.client.post("/review/try", data={"csrf": await browser.token()}, files=files)
    return answer.status_code, answer.text


async def test_what_would_be_merged_is_shown_with_reasons(specialist: Browser) -> None:
    status, page = await tried(specialist, EXISTING, IMPORTED)
    text = text_of(page)
    assert status == 200
    assert "1 merged, 1 to review, 1 new" in text
    assert "Wanda Okonkwo h1 Wanda Okonkwo =1+1 merge The names agree." in text
    assert re.search(r"Olga Petrov h2 O Petrov c2 review .* only an initial", text)


async def test_the_pairs_as_a_file_have_no_formula(specialist: Browser) -> None:
    _, page = await tried(specialist, EXISTING, IMPORTED)
    (content,) = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="PAIRS.csv"', page)
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(content).decode().removeprefix("\ufeff"))))
    assert [(row["existing_id"], row["imported_id"], row["decision"]) for row in rows] == [
        ("h1", "'=1+1", "merge"),
        ("h2", "c2", "review"),
    ]
    assert all(0 <= float(row["score"]) <= 1 and row["reasons"] for row in rows)


async def test_nothing_is_kept(specialist: Browser) -> None:
    before = await asyncio.to_thread(left_over)
    await tried(specialist, EXISTING, IMPORTED)
    await tried(specialist, EXISTING, "nonsense")
    assert await asyncio.to_thread(left_over) == before


def left_over() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("try-*"))


@pytest.mark.parametrize(
    ("existing", "imported", "said"),
    [
        (None, IMPORTED, "“Home-delivery clients” is missing"),
        (EXISTING, None, "“The practice's clients” is missing"),
        (EXISTING, "", "“The practice's clients” is empty"),
        (EXISTING, "name,town\na,b\n", "“The practice's clients” needs a column id"),
        (EXISTING, "id,colour\na,b\n", "“The practice's clients” needs one of name"),
        (EXISTING, b"%PDF-1.7", "“The practice's clients” is a PDF"),
        (EXISTING, HEAD + "".join(f"{n},b,,,,,,,,\n" for n in range(CLIENTS_LIMIT + 1)), "has more than 5,000 clients"),
    ],
)
async def test_a_bad_file_is_told_in_one_sentence(
    specialist: Browser, existing: str | None, imported: str | bytes | None, said: str
) -> None:
    status, page = await tried(specialist, existing, imported)
    assert status == 422
    (sentence,) = re.findall(r'<p class="notice problem"[^>]*>(.*?)</p>', page)
    assert said in text_of(sentence)
    assert tempfile.gettempdir() not in page


async def test_what_is_much_too_large_is_not_read(specialist: Browser) -> None:
    status, page = await tried(specialist, EXISTING, "a" * 7_000_000)
    assert status == 413
    assert "at most 6 MB can be sent here at once" in page
    assert "together at most 6 MB" in text_of((await specialist.get("/review/try")).text), "as the form says"
    assert '<a class="button" href="/review/try">Back to the page</a>' in page


async def test_a_viewer_may_not(browser: Browser) -> None:
    assert (await browser.client.get("/review/try", follow_redirects=False)).status_code == 303


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_in_a_browser(chromium: Chromium, specialist: Browser, size: ViewportSize) -> None:
    async with look(chromium, specialist, size=size) as one:
        await one.go("/review/try")
        await one.check()
        await try_it(one.page)
        await one.check()
        for _ in range(2):
            assert await downloaded(one.page) == "PAIRS.csv"


async def test_without_scripts(chromium: Chromium, specialist: Browser) -> None:
    async with look(chromium, specialist, scripts=False) as one:
        await one.go("/review/try")
        await try_it(one.page)
        assert await downloaded(one.page) == "PAIRS.csv"


async def try_it(page: Page) -> None:
    for label, content in (("Home-delivery clients", EXISTING), ("The practice's clients", IMPORTED)):
        payload = FilePayload(name="a.csv", mimeType="text/csv", buffer=content.encode())
        await page.get_by_label(label).set_input_files(payload)
    await page.get_by_role("button", name="Try it").click()
    await page.get_by_role("heading", name="1 merged, 1 to review, 1 new").wait_for()


async def downloaded(page: Page) -> str:
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download PAIRS.csv").click()
    file = await download.value
    assert await file.failure() is None
    return file.suggested_filename
