"""Starting many practices from a table: progress, refused rows with the reason, and these corrected and given again."""

from __future__ import annotations

import csv
import io
import re

import httpx2
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import FilePayload, Page, expect

from desk.service import Desk
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, next_number, text_of
from tests.web.looking import EVERY_WINDOW, PHONE, TWO_WINDOWS, look
from web.exports import csv_line

HEADER = "id,name,time_zone,country,state,client_count,contact_name,contact_email,assignee\n"


def table(number: int) -> str:
    """Two that can be taken, and three that cannot."""
    rows = (
        f'm{number}-cedar,"Cedar, Creek {number}",America/Chicago,US,IL,1200,Jo Park,jo@cedar-{number}.test,ana',
        f"m{number}-zone,=1+{number},Mars/Base,US,IL,,Jo,jo@zone-{number}.test,",
        f"m{number}-mail,Bad Mail {number},America/Chicago,US,IL,many,Jo,nowhere,",
        f"m{number}-harbor,Harbor Pets {number},America/New_York,US,NY,22000,Ann,ann@harbor-{number}.test,",
        f"m{number}-short,Short",
    )
    return HEADER + "".join(f"{row}\n" for row in rows)


async def give(browser: Browser, content: bytes, name: str = "practices.csv", **more: str) -> httpx2.Response:
    """Chooses a file on the page, and sends it."""
    form = {"playbook": "datapoint", **form_on((await browser.get("/start")).text, "/start/many"), **more}
    return await browser.client.post("/start/many", data=form, files={"file": (name, content, "text/csv")})


def left_out(*headings: str) -> dict[str, str]:
    """What the form says of headings that are left out."""
    said = {f"heading_{number}": heading for number, heading in enumerate(headings)}
    return said | {f"means_{number}": "-" for number, _ in enumerate(headings)}


async def choose_file(page: Page, label: str, name: str, content: str) -> None:
    file = FilePayload(name=name, mimeType="text/csv", buffer=content.encode())
    await page.get_by_label(label, exact=True).set_input_files(file)


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
    assert f"3 =1+{number} m{number}-zone time_zone: There is no time zone 'Mars/Base'; give one such as" in said
    assert (
        f"4 Bad Mail {number} m{number}-mail client_count 'many' must be a whole number. contact_email: 'nowhere'"
        in said
    )
    assert f"6 Short m{number}-short The row has 2 cells, the first line 9." in said
    assert "onboard show" not in said
    for practice in ("cedar", "harbor"):
        assert (await specialist.get(f"/onboardings/datapoint/m{number}-{practice}")).status_code == 200
    [link] = re.findall(r'href="(/start/many/[^"]+/refused.csv)"', page)
    refused = (await specialist.get(link)).text
    rows = {each["id"]: each for each in csv.DictReader(io.StringIO(refused.removeprefix("\ufeff")))}
    assert set(rows) == {f"m{number}-zone", f"m{number}-mail", f"m{number}-short"}
    assert rows[f"m{number}-zone"]["name"] == f"'=1+{number}", "a spreadsheet must not calculate it"
    corrected = refused.replace("Mars/Base", "America/Chicago").replace("many,Jo,nowhere", f",Jo,jo@mail-{number}.test")
    again = text_of(await ended(specialist, str((await give(specialist, corrected.encode())).url)))
    assert "2 started, 1 refused, of 3." in again
    home = (await specialist.get(f"/onboardings/datapoint/m{number}-zone")).text
    assert f"<h1>=1+{number}</h1>" in home, "the quote was for the spreadsheet alone"


async def test_what_is_open_already_is_told_and_not_doubled(specialist: Browser, practice: Practice) -> None:
    await practice.start()
    row = f"{practice.id},Another name,America/Chicago,US,IL,,Jo,jo@x.test,\n"
    said = text_of(await ended(specialist, str((await give(specialist, (HEADER + row).encode())).url)))
    assert "0 started, 0 refused, 1 already started, of 1. To the board" in said
    assert "It was started with other details than those of this row" in said
    assert "onboard" not in said.replace("onboarding", "")
    assert (await practice.show()).practice.name == f"Practice {practice.id}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "practices.csv is empty"),
        (HEADER.encode(), "The file has no rows below the first line; nothing was started."),
        (
            b"name;city\nx;y\n",
            "There is no column for Time zone, Contact and E-mail; the first line has 'name', 'city'.",
        ),
    ],
)
async def test_what_is_no_such_table_is_refused_whole(specialist: Browser, content: bytes, sentence: str) -> None:
    answer = await give(specialist, content)
    assert (answer.status_code, sentence in text_of(answer.text)) == (422, True), text_of(answer.text)
    assert 'href="/start"' in answer.text and 'href="/start/many/template.csv"' in answer.text
    assert "Contact Needed contact person and 11 more" in text_of(answer.text), "the names that are taken"


