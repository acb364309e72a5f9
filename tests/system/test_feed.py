"""A connected practice's feed, watched on real servers with time travel (DP10, DP7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from desk import feed_watch
from desk.problem import DeskProblem, NotFound
from pharmacy.records.feeds import add_practice
from playbooks.engine.onboarding import Contact
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Heartbeat, Order
from store.accounts.clinics import ClinicAccount, clinic_names, put_clinic
from store.journal import journal
from store.journal.contacts import found_contacts
from tests.system.feeds import Feed
from tests.system.harness import eventually

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRIDAY = 4


@pytest.fixture
async def outages(feed: Feed) -> AsyncIterator[Feed]:
    """For tests in which our own web server was away."""
    yield feed
    await feed.heard_from()


@pytest.mark.outcome("reconnected")
async def test_dp10_three_days_of_silence_open_a_reconnection_and_data_ends_it(feed: Feed) -> None:
    await feed.connect()
    await feed.forward(71 * HOUR)
    assert (await feed.look()).state == "flowing"
    await feed.forward(2 * HOUR)
    lost = await feed.seen("reconnecting")
    assert lost.lost
    assert lost.lost.reason == "silent"
    listed = await feed.listed("reconnecting")
    assert (listed.reason, listed.assignee) == ("silent", "sam")
    shown = await feed.reconnection.show()
    assert (shown.stage, shown.waiting_on, shown.status) == ("check", "technical_contact", "open")
    assert shown.entered_at == lost.lost.at, "its clock is the watch's own"
    box, technical = feed.practice.mailbox, f"lee@{feed.practice.id}.test"
    _, check = await box.wait_for(technical, 2)
    assert "Please check four things" in str(check["Subject"])

    [team] = [mail for mail in await box.wait_for("sam@pharmacy.test") if feed.practice.id in str(mail["Subject"])]
    assert "we told Lee Park what to check" in team.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    # The practice is told in plain words only once it lasts.
    told = len(box.to(feed.practice.contact))
    await feed.reconnection.forward(8 * DAY)
    assert (await feed.reconnection.show()).sla == "breached"
    mails = await box.wait_for(feed.practice.contact, told + 1)
    assert "not reaching us" in str(mails[-1]["Subject"])

    await feed.beat()
    await feed.reconnection.shown_when(lambda seen: seen.stage == "data")
    await feed.deliver(clients=12, patients=20)
    assert (await feed.reconnection.handle.result())["status"] == "complete"
    back = await feed.look()
    assert (back.lost, back.clients) == (None, 12)
    assert "is connected again" in str((await box.wait_for(feed.practice.contact, told + 2))[-1]["Subject"])
    thanks = [mail for mail in box.to(technical) if "data flows again" in str(mail["Subject"])]
    assert len(thanks) == 1


async def test_dp10_a_long_weekend_with_heartbeats_opens_none(feed: Feed) -> None:
    await feed.connect()
    while (await feed.now()).astimezone(ZoneInfo("America/Chicago")).weekday() != FRIDAY:
        await feed.forward(DAY)
        await feed.deliver()
    for _ in range(4):
        await feed.forward(DAY)
        await feed.beat()
    assert (await feed.seen("quiet")).lost is None
    await feed.listed("quiet")
    with pytest.raises(NotFound):
        await feed.reconnection.show()


async def test_dp10_our_own_downtime_opens_none(outages: Feed) -> None:
    await outages.heard_from((30 * DAY, 5 * DAY), (timedelta(), timedelta()))
    await outages.begin(ago=5 * DAY + HOUR)
    watch = await eventually(outages.look, lambda watch: bool(watch.outages))
    assert (watch.state, watch.lost) == ("quiet", None)
    await outages.forward(70 * HOUR)
    assert (await outages.look()).lost is None
    await outages.forward(2 * HOUR)
    await outages.seen("reconnecting")


async def test_dp10_if_we_could_hear_a_silence_is_noticed_however_late_we_wake(outages: Feed) -> None:
    await outages.heard_from((30 * DAY, timedelta()))
    await outages.begin(ago=5 * DAY)
    await outages.seen("reconnecting")


async def test_dp10_what_waits_in_our_inbox_is_recorded_before_anybody_is_alarmed(feed: Feed) -> None:
    waiting = {"onboarding": f"datapoint/{feed.practice.id}", "event": feed.practice.id}
    async with feed.practice.desk.database.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO inbox (source, event, type, payload, state, onboarding)"
                " VALUES ('datapoint', :event, 'agent.heartbeat', '{}', 'new', :onboarding)"
            ),
            waiting,
        )
    await feed.begin(ago=5 * DAY)
    await feed.listed("silent")
    assert (await feed.look()).lost is None
    async with feed.practice.desk.database.begin() as connection:
        await connection.execute(text("UPDATE inbox SET state = 'recorded' WHERE onboarding = :onboarding"), waiting)
    await feed.forward(11 * timedelta(minutes=1))
    await feed.seen("reconnecting")


@pytest.mark.outcome("contact-left")
async def test_dp7_a_technical_contact_who_has_left_is_replaced_for_good(feed: Feed) -> None:
    await feed.connect()
    await feed.forward(73 * HOUR)
    await feed.seen("reconnecting")
    reconnection, new = feed.reconnection, f"uma@{feed.practice.id}.test"
    await reconnection.record("technical_contact_designated", name="Uma Cho", email=new)
    [check] = await feed.practice.mailbox.wait_for(new)
    assert "Hello Uma Cho" in check.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    await feed.deliver()
    await reconnection.handle.result()
    kept = await eventually(
        feed.look, lambda watch: watch.state != "reconnecting" and watch.counts_from != watch.began_at
    )
    assert kept.subject.technical_contact
    assert kept.subject.technical_contact.email == new
    await feed.forward(73 * HOUR)
    again = await reconnection.shown_when(lambda seen: seen.status == "open")
    assert [fact.data["email"] for fact in again.facts if fact.name == "technical_contact_designated"] == [new]


@pytest.mark.outcome("contact-changed")
async def test_dp7_who_was_named_while_all_was_well_is_asked_when_it_is_lost(feed: Feed) -> None:
    await feed.connect()
    new = Contact(name="Uma Cho", email=f"uma@{feed.practice.id}.test")
    given = Order(by="contact:ana", why="Tom has left", role=TECHNICAL_CONTACT, contact=new)
    receipt = await feed_watch.order(feed.practice.desk, feed.practice.id, "contact", given)
    assert receipt.text == "The technical contact is Uma Cho now."
    database, closed = feed.practice.desk.database, feed.practice.identity

    async def found(search: str) -> list[tuple[str, int | None]]:
        there = await found_contacts(database, [closed], search)
        return [(each.name, each.place) for each in there.get(closed, ())]

    # The onboarding is closed; a search finds it by the new contact, and by the one before as a former one.
    await eventually(lambda: found(new.email), lambda there: there == [("Uma Cho", 1)])
    assert await found("Lee Park") == [("Lee Park", None)]
    await feed.forward(73 * HOUR)
    await feed.seen("reconnecting")
    [check] = await feed.practice.mailbox.wait_for(new.email)
    assert "Hello Uma Cho" in check.get_body(("plain",)).get_content()  # type: ignore[union-attr]


async def test_a_corrected_name_is_that_of_the_feed_and_the_clinic_too(feed: Feed) -> None:
    await feed.connect()
    desk, id, name = feed.practice.desk, feed.practice.id, "Riverside Animal Hospital"
    await add_practice(desk.database, id, "Riverside Vet")
    place = {"time_zone": "America/Chicago", "country": "US", "account_email": f"office@{id}.test"}
    await put_clinic(desk.database, id, ClinicAccount(name="Riverside Vet", owner="Riverside LLC", **place), "sam")
    other = replace(feed.practice, playbook="ezyvet")
    await other.start()
    await other.command("correct_practice", practice={"name": name})
    assert (await feed.look()).subject.practice.name == name
    await eventually(lambda: feed.listed("flowing"), lambda listed: listed.practice_name == name)
    await eventually(lambda: clinic_names(desk.database, [id]), lambda names: names == {id: name})
    stored = text("SELECT name FROM practices WHERE id = :id")
    async with desk.database.connect() as connection:
        assert await connection.scalar(stored, {"id": id}) == name
    await other.command("withdraw")
    await desk.client.get_workflow_handle(other.identity).result()
    await other.command("correct_practice", practice={"name": "Riverside Pets"})
    assert (await feed.look()).subject.practice.name == (await other.show()).practice.name == "Riverside Pets"
    assert await clinic_names(desk.database, [id]) == {id: "Riverside Pets"}
    closed = await journal.lines(desk.database, other.identity, (await other.show()).run)
    assert closed[-1].text == f"Practice corrected: name from {name} to Riverside Pets"
    with pytest.raises(Refused, match="already has these details"):
        await other.command("correct_practice", practice={"name": "Riverside Pets"})


async def test_a_contact_corrected_after_the_end_is_that_of_the_feed_too(feed: Feed) -> None:
    await feed.connect()
    await feed.listed("flowing")
    typed = f"dana.reyes@{feed.practice.id}.test"
    await feed.practice.command("correct_contact", contact={"email": typed})
    assert (await feed.practice.show()).primary_contact.email == typed
    assert (await feed.look()).subject.primary_contact.email == typed
    with pytest.raises(Refused, match="already has these details"):
        await feed.practice.command("correct_contact", contact={"email": typed})
    assert not feed.practice.mailbox.to(typed)


@pytest.mark.outcome("watch-renewed")
async def test_it_lives_for_years_without_growing(feed: Feed) -> None:
    await feed.begin(history_limit=100)
    first = (await feed.handle.describe()).run_id
    for number in range(150):
        await feed.handle.signal(
            "heartbeat", Heartbeat(at=(await feed.look()).began_at + number * timedelta(seconds=1))
        )
    for _ in range(8):
        await feed.forward(2 * DAY)
        await feed.deliver(changed_at=await feed.now())
    last = await feed.seen("flowing")
    client = feed.practice.desk.client
    runs = [run async for run in client.list_workflows(f"WorkflowId = '{feed.identity}'")]
    lengths = [(await client.get_workflow_handle(run.id, run_id=run.run_id).describe()).history_length for run in runs]
    assert len(runs) > 6
    assert max(lengths) < 130, "also where what is report_sign is no news"
    assert last.run == first, "it is one life"
    assert len(last.model_dump_json()) < 20_000
    assert feed.practice.id in (await feed.listed("flowing")).practice


async def test_a_pause_and_the_end_by_a_person(feed: Feed) -> None:
    await feed.connect()
    assert (await feed.order("paused")).state == "paused"
    await feed.forward(30 * DAY)
    paused = await feed.listed("paused")
    assert (paused.by, paused.why) == ("sam", "the clinic is rebuilt")
    with pytest.raises(Refused, match="must end in the future"):
        await feed.order("paused", until=paused.since)
    await feed.order("resumed")
    await feed.forward(73 * HOUR)
    await feed.seen("reconnecting")
    await feed.reconnection.shown_when(lambda seen: seen.status == "open")
    assert (await feed.order("ended")).state == "ended"
    assert await feed.handle.result() == "ended"
    assert (await feed.reconnection.shown_when(lambda seen: seen.status == "withdrawn")).withdrawn
    with pytest.raises(DeskProblem, match="start a new onboarding"):
        await feed.order("resumed")
    assert not await feed_watch.report_sign(feed.practice.desk, feed.practice.id, Heartbeat(at=paused.since)), (
        "and stays so"
    )


async def test_a_sign_of_life_begins_the_watch_where_one_should_run(feed: Feed) -> None:
    await feed.practice.start()
    beat = Heartbeat(at=(await feed.practice.show()).now)
    assert not await feed_watch.report_sign(feed.practice.desk, feed.practice.id, beat), "not connected yet"
    await feed.practice.register()
    await feed.practice.record("data_received")
    await feed.practice.handle.result()
    await feed.handle.terminate("as if it had been connected before feeds were watched")
    assert await feed_watch.report_sign(feed.practice.desk, feed.practice.id, beat)
    assert (await feed.seen("flowing")).agent_at == beat.at
    with pytest.raises(NotFound):
        await feed_watch.report_sign(feed.practice.desk, "nobody-knows", beat)
