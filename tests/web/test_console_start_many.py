"""Starting many practices from a table: progress, refused rows with the reason, and these corrected and given again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, form_on, next_number, text_of
from tests.web.looking import PHONE, look

HEADER = "id,name,time_zone,country,state,client_count,contact_name,contact_email,assignee\n"


def table(number: int) -> str:
    """Two that can be taken, and three that cannot."""
    rows = (
        f'm{number}-cedar,"Cedar, Creek",America/Chicago,US,IL,1200,Jo Park,jo@cedar.test,ana',
        f"m{number}-zone,=1+1,Mars/Base,US,IL,,Jo,jo@x.test,",
        f"m{number}-mail,Bad Mail,America/Chicago,US,IL,,Jo,nowhere,",
        f"m{number}-harbor,Harbor Pets,America/New_York,US,NY,22000,Ann,ann@harbor.test,",
        f"m{number}-short,Short",
    )
    return HEADER + "".join(f"{row}\n" for row in rows)


async def give(browser: Browser, content: bytes, name: str = "practices.csv") -> httpx2.Response:
    """Chooses a file on the page, and sends it."""
    form = {"playbook": "datapoint", **form_on((await browser.get("/start")).text, "/start/many")}
    return await browser.client.post("/start/many", data=form, files={"file": (name, content, "text/csv")})


async def ended(browser: Browser, page: str) -> str:
    """The page of a file, once all of it is done."""

    async def look() -> str:
        return (await browser.get(page)).text

    return await eventually(look, lambda html: "to go" not in html and "Starting …" not in html)


async def test_good_rows_start_and_each_bad_one_says_why(specialist: Browser) -> None:
    number = next_number()
    answer = await give(specialist, ("\ufeff" + table(number)).encode())
    said = text_of(page := await ended(specialist, str(answer.url)))
    assert "2 started, 3 refused, of 5." in said
    assert f"3 =1+1 m{number}-zone time_zone: 'Mars/Base' is not a time zone" in said
    assert f"4 Bad Mail m{number}-mail contact_email: 'nowhere' is not an e-mail address" in said
    assert f"6 Short m{number}-short The row does not have the same number of fields as the first line." in said
    assert "onboard show" not in said
    for practice in ("cedar", "harbor"):
        assert (await specialist.get(f"/onboardings/datapoint/m{number}-{practice}")).status_code == 200
    [link] = re.findall(r'href="(/start/many/[^"]+/refused.csv)"', page)
    refused = (await specialist.get(link)).text
    rows = {each["id"]: each for each in csv.DictReader(io.StringIO(refused.removeprefix("\ufeff")))}
    assert set(rows) == {f"m{number}-zone", f"m{number}-mail", f"m{number}-short"}
    assert rows[f"m{number}-zone"]["name"] == "'=1+1", "a spreadsheet must not calculate it"
    corrected = refused.replace("Mars/Base", "America/Denver").replace("nowhere", "jo@mail.test")
    again = text_of(await ended(specialist, str((await give(specialist, corrected.encode())).url)))
    assert "2 started, 1 refused, of 3." in again
    home = (await specialist.get(f"/onboardings/datapoint/m{number}-zone")).text
    assert "<h1>=1+1</h1>" in home, "the quote was for the spreadsheet alone"


async def test_what_is_open_already_is_told_and_not_doubled(specialist: Browser, practice: Practice) -> None:
    await practice.start()
    row = f"{practice.id},Another name,America/Chicago,US,IL,,Jo,jo@x.test,\n"
    said = text_of(await ended(specialist, str((await give(specialist, (HEADER + row).encode())).url)))
    assert f"datapoint/{practice.id} is open already" in said
    assert "onboard" not in said.replace("onboarding", "")
    assert (await practice.show()).practice.name == f"Practice {practice.id}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The CSV's first line lacks name, time_zone, contact_name, contact_email"),
        (HEADER.encode(), "The file has no rows below the first line; nothing was started."),
        (b"name;city\nx;y\n", "The CSV's fields are separated by ';': separate them by commas and try again."),
        ("id,name\n\xfc,x\n".encode("latin-1"), "The file is not UTF-8; save it as CSV UTF-8 and try again."),
    ],
)
async def test_what_is_no_such_table_is_refused_whole(specialist: Browser, content: bytes, sentence: str) -> None:
    answer = await give(specialist, content)
    assert (answer.status_code, sentence in text_of(answer.text)) == (422, True), text_of(answer.text)


async def test_no_file_and_a_strange_name(specialist: Browser) -> None:
    form = form_on((await specialist.get("/start")).text, "/start/many")
    none = await specialist.client.post("/start/many", data=form, files={"file": ("", b"", "text/csv")})
    assert "Choose a file first" in text_of(none.text)
    strange = await give(specialist, table(next_number()).encode(), "..\\..\\<b>x.csv")
    assert "<h1>&lt;b&gt;x.csv</h1>" in strange.text
    assert (await specialist.get("/start/many/nonsense")).status_code == 404


async def test_the_table_to_begin_with_can_be_given_as_it_is(specialist: Browser) -> None:
    template = (await specialist.get("/start/many/template.csv")).text.replace("riverside-vet", f"t-{next_number()}")
    said = text_of(await ended(specialist, str((await give(specialist, template.encode())).url)))
    assert "1 started, 0 refused, of 1." in said


@pytest.mark.parametrize("scripts", [True, False])
async def test_progress_is_seen_by_itself(
    chromium: Chromium, signed_in: Callable[..., Awaitable[Browser]], scripts: bool
) -> None:
    specialist, number = await signed_in("specialist"), next_number()
    rows = "".join(f"p{number}-{n},Many {n},America/Denver,US,CO,,Jo,jo@m{n}.test,\n" for n in range(25))
    content = (HEADER + rows + f"p{number}-x,Bad,Mars/Base,US,CO,,Jo,jo@x.test,\n").encode()
    async with look(chromium, specialist, size=PHONE, scripts=scripts) as seen:
        await seen.go("/start")
        await seen.page.get_by_label("Table (CSV UTF-8)").set_input_files(
            {"name": "many.csv", "mimeType": "text/csv", "buffer": content}
        )
        await seen.page.get_by_role("button", name="Start all of them").click()
        await expect(seen.page.get_by_role("heading", name="many.csv")).to_be_visible()
        done = seen.page.get_by_text("25 started, 1 refused, of 26.")
        await expect(done).to_be_visible()
        await expect(seen.page.get_by_role("heading", name="Done: 1 of 26 rows refused")).to_be_visible()
        if scripts:
            await seen.check()