async def test_no_file_and_a_strange_name(specialist: Browser) -> None:
    form = form_on((await specialist.get("/start")).text, "/start/many")
    none = await specialist.client.post("/start/many", data=form, files={"file": ("", b"", "text/csv")})
    assert "Choose a file first" in text_of(none.text)
    strange = await give(specialist, table(next_number()).encode(), "..\\..\\<b>x.csv")
    assert "<h1>&lt;b&gt;x.csv</h1>" in strange.text
    assert (await specialist.get("/start/many/nonsense")).status_code == 404


async def test_the_table_to_begin_with_can_be_given_as_it_is(specialist: Browser) -> None:
    template, number = (await specialist.get("/start/many/template.csv")).text, next_number()
    assert template.startswith("\ufeffID,Practice name,Time zone,")
    for word, other in (("riverside", f"t-{number}"), ("Riverside", f"T {number}"), ("0117", f"{number:04}")):
        template = template.replace(word, other)
    said = text_of(await ended(specialist, str((await give(specialist, template.encode())).url)))
    assert "1 started, 0 refused, of 1." in said


async def test_a_table_of_excel_with_other_columns_is_read_and_given_back_as_it_was(specialist: Browser) -> None:
    number = next_number()
    table = f"""Klinik {number};Clinic;TZ;Contact;E-mail;City
x;Pine {number};America/Chicago;Jo;jo@pine-{number}.test;Zürich
x;Fir {number};Mars;;jo@fir-{number}.test;Zürich
"""
    left = left_out(f"Klinik {number}", "City")
    answer = await give(specialist, table.encode("cp1252"), "excel.csv", **left)
    said = text_of(await ended(specialist, str(answer.url)))
    assert "1 started, 1 refused, of 2." in said
    assert f"Not read: 'Klinik {number}', 'City'." in said
    assert "was read as Windows-1252. Check the letters with accents." in said
    assert "TZ: There is no time zone 'Mars'; give one such as America/Chicago. Contact is missing." in said
    refused = (await specialist.get(f"{answer.url}/refused.csv")).text
    header, row = csv.reader(io.StringIO(refused.removeprefix("\ufeff")), delimiter=";")
    named = [f"Not read: Klinik {number}", "Clinic", "TZ", "Contact", "E-mail", "Not read: City"]
    assert (header[:6], row[:6]) == (named, table.splitlines()[2].split(";"))
    assert header[-1] == "Refused because" and row[-1].startswith("TZ: There is no time zone 'Mars';")
    # Given again wherever a table is, it asks about no column that was left out before.
    again = await give(specialist, refused.encode(), corrects=answer.url.path.rpartition("/")[2])
    page = await ended(specialist, str(again.url))
    assert "0 started, 1 refused, of 1." in text_of(page)
    assert f'corrects rows of <a href="{answer.url.path}">excel.csv</a>' in page
    assert "corrects=" not in str(again.url), "wherever one comes from, the link is there"
    # The whole table again, corrected in the person's own file: what was started is not doubled, and nothing is wrong.
    whole = table.replace("Mars;;", "America/Denver;Jo;")
    said = text_of(await ended(specialist, str((await give(specialist, whole.encode(), **left)).url)))
    assert "1 started, 0 refused, 1 already started, of 2." in said


