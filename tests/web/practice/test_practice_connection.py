"""DP7, DP10: the page of a connected practice tells that the connection is lost, and whose turn it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser as Chromium

from desk.feed_status import watched as watched_feed
from playbooks.feed_watch.values import Watch
from store.journal import feed_status
from tests.system.harness import eventually
from tests.web.browser import Browser, text_of
from tests.web.looking import PHONE, look
from tests.web.practice.world import HEARD, Clinic, ask, confirm, lose, now, shown


async def test_dp7_a_lost_connection_is_told_on_the_page_of_the_connected(
    connected: Clinic, phone: Browser, chromium: Chromium
) -> None:
    danas, lees = await connected.link(connected.contact), await connected.link(connected.lee)
    assert (await now(phone, danas)).startswith("Nothing to do You are connected")
    reconnection = await lose(connected)
    due = (await reconnection.show()).due_at
    assert due

    told = await now(phone, danas)
    assert told.startswith("Lee Park's turn The connection is lost Nothing from ")
    assert f"has reached us since {shown(HEARD)} ." in told and "Home delivery goes on as usual" in told
    assert "We have asked Lee Park to look at your server:" in told
    assert f"We have written to Lee Park at {connected.lee} on " in told and "and explained what to check." in told
    assert f"We asked Lee Park for it by {shown(due)} : 2 business days of ours from " in told
    assert "It has been Lee Park's turn since " in told
    assert "You are connected" not in told and "Nothing to do" not in told

    hers = await now(phone, lees)
    assert hers.startswith("Your turn The connection is lost")
    assert "Please look at the server." in hers and "was the one of the database" in hers
    assert f"We have written to you at {connected.lee} on " in hers

    for path in (danas, lees):
        async with look(chromium, phone, size=PHONE) as seen:
            await seen.go(path)
            await seen.check()

    await reconnection.record("agent_seen")
    assert (await now(phone, lees)).startswith("DataPoint's turn The connection is lost")
    assert "DataPoint's agent was seen again" in await now(phone, danas)
    await reconnection.record("data_flowing")
    await reconnection.handle.result()
    assert (await now(phone, danas)).startswith("Nothing to do You are connected")


async def test_dp7_who_is_no_technical_contact_any_more_is_not_asked(connected: Clinic, phone: Browser) -> None:
    danas, lees = await connected.link(connected.contact), await connected.link(connected.lee)
    reconnection = await lose(connected, technical=False)
    told = await now(phone, danas)
    assert told.startswith("Your turn The connection is lost")
    assert "Please tell us who looks after your server now , with name, e-mail and phone: write to " in told
    assert "We have asked Dana Reyes who looks after the server now." in await now(phone, lees)
    uma = f"uma@{connected.id}.test"
    await reconnection.record("technical_contact_designated", name="Uma Cho", email=uma)
    page = text_of((await phone.get(lees)).text)
    assert "Uma Cho's turn The connection is lost" in page and uma not in page
    assert f"We have written to Uma Cho at {uma} on " in await now(phone, danas)


async def test_dp10_silence_that_we_still_look_into_is_our_turn(connected: Clinic, phone: Browser) -> None:
    path = await connected.link(connected.contact)
    database = connected.desk.database
    feed = await eventually(lambda: feed_status.find(database, connected.id), bool)
    assert feed
    since = datetime.now(UTC) - timedelta(hours=2)
    silent = {"state": "silent", "since": since, "agent_at": HEARD, "feed_at": HEARD, "version": 99}
    await feed_status.publish(database, feed.model_copy(update=silent), [])
    told = await now(phone, path)
    assert told.startswith("Our turn No data reaches us at the moment Nothing from ")
    assert f"has reached us since {shown(HEARD)} ." in told
    assert "Nothing to do for you now: we are looking into it" in told
    assert f"It has been our turn since {shown(since)} (2 hours ago)." in told


async def test_the_page_of_a_finished_onboarding_says_how_to_reach_a_person(connected: Clinic, phone: Browser) -> None:
    page = text_of((await phone.get(await connected.link(connected.contact))).text)
    assert "Is something wrong? Tell us, and a person looks into it: reply to any of our e-mails, write to " in page


async def test_dp7_the_technical_contact_is_replaced_while_all_is_well(connected: Clinic, phone: Browser) -> None:
    danas, lees = await connected.link(connected.contact), await connected.link(connected.lee)

    async def watched() -> Watch | None:
        return await watched_feed(connected.desk, connected.id)

    await eventually(watched, lambda watch: watch is not None)
    assert "Replace the technical contact" in (await phone.get(danas)).text
    assert "Replace the technical contact" not in (await phone.get(lees)).text
    email = f"kim@{connected.id}.test"
    question = await ask(phone, danas, "technical-contact", name="Kim Vale", email=email, phone="312 555 0144")
    assert "If the connection is lost, we write to Kim Vale." in text_of(question.text)
    done = text_of((await confirm(phone, question)).text)
    assert "Kim Vale is the technical contact now" in done and f"Technical contact Kim Vale {email}" in done
    watch = await watched()
    assert watch and watch.subject.technical_contact and watch.subject.technical_contact.email == email
    assert (await phone.get(lees)).status_code == 410
