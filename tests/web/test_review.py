"""Reviewing pairs in the browser (DP9): side by side, decided by mouse or keyboard, and taken back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from desk.service import Desk
from pharmacy.records import home_delivery
from pharmacy.records.review_compare import contradicting_fields
from pharmacy.records.review_pairs import load_pair
from store.journal.journal import publish
from tests.records.clinics import Clinic, client
from tests.records.reviewing import at_home, feed, import_with_home_clients, links, number_of, pair_of
from tests.store.samples import row
from tests.web.browser import Browser, SignedIn, next_number, text_of
from tests.web.looking import EVERY_WINDOW, PHONE, look


@pytest.fixture
async def clinic(desk: Desk, tmp_path: Path) -> Clinic:
    """A clinic with pairs that wait and pairs that are merged."""
    return await import_with_home_clients(await Clinic(desk.database, f"review-{next_number()}", tmp_path).create())


async def decided(browser: Browser, clinic: Clinic, number: int, choice: str, **more: str) -> str:
    """Presses a button of the pair's page; what the next page says."""
    page = f"/review/{clinic.id}/pairs/{number}"
    answer = await browser.submit(page, {"choice": choice, **more}, action=page)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


async def test_every_page_is_good_to_look_at(chromium: Chromium, specialist: Browser, clinic: Clinic) -> None:
    waits, merged = await number_of(clinic, "C1", "H1"), await number_of(clinic, "C4", "H4")
    await decided(specialist, clinic, await number_of(clinic, "C2", "H2"), "different", why="He told me.")
    async with look(chromium, specialist, windows=EVERY_WINDOW) as one:
        lists = ("/merges", "/merges?q=nobody", "/decisions", "/decisions?q=nobody")
        for path in ("", "?mode=check", *lists, f"/pairs/{waits}", f"/pairs/{merged}"):
            await one.go(f"/review/{clinic.id}{path}")
            await one.check()
        await one.page.get_by_text("These are two people …").click()
        await one.check()
        await one.go("/review")
        await one.check()


async def test_a_pair_of_which_somebody_is_not_sure_waits_on_and_is_counted_as_such(
    specialist: Browser, clinic: Clinic
) -> None:
    number = await number_of(clinic, "C1", "H1")
    said = await decided(specialist, clinic, number, "not_sure")
    assert "5 pairs wait" in said and "1 marked “not sure” by you or a colleague, shown last" in said
    assert f"{clinic.id.title()} 5 1 marked “not sure”" in text_of((await specialist.get("/review")).text)
    said = await decided(specialist, clinic, number, "different", why="He told me.")
    assert "4 pairs wait" in said and "marked “not sure”" not in said


async def test_the_two_are_shown_side_by_side_with_reasons(specialist: Browser, clinic: Clinic) -> None:
    overview = text_of((await specialist.get("/review")).text)
    assert f"{clinic.id.title()} 5 now 2" in overview
    page = text_of((await specialist.get(f"/review/{clinic.id}")).text)
    assert "5 pairs wait" in page
    assert "Given name Zebedee Ann different" in page
    assert "E-mail address c1@mail.example c1@mail.example same" in page
    assert "Pet Rex-1, dog, Beagle born 2019-05-01, 12.5 kg Rex-1, dog, Poodle 11.0 kg similar" in page
    asked = "Why we ask: The given names are two names, so these may be two people of one household. "
    assert asked in page.partition("Given name Zebedee")[0]
    assert "Score" not in page


async def test_the_same_links_them_and_the_other_proposals_wait_no_longer(specialist: Browser, clinic: Clinic) -> None:
    number, twin = await number_of(clinic, "C6", "H6"), await number_of(clinic, "C26", "H6")
    said = await decided(specialist, clinic, number, "same", why="Asked by telephone.")
    assert "No longer needed: 1 other pair with one of the two." in said
    assert "3 pairs wait" in said
    found = await links(clinic)
    assert (found["C6", "H6"], found["C26", "H6"]) == ("merged", "review")
    other = text_of((await specialist.get(f"/review/{clinic.id}/pairs/{twin}")).text)
    assert "Nothing to decide now" in other
    assert "The same person?" not in other
    record = text_of((await specialist.get(f"/review/{clinic.id}/pairs/{number}")).text)
    assert f"By {specialist.name}" in record
    assert f"{specialist.name}: the same Asked by telephone." in record


