"""One onboarding in the console: what it shows, facts and commands, asked back where it is final, done once."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx2
import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.onboarding import Entry
from store.journal import journal
from store.journal.tables import onboardings
from store.mail import outbox
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, text_of
from web.console.onboarding import mark_of

SCRIPT = "<script>alert(1)</script>"


def home(practice: Practice) -> str:
    return f"/onboardings/{practice.identity}"


async def send(browser: Browser, page: str, action: str, **given: str) -> httpx2.Response:
    """Fills in the form to an address, as it stands on a page."""
    return await browser.submit(page, given, action, follow_redirects=False)


async def shown(browser: Browser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


async def test_it_says_where_it_stands_and_whose_turn_it_is(practice: Practice, specialist: Browser) -> None:
    await practice.start(client_count=3_000)
    said = await shown(specialist, home(practice))
    assert "Whose turn the onboarding team" in said
    assert "IL, US, America/Chicago Clients 3,000, as requested" in said
    assert "To do now Our turn Ask DataPoint for a place in its queue." in said
    assert "It goes on when this is on record: In DataPoint's request queue." in said
    assert "Progress Entry in DataPoint's queue" in said
    assert "onboard " not in said.replace("onboard-", "")


async def test_a_fact_is_recorded_by_whoever_is_signed_in(
    practice: Practice, specialist: Browser, database: AsyncEngine
) -> None:
    await practice.start()
    path = f"{home(practice)}/facts/queued"
    answer = await send(specialist, home(practice), path)
    assert (answer.status_code, answer.headers["location"]) == (303, home(practice))
    said = await shown(specialist, home(practice))
    assert "Recorded: in DataPoint's request queue." in said
    seen = await practice.show()
    assert [(fact.name, fact.by) for fact in seen.facts] == [("queued", specialist.handle)]

    async def written() -> list[Entry]:
        return await journal.lines(database, practice.identity, seen.run)

    lines = await eventually(written, lambda found: len(found) > 1)
    assert (lines[-1].name, lines[-1].by) == ("queued", specialist.handle)


async def test_a_form_that_is_sent_twice_acts_once(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    path = f"{home(practice)}/commands/note"
    form = {**form_on((await specialist.get(path)).text, path), "why": "They called"}
    answers = await asyncio.gather(*(specialist.client.post(path, data=form) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    page = await specialist.get(home(practice))
    assert page.text.count("<q>They called</q>") == 1
    other = await specialist.client.post(path, data={**form, "why": "Something else"})
    assert other.status_code == 422
    assert "This form was sent before with other values. Nothing was changed" in text_of(other.text)


async def test_who_replaces_a_contact_is_told_before_and_after_that_the_deadline_starts_again(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    await practice.register()
    await practice.forward(timedelta(hours=20))
    path = f"{home(practice)}/facts/technical_contact_designated"
    said = "With another e-mail address the deadline starts again. Now it is due "
    assert said in await shown(specialist, path)
    same = {"d_name": "Lee Park", "d_email": f"lee@{practice.id}.test", "d_phone": "312-555-0199"}
    assert "starts again" not in text_of((await specialist.submit(path, same, path)).text)
    other = {"d_name": "Kim Sorensen", "d_email": f"kim@{practice.id}.test"}
    after = text_of((await specialist.submit(path, other, path)).text)
    assert " in place of Lee Park. " in after and " The deadline starts again: it is due " in after
    await practice.record("technical_contact_reached")
    assert said not in await shown(specialist, path), "it counts from another fact now"


async def test_who_accepted_and_which_version_are_offered(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("technical_contact_designated", name="Lee Park", email="lee@it.test")
    path = f"{home(practice)}/facts/eula_accepted"
    page = (await specialist.get(path)).text
    assert re.findall(r'<option value="([^"]+)"></option>', page)[-2:] == ["Dana Reyes", "Lee Park"]
    await practice.record("eula_accepted", version="3.1 of this test", accepted_by="Dana Reyes")

    async def offered() -> str:
        return (await specialist.get(path)).text

    page = await eventually(offered, lambda html: "Last recorded for any practice: " in html)
    [said] = re.findall(r"Last recorded for any practice: ([^<]+)\.<", page)
    assert re.findall(r'<option value="([^"]+)"></option>', page) == [*said.split(", "), "Dana Reyes", "Lee Park"]


async def test_what_is_to_do_leads_to_asking_and_to_recording_only_then(practice: Practice, asking: Browser) -> None:
    await practice.start()
    page = (await asking.get(home(practice))).text
    [to_do] = re.findall(r'aria-labelledby="now">(.+?)</section>', page, re.DOTALL)
    assert f'<a class="button main small" href="{home(practice)}#partner">Go to “Ask for a place”</a>' in to_do
    record = "Show the form: In DataPoint's request queue (only if somebody has asked already)"
    assert f"Go to “Ask for a place” {record}" in text_of(to_do)
    assert '<h2 id="partner">Ask DataPoint</h2>' in page
    assert "In DataPoint's request queue only if somebody has asked already Record it" in text_of(page)


async def test_where_the_partner_cannot_be_asked_by_a_button_it_is_said_how(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    page = (await specialist.get(home(practice))).text
    said = text_of(page.partition('<h2 id="partner">')[2])
    assert said.startswith("Ask DataPoint This installation has no link to DataPoint. Ask for the place in its queue")
    assert "as you always do, then record it below. What has happened?" in said


async def test_taking_back_says_what_the_partner_still_has_and_which_stage_it_is(
    practice: Practice, asking: Browser
) -> None:
    await practice.start()
    asked = f"{home(practice)}/partner-request"
    answer = await asking.submit(home(practice), {}, asked)
    assert "DataPoint has the practice in its queue and will write." in text_of(answer.text)
    back = f"{home(practice)}/commands/retract"
    left = f"DataPoint still has Practice {practice.id} in its queue, and writes to Dana Reyes or has done so"
    assert left in await shown(asking, f"{back}?fact=queued"), "said before it is done, too"
    given = {"fact": "queued", "why": "Another practice"}
    said = text_of((await asking.submit(f"{back}?fact=queued", given, back)).text)
    assert left in said
    assert "The stage is now “Entry in DataPoint's queue”, waiting on the onboarding team." in said


async def test_what_the_partner_still_has_is_said_as_long_as_it_is_not_on_record(
    practice: Practice, asking: Browser
) -> None:
    await practice.start()
    asked, back = f"{home(practice)}/partner-request", f"{home(practice)}/commands/retract"
    await asking.submit(home(practice), {}, asked)
    await asking.submit(f"{back}?fact=queued", {"fact": "queued", "why": "Another practice"}, back)
    left = f"DataPoint still has Practice {practice.id} in its queue, and writes to Dana Reyes or has done so: if it"
    again = "ask DataPoint to take the practice out. If it should, press “Ask for a place” to record it again."

    async def entered() -> str:
        return await shown(asking, home(practice))

    said = await eventually(entered, lambda text: "In DataPoint's request queue taken back" in text)
    assert f"To do now Our turn {left}" in said and f"Ask DataPoint {left}" in said
    assert said.count(again) == 2 and said.count(left) == 3, "in the journal too"
    assert "needs a place" not in said and "Ask DataPoint for a place" not in said
    await asking.submit(home(practice), {}, asked)
    said = await shown(asking, home(practice))
    assert left not in said and said.count("request queue taken back") == 1, "the later one counts"


async def test_a_place_that_was_taken_back_can_be_asked_for_again(practice: Practice, asking: Browser) -> None:
    await practice.start()
    asked, back = f"{home(practice)}/partner-request", f"{home(practice)}/commands/retract"
    for times in (1, 2):
        for _ in range(2):
            answer = await asking.client.post(asked, data={"csrf": await asking.token()})
            assert answer.status_code == 200
        counted = [fact.retracted for fact in (await practice.show()).facts]
        assert counted == [True] * (times - 1) + [False], "it is recorded once, however often it is asked for"
        await asking.submit(f"{back}?fact=queued", {"fact": "queued", "why": "Another practice"}, back)


async def test_taking_back_says_when_a_fact_counts_all_the_same(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.record("invitation_sent")
    back = f"{home(practice)}/commands/retract"
    answer = await specialist.submit(f"{back}?fact=queued", {"fact": "queued", "why": "Nobody asked"}, back)
    said = text_of(answer.text)
    counts = "“In DataPoint's request queue” still counts, because “DataPoint invited the primary contact” is on record"
    assert f"{counts}: take that back too" in said
    assert "The stage is now “Registration with DataPoint”, waiting on the practice's primary contact." in said
    assert "DataPoint still has" not in said, "it was not asked from here"
    assert '<p class="notice notice">Taken back: ' in answer.text, "what still counts is not said in green"


async def test_before_taking_back_it_is_said_who_recorded_it_and_what_will_still_count(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.record("invitation_sent")
    back = f"{home(practice)}/commands/retract"
    page = (await specialist.get(f"{back}?fact=queued")).text
    will = (
        "“In DataPoint's request queue” will still count, because “DataPoint invited the primary contact” is on record"
    )
    said = text_of(page)
    assert "Recorded by " in said and will in said and "no longer counts" not in said
    form = form_on(page, back)
    changed = {**form, "fact": "invitation_sent"}
    mails = await specialist.client.post(f"{back}/mails", data=changed, headers={"HX-Request": "true"})
    assert "Recorded by" in mails.text and "still count" not in mails.text, "said of what is chosen now"


async def test_a_form_that_can_do_nothing_has_no_button(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.record("invitation_sent")
    retract, resume = (f"{home(practice)}/commands/{name}" for name in ("retract", "resume"))
    opened = (await specialist.get(f"{retract}?fact=queued")).text
    form = {**form_on(opened, retract), "fact": "queued", "why": "A slip"}
    await specialist.client.post(retract, data=form)
    again = await specialist.client.post(retract, data={**form, "key": "another"})
    taken = "“In DataPoint's request queue” has been taken back already. It still counts because “DataPoint invited"
    idle = f"Practice {practice.id} is not on hold, so there is nothing to resume."
    resumed = await specialist.client.post(resume, data={"csrf": form["csrf"]})
    queued = await specialist.client.post(
        f"{home(practice)}/facts/invitation_sent", data={"csrf": form["csrf"], "at": "2020-01-01"}
    )
    for answer, says in (
        (again, taken),
        (await specialist.get(f"{retract}?fact=queued"), taken),
        (resumed, idle),
        (await specialist.get(resume), idle),
        (queued, "“DataPoint invited the primary contact” is on record"),
    ):
        said = text_of(answer.text)
        assert says in said and f"Back to Practice {practice.id}" in said, said
        assert not re.findall(rf'<form[^>]*action="{home(practice)}/', answer.text), says


async def test_fields_come_from_the_playbook_and_mistakes_are_told(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    path = f"{home(practice)}/facts/technical_contact_designated"
    page = (await specialist.get(path)).text
    assert re.findall(r'name="(d_\w+)" type="(\w+)"', page) == [
        ("d_name", "text"),
        ("d_email", "email"),
        ("d_phone", "tel"),
    ]
    wrong = await send(specialist, path, path, d_name=SCRIPT, d_email="nowhere")
    assert wrong.status_code == 422
    assert "E-mail address: 'nowhere' is not an e-mail address" in text_of(wrong.text)
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in wrong.text
    right = await send(specialist, path, path, d_name=SCRIPT, d_email="lee@it.test")
    assert right.status_code == 303
    answer = await specialist.get(home(practice))
    assert SCRIPT not in answer.text
    assert SCRIPT in unescape(answer.text)


async def test_a_time_is_read_by_the_viewers_clocks_and_one_before_the_request_is_asked_back(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    path = f"{home(practice)}/facts/queued"
    future = await send(specialist, path, path, at="2096-01-01T10:00")
    assert future.status_code == 422
    assert "is in the future" in text_of(future.text)
    nonsense = await send(specialist, path, path, at="soon")
    assert "'soon' is not a time" in text_of(nonsense.text)
    await specialist.submit("/account", {"name": "A", "time_zone": "Asia/Tokyo"}, "/account/profile")
    asked = await send(specialist, path, path, at="2026-03-08T10:00")
    said = text_of(asked.text)
    assert "long after the time that you gave: Sun 8 Mar, 10:00 JST" in said
    assert f"Practice {practice.id}" in said and practice.identity not in said.partition("Mail at once")[0]
    assert "is missed at once." in said and "Mail at once: escalation" in said and "No mail goes out." not in said
    assert (await practice.show()).facts == ()
    again = await specialist.client.post(path, data={**form_on(asked.text, path), "reopen": "yes"})
    assert again.status_code == 200 and 'value="2026-03-08T10:00"' in again.text, "back is to the filled form"
    assert (await practice.show()).facts == ()
    await specialist.client.post(path, data=form_on(asked.text, path))
    [fact] = (await practice.show()).facts
    assert fact.at is not None and fact.at.isoformat() == "2026-03-08T01:00:00+00:00"


async def test_before_a_deadline_is_moved_back_it_is_said_which_mails_are_due_then(
    practice: Practice, specialist: Browser
) -> None:
    now = datetime.now(UTC)
    long_ago = practice.request().model_copy(update={"requested_at": now - timedelta(days=30)})
    await practice.desk.start("datapoint", long_ago, "ann")
    await practice.record("queued")
    await practice.command("extend", until=now + timedelta(days=30))
    await practice.command("retract", fact="queued")
    await practice.record("queued", at=now - timedelta(days=20))
    extend = f"{home(practice)}/commands/extend"
    form = form_on((await specialist.get(extend)).text, extend)

    async def mails(days: int) -> str:
        data = {**form, "until": (now + timedelta(days=days)).isoformat(timespec="minutes")}
        part = await specialist.client.post(f"{extend}/mails", data=data, headers={"HX-Request": "true"})
        return text_of(part.text)

    assert await mails(60) == "No mail goes out."
    assert "escalation" in await mails(-18)


async def test_before_resuming_it_is_said_which_mails_fell_due_during_the_hold(
    practice: Practice, specialist: Browser
) -> None:
    now = datetime.now(UTC)
    long_ago = practice.request().model_copy(update={"requested_at": now - timedelta(days=30)})
    await practice.desk.start("datapoint", long_ago, "ann")
    await practice.command("hold", until=now + timedelta(days=10))
    await practice.record("queued", at=now - timedelta(days=28))
    resume = f"{home(practice)}/commands/resume"
    form = form_on((await specialist.get(resume)).text, resume)
    foreseen = await specialist.client.post(f"{resume}/mails", data=form, headers={"HX-Request": "true"})
    said = text_of(foreseen.text)
    assert f"to Dana Reyes, primary contact, {practice.contact}" in said and "No mail goes out." not in said
    assert "Hold it back" not in said, "the clock sends it"
    await specialist.client.post(resume, data=form)
    await practice.mailbox.wait_for(practice.contact)


async def test_what_ends_it_is_asked_back(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.register()
    await practice.record("agent_installed")
    path = f"{home(practice)}/facts/data_received"
    asked = await send(specialist, path, path, d_clients="12", d_patients="20")
    assert asked.status_code == 200
    said = text_of(asked.text)
    assert "This cannot be taken back. It closes the onboarding" in said
    assert f"data received to Dana Reyes, primary contact, {practice.contact}" in said
    assert (await practice.show()).status == "open"
    sure = await specialist.client.post(path, data=form_on(asked.text, path))
    assert "Recorded: data received." in text_of(sure.text)
    seen = await practice.show()
    [fact] = [fact for fact in seen.facts if fact.name == "data_received"]
    assert (seen.status, fact.data) == ("complete", {"clients": 12, "patients": 20})
    page = await shown(specialist, home(practice))
    assert "is complete: connected since" in page
    assert "What has happened?" not in page


async def test_data_without_a_eula_is_asked_back_as_what_it_is(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    path = f"{home(practice)}/facts/data_received"
    said = text_of((await send(specialist, path, path)).text)
    assert "The onboarding stays open, at “Registration with DataPoint”, because something is still missing" in said
    assert "data without eula to team, team@pharmacy.test" in said


async def test_withdrawing_is_for_managers_and_asked_back(
    practice: Practice, specialist: Browser, signed_in: SignedIn
) -> None:
    await practice.start()
    path = f"{home(practice)}/commands/withdraw"
    assert path not in (await specialist.get(home(practice))).text
    assert (await specialist.get(path)).status_code == 403
    form = {"csrf": await specialist.token(), "why": "x", "sure": "yes"}
    assert (await specialist.client.post(path, data=form)).status_code == 403
    manager = await signed_in("manager")
    asked = await send(manager, path, path, why="They changed their mind")
    assert "This cannot be taken back" in text_of(asked.text)
    assert f'<a class="button" href="{home(practice)}">No, go back</a>' in asked.text
    again = await manager.client.post(path, data={**form_on(asked.text, path), "reopen": "yes"})
    assert "They changed their mind" in again.text
    assert (await practice.show()).status == "open"
    await manager.client.post(path, data=form_on(asked.text, path))
    seen = await practice.show()
    assert seen.withdrawn is not None
    assert (seen.withdrawn.by, seen.withdrawn.why) == (manager.handle, "They changed their mind")
    page = (await manager.get(home(practice))).text
    assert '<a href="/start">Start a new onboarding</a>' in page
    assert re.search(r"Progress Entry in DataPoint's queue Since [^,]+, \d\d:\d\d [A-Z]+ Invitation", text_of(page)), (
        "not due"
    )


@pytest.mark.parametrize("path", ["facts/queued", "commands/hold", "commands/withdraw"])
async def test_who_only_looks_changes_nothing(practice: Practice, signed_in: SignedIn, path: str) -> None:
    await practice.start()
    viewer = await signed_in("viewer")
    assert "What has happened?" not in text_of((await viewer.get(home(practice))).text)
    form = {"csrf": await viewer.token(), "why": "x", "until": "2096-01-01T10:00", "sure": "yes"}
    assert (await viewer.client.post(f"{home(practice)}/{path}", data=form)).status_code == 403
    assert (await viewer.get(f"{home(practice)}/{path}")).status_code == 403
    seen = await practice.show()
    assert (seen.facts, seen.status) == ((), "open")


async def test_every_command(practice: Practice, signed_in: SignedIn) -> None:
    await practice.start()
    await practice.record("queued")
    manager = await signed_in("manager")
    steps: list[tuple[str, dict[str, str], str]] = [
        ("hold", {"until": "2096-01-01T10:00"}, "more than ten years away"),
        ("hold", {"until": "2030-01-01T10:00"}, "On hold until Tue 1 Jan 2030, 10:00 CST"),
        ("resume", {}, "Resumed; deadlines and reminders continue."),
        ("extend", {"until": "2030-01-01T10:00"}, "deadline moved to Tue 1 Jan 2030, 10:00 CST"),
        ("reassign", {"assignee": "kim"}, "Handed over to kim."),
        ("correct_contact", {"name": "Dana R", "email": practice.contact}, "Primary contact is now Dana R."),
        ("correct_contact", {"name": "Dana R", "phone": "call me"}, "Phone: 'call me' has no telephone number; write"),
        ("correct_contact", {"name": "", "email": "nowhere"}, "E-mail address: 'nowhere' is not"),
        ("correct_practice", {"time_zone": "America/Denver"}, "time zone from America/Chicago to America/Denver."),
        ("correct_practice", {"state": "ZZ"}, "There is no state of US 'ZZ'"),
        ("resend", {"kind": "queue_confirmation"}, "Sending again: queue confirmation."),
        (
            "quiet",
            {"role": "primary_contact", "until": "2030-01-01T10:00"},
            "No reminders to the primary contact until",
        ),
        ("retract", {"fact": "queued"}, "Taken back: in DataPoint's request queue."),
        ("note", {}, "Your note is in the journal."),
    ]
    for name, given, said in steps:
        path = f"{home(practice)}/commands/{name}"
        answer = await manager.submit(path, {"why": "because", **given}, path)
        assert said in text_of(answer.text), (name, text_of(answer.text))
    assert "Write the note." in text_of((await manager.submit(path, {"why": " "}, path)).text)
    path = f"{home(practice)}/commands/hold"
    late = text_of((await manager.submit(path, {"why": "x", "until": "2999-01-01T10:00"}, path)).text)
    assert "Until must be a time in the future, such as " in late and "at most ten years away." in late


async def test_mails_are_shown_as_sent_and_nothing_of_them_runs(
    practice: Practice, specialist: Browser, database: AsyncEngine
) -> None:
    await practice.start(name=f"Practice {SCRIPT}")
    await practice.record("queued")
    await practice.mailbox.wait_for(practice.contact)
    seen = await practice.shown_when(lambda one: bool(one.mails) and one.mails[0].state == "sent")
    page = await specialist.get(home(practice))
    found = re.search(r'href="(/mails/one[^"]+)"', page.text)
    assert found
    letter = await specialist.get(unescape(found[1]))
    assert 'sandbox title="The mail' in letter.text
    frame = re.search(r'<iframe[^>]* src="([^"]+)"', letter.text)
    assert frame
    html = await specialist.get(unescape(frame[1]))
    [stored] = await outbox.mails_of(database, practice.identity, seen.run, bodies=True)
    assert html.text == stored.html
    policy = html.headers["content-security-policy"]
    assert "sandbox;" in policy and "default-src 'none'" in policy and "script" not in policy
    assert html.headers["x-frame-options"] == "SAMEORIGIN"
    assert SCRIPT not in html.text and SCRIPT not in page.text and SCRIPT not in letter.text
    kept = f"{home(practice)}/mails/{mark_of(stored.key)}?run={seen.run}"
    assert (await specialist.get(kept)).url.path == "/mails/one", "an address that was kept leads there"
    assert (await specialist.get(f"{home(practice)}/mails/0000?run={seen.run}")).status_code == 404


async def test_a_mail_that_is_tried_again_says_why(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await outbox.pause(practice.desk.database, "mia", "A wrong template")
    try:
        await practice.record("queued")

        async def said() -> str:
            return await shown(specialist, home(practice))

        text = await eventually(said, lambda found: "A mail has not been sent yet: all mail is paused." in found)
        assert re.search(r"Tried \d+ times?, next attempt", text)
        assert "All mail is paused by mia" in await shown(specialist, "/")
    finally:
        await outbox.resume(practice.desk.database, "mia")
    await practice.mailbox.wait_for(practice.contact)


async def test_an_earlier_onboarding_stays_to_be_read(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.command("withdraw", why="Not now")
    run = (await practice.show()).run
    await practice.start()

    async def page() -> str:
        return (await specialist.get(home(practice))).text

    await eventually(page, lambda found: f"{home(practice)}?run={run}" in found)
    assert "Not now" in await shown(specialist, f"{home(practice)}?run={run}")
    assert (await specialist.get(f"{home(practice)}?run=nonsense")).status_code == 404
    async with practice.desk.database.begin() as connection:
        # As while the journal has not heard of the new one yet.
        await connection.execute(
            delete(onboardings).where(onboardings.c.id == practice.identity, onboardings.c.run != run)
        )
    assert "To do now Our turn" in text_of(await page())


@pytest.mark.parametrize(
    "path", ["datapoint/nowhere", "nothing/at-all", "datapoint/nowhere/facts/queued", "datapoint/nowhere/facts/zebra"]
)
async def test_what_is_not_there(specialist: Browser, path: str) -> None:
    answer = await specialist.get(f"/onboardings/{path}")
    assert answer.status_code in (404, 422)
    assert "onboard list" not in answer.text


async def test_temporal_ui_is_a_click_away(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    page = (await specialist.get(home(practice))).text
    link = f"http://127.0.0.1:8233/namespaces/onboarding/workflows/datapoint%2F{practice.id}"
    assert f'href="{link}"' in page


async def test_its_clock_counts_and_not_ours(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.forward(timedelta(days=4))
    said = await shown(specialist, home(practice))
    assert "To do now Overdue Ask DataPoint" in said
    assert "On track" not in said
    assert "Since 4 days ago" in said
    assert "Due 2 days ago" in said


async def test_an_estimate_is_told_apart_from_when_it_counts_as_overdue(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    for fact in ("queued", "invitation_sent", "practice_information_given"):
        await practice.record(fact)
    await practice.record("eula_accepted", version="3", accepted_by="Dana")
    await practice.record("technical_contact_designated", name="Tom", email=f"tom@{practice.id}.test")
    for fact in ("technical_contact_reached", "agent_installed"):
        await practice.record(fact)
    said = await shown(specialist, home(practice))
    assert "Expected in 7 days" in said and " Due " not in said.partition("Progress")[0]
    await practice.forward(timedelta(days=8))

    async def talk() -> str:
        return await shown(specialist, f"/practices/{practice.id}/conversation")

    told = await eventually(talk, lambda text: "counts as overdue" in text)
    assert re.search(r"; expected [^.]+\. Next: “First import of the data” counts as overdue, ", told), told