async def test_what_is_probably_there_already_waits_until_somebody_starts_it(specialist: Browser) -> None:
    number = next_number()
    rows = (
        f"w{number}-a,Birch {number},America/Chicago,,,,Jo,jo@birch-{number}.test,",
        f"w{number}-b,Beech {number},America/Chicago,,,,Jo,JO@birch-{number}.test,",
        f"w{number}-c,BÌRCH {number},America/Chicago,,,,Ann,ann@birch-{number}.test,",
    )
    answer = await give(specialist, (HEADER + "".join(f"{row}\n" for row in rows)).encode())
    page = await ended(specialist, str(answer.url))
    said = text_of(page)
    assert "1 started, 0 refused, 2 waiting for you, of 3." in said
    assert "It is probably the practice of line 2, which has the same e-mail address." in said
    assert "It is probably the practice of line 2, which has the same name." in said
    assert (await specialist.get(f"/onboardings/datapoint/w{number}-b")).status_code == 404
    # Another table, when the first practice is there.
    other = f"w{number}-d,Birch {number},America/Chicago,,,,Lee,lee@birch-{number}.test,\n"
    later = await give(specialist, (HEADER + other).encode())
    page = await ended(specialist, str(later.url))
    assert f"Birch {number} (datapoint/w{number}-a) has the same name." in text_of(page)
    assert f'href="/onboardings/datapoint/w{number}-a"' in page
    await specialist.submit(str(later.url), {"line": "2"}, f"{later.url.path}/anyway")
    assert "1 started, 0 refused, of 1." in text_of(await ended(specialist, str(later.url)))
    await specialist.submit(str(answer.url), {"line": "3"}, f"{answer.url.path}/anyway")
    assert "2 started, 0 refused, 1 waiting for you, of 3." in text_of(await ended(specialist, str(answer.url)))
    assert (await specialist.get(f"/onboardings/datapoint/w{number}-b")).status_code == 200
    # What is the same practice is left, and nobody is asked again; a slip can be started after all.
    uploaded = text_of((await specialist.get("/start")).text)
    assert "practices.csv 1 waiting for you" in uploaded
    await specialist.client.post(f"{answer.url.path}/leave", data={"csrf": await specialist.token(), "line": "4"})
    said = text_of(await ended(specialist, str(answer.url)))
    assert "2 started, 0 refused, 1 left out, of 3." in said and "Left out: 1" in said
    assert "It is probably the practice of line 2, which has the same name." in said
    await specialist.submit(str(answer.url), {"line": "4"}, f"{answer.url.path}/anyway")
    assert "3 started, 0 refused, of 3." in text_of(await ended(specialist, str(answer.url)))


async def test_rows_that_are_late_on_arrival_say_which_mails_go_out_before_they_start(specialist: Browser) -> None:
    number = next_number()
    rows = "".join(
        f"l{number}-{name},{name} {number},America/Chicago,US,IL,,Jo,jo@{name}-{number}.test,,{day}\n"
        for name, day in (("fig", "2026-03-02"), ("oak", "2026-03-03"), ("elm", ""))
    )
    answer = await give(specialist, (HEADER.strip() + ",requested_at\n" + rows).encode())
    said = text_of(await ended(specialist, str(answer.url)))
    assert "1 started, 0 refused, 2 waiting for you, of 3." in said
    late = said.partition("Late on arrival")[2]
    assert "Its first deadline has passed already, so the manager gets an overdue mail at once." in late
    assert (await specialist.get(f"/onboardings/datapoint/l{number}-fig")).status_code == 404
    # A row that waits can be corrected in another table as well.
    fig = HEADER.strip() + ",requested_at\n" + rows.splitlines()[0].replace("2026-03-02", "") + "\n"
    await ended(specialist, str((await give(specialist, fig.encode())).url))
    said = text_of((await specialist.get(answer.url.path)).text)
    assert "Done: 1 of 3 rows waiting for you" in said and "1 started from another table, of 3." in said
    await specialist.client.post(f"{answer.url.path}/all/late", data={"csrf": await specialist.token()})
    assert "2 started, 0 refused, 1 started from another table, of 3." in text_of(
        await ended(specialist, str(answer.url))
    )