async def test_who_comes_second_is_told_and_doubles_nothing(
    specialist: Browser, admin: Browser, clinic: Clinic
) -> None:
    number = await number_of(clinic, "C1", "H1")
    page = f"/review/{clinic.id}/pairs/{number}"
    form = {"csrf": await admin.token(), "seen": "0", "choice": "same"}
    await decided(specialist, clinic, number, "different")
    said = text_of((await admin.client.post(page, data=form)).text)
    assert f"{specialist.name} has decided about this pair in the meantime: two people. Nothing was recorded." in said
    found = await load_pair(clinic.engine, clinic.id, number)
    assert [each.by for each in found.decisions] == [specialist.handle]
    assert found.state == "different"


async def test_a_merge_is_undone_whole_with_a_reason(specialist: Browser, clinic: Clinic) -> None:
    number = await number_of(clinic, "C4", "H4")
    listed = text_of((await specialist.get(f"/review/{clinic.id}/merges?q=c4")).text)
    assert listed.count("automatically") == 1
    page, action = f"/review/{clinic.id}/pairs/{number}", f"/review/{clinic.id}/pairs/{number}/part"
    assert "Say why" in text_of((await specialist.submit(page, {"why": " "}, action=action)).text)
    assert (await links(clinic))["C4", "H4"] == "merged"
    said = text_of((await specialist.submit(page, {"why": "His brother."}, action=action)).text)
    assert "They are two people again" in said
    assert "His brother." in said
    assert (await links(clinic))["C4", "H4"] == "undone"
    back = text_of((await specialist.submit(page, {}, action=f"{page}/back")).text)
    assert "Taken back" in back
    assert (await links(clinic))["C4", "H4"] == "merged"


async def test_a_decision_of_long_ago_is_found_by_name_and_taken_back(specialist: Browser, clinic: Clinic) -> None:
    first, second = await number_of(clinic, "C1", "H1"), await number_of(clinic, "C2", "H2")
    home, every = f"/review/{clinic.id}", f"/review/{clinic.id}/decisions"
    for number in (first, second):
        await decided(specialist, clinic, number, "different")
    assert f'href="{every}"' in (await specialist.get(home)).text
    both = (await specialist.get(every)).text
    assert both.index(f"/pairs/{second}/back") < both.index(f"/pairs/{first}/back")
    found = f"{every}?q=abbott+c1+ZEBEDEE"
    assert f"/pairs/{second}" not in (await specialist.get(found)).text
    back = text_of((await specialist.submit(found, {}, action=f"{home}/pairs/{first}/back")).text)
    assert "Taken back" in back
    assert (await links(clinic))["C1", "H1"] == "review"
    assert "No decision found" in text_of((await specialist.get(found)).text)


async def test_a_viewer_looks_and_does_not_decide(browser: Browser, signed_in: SignedIn, clinic: Clinic) -> None:
    viewer = await signed_in("viewer")
    number = await number_of(clinic, "C1", "H1")
    page = await viewer.get(f"/review/{clinic.id}")
    assert "A specialist decides." in page.text
    assert "/back" not in page.text
    form = {"csrf": await viewer.token(), "seen": "0", "choice": "same"}
    answer = await viewer.client.post(f"/review/{clinic.id}/pairs/{number}", data=form)
    assert answer.status_code == 403
    assert (await links(clinic))["C1", "H1"] == "review"
    assert (await browser.client.get(f"/review/{clinic.id}", follow_redirects=False)).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["/review/nobody", "/review/No%20Body", "/review/nobody/merges", "/review/nobody/decisions", "/review/{}/pairs/0"],
)
async def test_what_is_not_there_is_told(specialist: Browser, clinic: Clinic, path: str) -> None:
    answer = await specialist.get(path.format(clinic.id))
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.parametrize(
    "form",
    [{"choice": "maybe"}, {"seen": "x"}, {"seen": "-1"}, {"mode": "loud"}, {"why": "a" * 1001}, {"seen": "9" * 30}],
)
async def test_what_no_page_of_ours_sends_is_refused(specialist: Browser, clinic: Clinic, form: dict[str, str]) -> None:
    number = await number_of(clinic, "C1", "H1")
    given = {"csrf": await specialist.token(), "seen": "0", "choice": "same", **form}
    answer = await specialist.client.post(f"/review/{clinic.id}/pairs/{number}", data=given)
    assert answer.status_code == 422
    assert (await links(clinic))["C1", "H1"] == "review"


async def test_a_practice_without_data_has_nothing_to_review(specialist: Browser, desk: Desk) -> None:
    practice = f"review-{next_number()}"
    await publish(desk.database, row(practice, practice_name="Quiet Vet"), [], [])
    page = text_of((await specialist.get(f"/review/{practice}")).text)
    assert "Review › Quiet Vet" in page
    assert "No client of this practice has matched a home-delivery client yet." in page
    assert (await specialist.get(f"/practices/{practice}/data")).status_code == 200


