"""The simulator as newcomers and demos use it: by hand through its pages, and automatically (DP1, DP3 to DP8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from partners.datapoint import DataPoint
from tests.mailing import assert_mail_contains
from tests.simulators.trial import DANA, FACTS, RIVERSIDE, Trial, fill_in, link_in


async def test_by_hand_from_the_mail_to_the_data(trial: Trial) -> None:
    seen = trial.receiver
    async with trial.running("--no-automatic") as simulator:
        receipt = await DataPoint(simulator.url).request(RIVERSIDE)
        assert (await seen.fact("queued")).at == receipt.queued_at
        await seen.fact("invitation_sent")
        invitation = trial.post.last()
        assert trial.post.recipients == ["dana@riverside.example"]
        assert invitation["From"].addresses[0].addr_spec == "no-reply@datapoint.example"
        assert_mail_contains(invitation, "Hello Dana Reyes", "Riverside Veterinary Clinic", "stand-in")
        form = link_in(invitation)

        untouched = await simulator.http.get(form)
        assert "Version 2026-01" in untouched.text
        assert "Stand-in for IDEXX DataPoint" in untouched.text

        hasty = await fill_in(simulator.http, form, "/eula", accepted_by="Dana Reyes")
        assert hasty.status_code == 422
        assert 'role="alert"' in hasty.text
        assert "Tick the box" in hasty.text
        agreed = await fill_in(simulator.http, form, "/eula", accepted_by="Dana Reyes", agree="yes")
        assert "was accepted by Dana Reyes" in agreed.text
        await fill_in(simulator.http, form, "/technical-contact", name="Lee Park", email="lee@riverside.example")
        done = await fill_in(simulator.http, form, "/information", client_count="12400", comments="Ring twice")
        assert "All three are done" in done.text

        await seen.fact("technical_contact_reached")
        assert trial.post.recipients[1:] == ["lee@riverside.example"]
        assert_mail_contains(trial.post.last(), "Hello Lee Park", "Dana Reyes named you")
        installed = await fill_in(simulator.http, link_in(trial.post.last()), "", client_count="12412")
        assert "The agent is installed since" in installed.text
        await seen.fact("import_completed")

    assert seen.facts == [
        *("queued", "invitation_sent", "eula_accepted", "technical_contact_designated", "practice_information_given"),
        *FACTS[5:],
    ]
    data = {event.fact: event.data for event in seen.events}
    assert data["eula_accepted"] == {"version": "2026-01", "accepted_by": "Dana Reyes"}
    assert data["technical_contact_designated"] == {"name": "Lee Park", "email": "lee@riverside.example"}
    assert data["practice_information_given"] == {"client_count": 12400, "comments": "Ring twice"}
    assert data["agent_installed"] == {"client_count": 12412}
    assert data["import_completed"]["clients"] == 12412
    assert {event.practice for event in seen.events} == {"riverside-vet"}
    assert len(set(seen.ids)) == len(FACTS)


async def test_by_itself(trial: Trial) -> None:
    async with trial.running() as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await trial.receiver.fact("import_completed")
    events = trial.receiver.events
    assert tuple(event.fact for event in events) == FACTS
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert trial.post.recipients == ["dana@riverside.example", "lee.park@riverside.example"]


async def test_looking_changes_nothing(trial: Trial) -> None:
    async with trial.running("--no-automatic") as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await trial.receiver.fact("invitation_sent")
        await simulator.step("technical_contact_designated", do=True)
        await simulator.step("technical_contact_reached", do=True)
        await trial.receiver.fact("technical_contact_reached")
        before = await simulator.practice()
        for message in range(2):
            trial.post.messages = trial.post.messages[: 2 - message]
            for _ in range(2):
                assert (await simulator.http.get(link_in(trial.post.last()))).status_code == 200
        after = await simulator.practice()
    assert after | {"now": ""} == before | {"now": ""}


async def test_a_request_is_taken_once_and_another_contact_is_invited(trial: Trial) -> None:
    async with trial.running("--no-automatic") as simulator:
        datapoint = DataPoint(simulator.url)
        first = await datapoint.request(RIVERSIDE)
        await trial.receiver.fact("invitation_sent")
        assert await datapoint.request(RIVERSIDE) == first
        pat = DANA.model_copy(update={"email": "pat@riverside.example"})
        assert await datapoint.request(RIVERSIDE.model_copy(update={"primary_contact": pat})) == first
        await trial.post.mail(2)
        assert trial.post.recipients == ["dana@riverside.example", "pat@riverside.example"]
        assert (await simulator.practice())["primary_contact"]["email"] == "pat@riverside.example"
        await simulator.step("technical_contact_designated", do=True)
        await trial.receiver.fact("technical_contact_designated")
    assert trial.receiver.facts == ["queued", "invitation_sent", "technical_contact_designated"]


async def test_dp7_another_technical_contact_gets_a_link_and_the_earlier_one_is_good_no_more(trial: Trial) -> None:
    async with trial.running("--no-automatic") as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await trial.receiver.fact("invitation_sent")
        form = link_in(trial.post.last())
        for fact in FACTS[2:5]:
            await simulator.step(fact, do=True)
        await trial.receiver.fact("technical_contact_reached")
        earlier = link_in(trial.post.last())
        await fill_in(simulator.http, form, "/technical-contact", name="Kim Osei", email="kim@riverside.example")
        later = link_in(await trial.post.mail(3))
        assert trial.post.recipients[2] == "kim@riverside.example"
        refused = await simulator.http.get(earlier)
        assert (refused.status_code, "another technical contact has been named" in refused.text) == (404, True)
        await fill_in(simulator.http, later, "", client_count="")
        assert (await trial.receiver.fact("agent_installed")).data == {}
    assert trial.receiver.facts.count("technical_contact_designated") == 2
    assert trial.receiver.facts.count("technical_contact_reached") == 1


async def test_its_clock_is_moved_and_each_step_keeps_its_own_time(trial: Trial) -> None:
    async with trial.running(speed=1) as simulator:
        receipt = await DataPoint(simulator.url).request(RIVERSIDE)
        changed = await simulator.http.post("/control/practices/riverside-vet", json={"clients": 12_400})
        upcoming = changed.json()["next"]
        assert upcoming["fact"] == "invitation_sent"
        assert datetime.fromisoformat(upcoming["due"]) == receipt.queued_at + timedelta(hours=20)
        later = (receipt.queued_at + timedelta(days=30)).isoformat()
        moved = (await simulator.http.post("/control/practices/riverside-vet", json={"now": later})).json()
        assert moved["now"] >= later
        backwards = await simulator.http.post("/control/practices/riverside-vet", json={"now": upcoming["due"]})
        assert (backwards.status_code, backwards.json()["detail"]) == (
            409,
            "A clock goes forward only: name a later time.",
        )
        await trial.receiver.fact("import_completed")
    hours = [round((event.at - receipt.queued_at) / timedelta(hours=1), 1) for event in trial.receiver.events]
    assert hours == [0, 20, 44, 45, 46, 52, 100, 100 + 9 * 24, 100 + 10 * 24]