async def test_rows_with_the_time_zone_of_another_state_are_started_in_that_of_theirs(
    specialist: Browser, desk: Desk
) -> None:
    number = next_number()
    rows = (
        f"z{number}-a,Aspen {number},America/Chicago,US,ME,,Jo,jo@aspen-{number}.test,",
        f"z{number}-b,Balsam {number},America/Chicago,US,OR,,Jo,jo@balsam-{number}.test,",
        f"z{number}-c,Cedar {number},America/Chicago,US,CA,,Jo,jo@cedar-{number}.test,",
        f"z{number}-d,Aspen {number},America/Chicago,US,IL,,Ann,ann@aspen-{number}.test,",
    )
    answer = await give(specialist, (HEADER + "".join(f"{row}\n" for row in rows)).encode())
    page = await ended(specialist, str(answer.url))
    said = text_of(page)
    assert "0 started, 0 refused, 4 waiting for you, of 4." in said
    alike, zoned = said.index("Probably there already"), said.index("With the time zone of another state")
    assert (
        alike < said.index("It is probably the practice of line 2") < zoned < said.index("Start it in America/Denver")
    )
    waiting = (await specialist.get(f"{answer.url.path}/refused.csv")).text
    assert waiting.count(f"-{number}.test") == 4, "they can be corrected and given again"
    assert "Where a state has several, choose one below." in said
    await specialist.submit(str(answer.url), {}, f"{answer.url.path}/all/zone")
    page = await ended(specialist, str(answer.url))
    assert "2 started, 0 refused, 2 waiting for you, of 4." in text_of(page)
    assert "Start each in the time zone of its state" not in page, "it could do nothing"
    one = {"csrf": await specialist.token(), "line": "3", "zone": "America/Los_Angeles"}
    await specialist.client.post(f"{answer.url.path}/anyway", data=one)
    assert "3 started, 0 refused, 1 waiting for you, of 4." in text_of(await ended(specialist, str(answer.url)))
    zones = [(await desk.state(f"datapoint/z{number}-{row}")).onboarding.practice.time_zone for row in "abc"]
    assert zones == ["America/New_York", "America/Los_Angeles", "America/Los_Angeles"]
    # The same table again: what runs is not asked about, whatever its row says.
    desert = f"z{number}-e,Desert {number},America/Chicago,US,AZ,,Jo,jo@desert-{number}.test,"
    again = await give(specialist, (HEADER + "".join(f"{row}\n" for row in (*rows, desert))).encode())
    page = await ended(specialist, str(again.url))
    said = text_of(page)
    assert "0 started, 0 refused, 2 waiting for you, 3 already started, of 5." in said
    assert said.index("With the time zone of another state") < said.index("Already started: 3")
    assert f'href="/onboardings/datapoint/z{number}-a"' in page
    assert "AZ has the clocks of America/Phoenix, in a few places of America/Denver, not of America/Chicago." in said
    assert "Start each in the time zone of its state" in said and "Where a state has several" not in said


async def test_a_row_that_lacks_its_time_zone_alone_is_started_in_the_one_that_is_chosen(
    chromium: Chromium, specialist: Browser, desk: Desk
) -> None:
    number = next_number()
    rows = (
        f"y{number}-a,Alder {number},,US,OR,,Jo,jo@alder-{number}.test,",
        f"y{number}-b,Alder {number},,US,OR,,Jo,jo@alder-{number}.test,",
        f"y{number}-c,Sorrel {number},Mars,US,CO,,Jo,jo@sorrel-{number}.test,",
        f"y{number}-d,Teasel {number},,US,OR,,Jo,nowhere,",
    )
    answer = await give(specialist, (HEADER + "".join(f"{row}\n" for row in rows)).encode())
    page = await ended(specialist, str(answer.url))
    assert "0 started, 4 refused, of 4." in text_of(page)
    assert page.count("Start it in") == 3, "not where something else is wrong, or doubtful"
    assert "It is probably the practice of line 2" in text_of(page)
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(answer.url.path)
        await seen.check()
        await seen.page.get_by_role("button", name="Start it in America/Los_Angeles").click()
        await expect(seen.page.get_by_text("1 started, 3 refused, of 4.")).to_be_visible()
        await seen.page.get_by_role("button", name="Start it in America/Denver").click()
        await expect(seen.page.get_by_text("2 started, 2 refused, of 4.")).to_be_visible()
    zones = [(await desk.state(f"datapoint/y{number}-{row}")).onboarding.practice.time_zone for row in "ac"]
    assert zones == ["America/Los_Angeles", "America/Denver"]
    # What is corrected in another file is no longer told as refused.
    assert "practices.csv 2 refused, not started since" in text_of((await specialist.get("/start")).text)
    mended = f"y{number}-d,Teasel {number},America/Denver,US,OR,,Jo,jo@teasel-{number}.test,\n"
    await ended(specialist, str((await give(specialist, (HEADER + mended).encode(), "mended.csv")).url))
    assert "practices.csv 1 refused, not started since" in text_of((await specialist.get("/start")).text)
    page = (await specialist.get(answer.url.path)).text
    said = text_of(page)
    assert "Done: 1 of 4 rows refused" in said and "1 started from another table, of 4." in said
    assert f'href="/onboardings/datapoint/y{number}-d"' in page
    assert f"y{number}-d" not in (await specialist.get(f"{answer.url.path}/refused.csv")).text, "it is corrected"