async def test_another_clinics_pair_cannot_be_reached(specialist: Browser, clinic: Clinic, tmp_path: Path) -> None:
    other = await import_with_home_clients(await Clinic(clinic.engine, f"review-{next_number()}", tmp_path).create())
    number = await number_of(other, "C1", "H1")
    assert (await specialist.get(f"/review/{clinic.id}/pairs/{number}")).status_code == 404
    form = {"csrf": await specialist.token(), "seen": "0", "choice": "same"}
    assert (await specialist.client.post(f"/review/{clinic.id}/pairs/{number}", data=form)).status_code == 404
    assert (await links(other))["C1", "H1"] == "review"


async def test_checking_shows_nothing_of_what_merging_thinks(specialist: Browser, clinic: Clinic) -> None:
    """All pairs one after the other: a merge looks like the others, and is counted when it is decided."""
    seen = set()
    for _ in range(6):
        html = await checked(specialist, clinic)
        text = text_of(html).partition("Recent decisions")[0]
        for telling in ("Why we ask", "What the rules say", "On record", "Automatically", "Merged"):
            assert telling not in text
        found = re.search(r'action="(/review/[^"]*/pairs/(\d+))" class="answers"', html)
        assert found
        seen.add(int(found[2]))
        answer = await specialist.submit(f"/review/{clinic.id}?mode=check", {"choice": "same"}, action=found[1])
        assert answer.status_code == 200
    assert {await number_of(clinic, f"C{number}", f"H{number}") for number in (4, 5)} < seen
    said = text_of(await checked(specialist, clinic))
    assert "Every pair is decided" in said
    assert "Of 2 automatic merges checked at random, none was two people : 0.0 %" in said


async def checked(browser: Browser, clinic: Clinic) -> str:
    answer = await browser.get(f"/review/{clinic.id}?mode=check")
    assert answer.status_code == 200
    return answer.text


async def test_by_keyboard_alone(chromium: Chromium, specialist: Browser, clinic: Clinic) -> None:
    async with look(chromium, specialist) as one:
        await one.go(f"/review/{clinic.id}")
        decided, answers = one.page.get_by_text("You decided:"), one.page.get_by_role("button", name="Two people")
        place = await answers.bounding_box()
        await one.page.keyboard.press("?")
        await expect(one.page.get_by_role("dialog")).to_contain_text("The same, two people, not sure")
        await one.page.keyboard.press("s")
        await one.page.keyboard.press("Escape")
        await one.page.keyboard.press("d")
        await expect(decided).to_contain_text("two people")
        assert await answers.bounding_box() == place, "whoever decides pair after pair finds the buttons in one place"
        await one.page.keyboard.press("u")
        await expect(one.page.get_by_text("Taken back: everything")).to_be_visible()
        assert (await links(clinic))["C1", "H1"] == "review"
        await one.page.keyboard.press("n")
        await expect(decided).to_contain_text("not sure")
        await expect(one.page.get_by_role("heading", name="Is this one person?")).to_be_visible()
        await one.page.keyboard.press("s")
        await expect(decided).to_contain_text("the same")
        found = await links(clinic)
        assert found["C1", "H1"] == "review"
        assert found["C2", "H2"] == "merged"
        await one.page.get_by_text("Say why").click()
        await one.page.get_by_label("Why (optional)").fill("sad")
        assert await links(clinic) == found, "who writes a reason decides nothing"
        await one.check()


async def moved(clinic: Clinic) -> int:
    """Adds a client who has another street and telephone number at home delivery; the number of the pair."""
    home = at_home(8, street="77 Elsewhere Lane", phone="555-0199", email="")
    await home_delivery.add_home_clients(clinic.engine, clinic.id, [home], [])
    await clinic.import_rows(*feed(), client(8))
    return await number_of(clinic, "C8", "H8")


async def test_what_speaks_against_a_merge_is_what_the_rules_hold_against_it(clinic: Clinic) -> None:
    number = await moved(clinic)
    found = contradicting_fields(await load_pair(clinic.engine, clinic.id, number))
    assert found == ("street", "phone")
    assert contradicting_fields(await pair_of(clinic, "C1", "H1")) == ("given_name",), "they share all but this"
    assert contradicting_fields(await pair_of(clinic, "C2", "H2")) == (), "an initial, and all else agrees"
    assert contradicting_fields(await pair_of(clinic, "C6", "H6")) == ()


async def test_a_merge_that_much_speaks_against_is_asked_about_once_more(
    chromium: Chromium, specialist: Browser, clinic: Clinic
) -> None:
    number = await moved(clinic)
    async with look(chromium, specialist, windows=EVERY_WINDOW) as one:
        await one.go(f"/review/{clinic.id}/pairs/{number}")
        question = one.page.get_by_text("Street and phone differ. Are they the same client?")
        await one.page.keyboard.press("s")
        await expect(question).to_be_visible()
        await one.check()
        await one.page.keyboard.press("s")
        await expect(question).to_be_hidden()
        await one.page.locator("summary[data-key=s]").click()
        await one.page.get_by_role("link", name="Back", exact=True).click()
        await expect(question).to_be_hidden()
        await one.page.get_by_text("Say why").click()
        await one.page.get_by_label("Why (optional)").fill("Their mother told us.")
        await one.page.keyboard.press("Enter")
        await one.page.reload()
        assert (await links(clinic))["C8", "H8"] == "review"
        await one.page.keyboard.press("s")
        await one.page.keyboard.press("Tab")
        await one.page.keyboard.press("Enter")
        await expect(one.page.get_by_text("You decided:")).to_contain_text("the same")
    assert (await links(clinic))["C8", "H8"] == "merged"


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_second_step_by_buttons(
    chromium: Chromium, specialist: Browser, clinic: Clinic, scripts: bool
) -> None:
    async with look(chromium, specialist, scripts=scripts, size=PHONE) as one:
        await one.go(f"/review/{clinic.id}")
        await one.page.locator("summary[data-key=s]").click()
        await one.page.get_by_role("link", name="Back", exact=True).click()
        await expect(one.page.get_by_text("Given name differs.")).to_be_hidden()
        await one.page.locator("summary[data-key=s]").click()
        await one.page.get_by_role("button", name="The same all the same").click()
        await expect(one.page.get_by_text("You decided:")).to_contain_text("the same")
    assert (await links(clinic))["C1", "H1"] == "merged"


async def test_another_reason_than_the_last_pairs_stands_out(specialist: Browser, clinic: Clinic) -> None:
    queue = f"/review/{clinic.id}"
    marked = '<p class="notice warn">Why we ask: '
    assert marked not in (await specialist.get(queue)).text
    await decided(specialist, clinic, await number_of(clinic, "C1", "H1"), "different")
    assert marked in (await specialist.get(queue)).text, "an initial, after another given name"
    await decided(specialist, clinic, await number_of(clinic, "C2", "H2"), "same")
    assert marked not in (await specialist.get(queue)).text, "an initial once more"


async def test_a_key_held_down_decides_once(chromium: Chromium, specialist: Browser, clinic: Clinic) -> None:
    async with look(chromium, specialist) as one:
        await one.go(f"/review/{clinic.id}")
        await one.page.keyboard.down("d")
        await expect(one.page.get_by_text("You decided:")).to_contain_text("two people")
        await one.page.keyboard.down("d")
        await one.page.keyboard.up("d")
        await one.page.reload()
        assert sorted((await links(clinic)).values()) == ["different", *["merged"] * 2, *["review"] * 4]


async def test_a_second_tap_on_the_same_spot_decides_nothing(
    chromium: Chromium, specialist: Browser, clinic: Clinic
) -> None:
    async with look(chromium, specialist) as one:
        clock, button = one.page.clock, one.page.get_by_role("button", name="Two people")
        await clock.install(time=0)
        await clock.pause_at(1_000)
        await one.go(f"/review/{clinic.id}")
        await clock.run_for(1_000)
        await button.click()
        decided = one.page.get_by_text("You decided:")
        await expect(decided).to_contain_text("Zebedee Abbott and Ann Abbott: two people")
        spot = await button.bounding_box()
        assert spot
        await one.page.mouse.click(spot["x"] + 5, spot["y"] + 5)
        await one.page.reload()
        assert sorted((await links(clinic)).values()) == ["different", *["merged"] * 2, *["review"] * 4]
        await clock.run_for(1_000)
        await button.click()
        await expect(decided).not_to_contain_text("Zebedee")
        await expect(decided).to_contain_text("two people")


async def test_without_scripts(chromium: Chromium, specialist: Browser, clinic: Clinic) -> None:
    async with look(chromium, specialist, scripts=False, size=PHONE) as one:
        await one.go(f"/review/{clinic.id}")
        await one.page.get_by_role("button", name="Two people").click()
        await expect(one.page.get_by_text("You decided:")).to_contain_text("two people")
        assert (await links(clinic))["C1", "H1"] == "different"
        await one.page.get_by_role("button", name="Take back").click()
        await expect(one.page.locator("#notices")).to_contain_text("Taken back")
        assert (await links(clinic))["C1", "H1"] == "review"