async def test_a_wrong_row_whose_practice_was_started_since_is_not_refused_again(specialist: Browser) -> None:
    number = next_number()
    header, end = HEADER.replace("id,", "", 1), "US,OR,,Jo,"
    rows = (
        f"Bryony {number},Mars,{end}jo@bryony-{number}.test,",
        f"Sedge {number},America/Denver,{end}nowhere,",
        f"Rush {number},Mars,{end}jo@rush-{number}.test,",
    )
    wrong = (header + "".join(f"{row}\n" for row in rows)).encode()
    assert "0 started, 3 refused, of 3." in text_of(await ended(specialist, str((await give(specialist, wrong)).url)))
    for name, contact in (("Bryony", "Jo"), ("Sedge", "Jo"), ("Rush", "Ann")):
        # The last is another practice of the same name.
        given = {"name": f"{name} {number}", "time_zone": "America/Denver", "contact_name": contact}
        typed = {"playbook": "datapoint", **given, "contact_email": f"new@{name.lower()}-{number}.test", "anyway": ""}
        await specialist.submit("/start", typed, "/start")
    page = await ended(specialist, str((await give(specialist, wrong)).url))
    said = text_of(page)
    assert "0 started, 1 refused, 2 already started, of 3." in said
    for name, wrong_in_it in (("bryony", "Mars"), ("sedge", "nowhere")):
        reasons = said.partition(f"{name.capitalize()} {number}")[2]
        reasons = reasons.partition(f"The practice is started already, as datapoint/{name}-{number}.")[0]
        assert wrong_in_it in reasons and len(reasons) < 200, "what is wrong stays, beside that it is started"
    assert f'href="/onboardings/datapoint/rush-{number}"' in page, "what is open under the ID is led to"


async def test_rows_that_wait_for_one_reason_are_left_together_with_a_reason(
    chromium: Chromium, specialist: Browser
) -> None:
    number = next_number()
    rows = [
        f"l{number}-{row},Larch {row} {number},America/Chicago,US,OR,,Jo,jo@larch-{row}-{number}.test," for row in "abc"
    ]
    answer = await give(specialist, (HEADER + "".join(f"{row}\n" for row in rows)).encode())
    await ended(specialist, str(answer.url))
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(answer.url.path)
        await seen.page.get_by_text("Leave out all 3").click()
        await seen.check()
        await seen.page.get_by_label("Why").fill("Their group signs next year.")
        await seen.page.get_by_role("button", name="Leave them out").click()
        await expect(seen.page.get_by_text("Left out: 3")).to_be_visible()
    said = text_of(await ended(specialist, str(answer.url)))
    assert "0 started, 0 refused, 3 left out, of 3." in said
    assert said.count("Left: Their group signs next year.") == 3


async def test_a_namesake_with_the_same_id_is_asked_about_and_the_same_practice_is_not_doubled(
    specialist: Browser,
) -> None:
    number = next_number()
    table = "Practice,TZ,Contact,E-mail,Phone\nRowan {n},America/Chicago,Jo,{mail},{phone}\n"
    first = table.format(n=number, mail=f"jo@rowan-{number}.test", phone="")
    await ended(specialist, str((await give(specialist, first.encode())).url))
    more = table.format(n=number, mail=f"jo@rowan-{number}.test", phone="312 555 0117")
    said = text_of(await ended(specialist, str((await give(specialist, more.encode())).url)))
    assert "0 started, 0 refused, 1 already started, of 1. To the board" in said
    other = table.format(n=number, mail=f"lee@rowan-{number}.test", phone="")
    said = text_of(await ended(specialist, str((await give(specialist, other.encode())).url)))
    assert "0 started, 1 refused, of 1." in said
    assert f"An onboarding with the ID rowan-{number}, made from the name, is open with another contact." in said


@pytest.mark.parametrize("scripts", [True, False])
async def test_progress_is_seen_by_itself(chromium: Chromium, signed_in: SignedIn, scripts: bool) -> None:
    specialist, number = await signed_in("specialist"), next_number()
    rows = "".join(
        f"p{number}-{n},Many {number} {n},America/Denver,US,CO,,Jo,jo@m{number}-{n}.test,\n" for n in range(25)
    )
    content = HEADER + rows + f"p{number}-x,Bad,Mars/Base,US,CO,,Jo,jo@x.test,\n"
    async with look(chromium, specialist, size=PHONE, scripts=scripts) as seen:
        await seen.go("/start")
        await choose_file(seen.page, "Table (CSV)", "many.csv", content)
        await seen.page.get_by_role("button", name="Start all practices").click()
        await expect(seen.page.get_by_role("heading", name="many.csv")).to_be_visible()
        done = seen.page.get_by_text("25 started, 1 refused, of 26.")
        await expect(done).to_be_visible()
        await expect(seen.page.get_by_role("heading", name="Done: 1 of 26 rows refused")).to_be_visible()
        if scripts:
            await seen.check()


async def test_six_bad_rows_of_twelve_are_corrected_by_one_more_upload(chromium: Chromium, signed_in: SignedIn) -> None:
    """Six clicks after the page *Start*: choose, start, leave a column out, download, choose, start."""
    specialist, number = await signed_in("specialist"), next_number()
    good = "".join(f"Good {number}-{n};America/Denver;Jo;jo@good-{number}-{n}.test;;US;CO;Ames\n" for n in range(6))
    bad = (
        f"Bad {number}-0;Denver;;nowhere;many;US;ZZ;Ames",
        f"Bad {number}-1;EST;Jo;jo@bad-{number}-1.test;-1;US;;Ames",
        f"Bad {number}-2;America/Denver;Jo;;;;CO;Ames",
        f";America/Denver;Jo;jo@bad-{number}-3.test;;US;CO;Ames",
        f"Bad {number}-4;;Jo;jo@bad-{number}-4;;US;CO;Ames",
        f"Bad {number}-5;America/Denver;Jo;jo@bad-{number}-5.test;;Mars;;Ames",
    )
    table = "Clinic;Time zone;Contact;E-mail;Clients;Country;State;City\n" + good + "".join(f"{row}\n" for row in bad)
    async with look(chromium, specialist, windows=EVERY_WINDOW) as seen:
        page = seen.page
        await seen.go("/start")
        await choose_file(page, "Table (CSV)", "practices.csv", table)
        await page.get_by_role("button", name="Start all practices").click()
        await expect(page.get_by_role("alert")).to_contain_text("This column is not known: 'City'.")
        seen.complaints.clear()  # a refusal is told as such
        await page.get_by_role("button", name="Start, without the columns that I did not name").click()
        await expect(page.get_by_role("heading", name="Done: 6 of 12 rows refused")).to_be_visible()
        await expect(page.get_by_text("Not read: 'City'.")).to_be_visible()
        await seen.check()
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Download the refused rows (CSV)").click()
        refused = (await (await downloading.value).path()).read_text(encoding="utf-8-sig")
        header, *rows = csv.reader(io.StringIO(refused), delimiter=";")
        mended = [
            [f"Mended {number}-{n}", "America/Denver", "Jo", f"jo@mended-{number}-{n}.test", "", "US", "CO", *row[7:]]
            for n, row in enumerate(rows)
        ]
        again = "".join(csv_line(row, delimiter=";") for row in (header, *mended))
        await choose_file(page, "Corrected table (CSV)", "refused.csv", again)
        await page.get_by_role("button", name="Start the corrected rows").click()
        await expect(page.get_by_text("6 started, 0 refused, of 6.")).to_be_visible()
        await expect(page.get_by_role("link", name="practices.csv")).to_be_visible()
        await expect(page.get_by_role("link", name="To the board")).to_be_visible()
        await seen.check()
