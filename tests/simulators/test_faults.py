"""The simulator and everything around it killed: nothing is lost and nothing is done twice."""

from __future__ import annotations

import signal
from dataclasses import replace

from partners.datapoint import DataPoint
from partners.events import Event
from tests.mailing import mail_server
from tests.simulators.receiver import Receiver, receiving
from tests.simulators.trial import DANA, FACTS, RIVERSIDE, MailServer, Trial, fill_in, link_in


def refuses(*facts: str) -> Receiver:
    """A receiver that answers the first try of these facts with 503."""
    refused: list[str] = []

    def answer(event: Event) -> int:
        if event.fact in facts and event.fact not in refused:
            refused.append(event.fact)
            return 503
        return 202

    return Receiver(answer)


async def test_killed_in_the_middle_it_goes_on(trial: Trial) -> None:
    async with trial.running("--no-automatic") as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await trial.receiver.fact("invitation_sent")
        form = link_in(trial.post.last()).removeprefix(simulator.url)
        await fill_in(simulator.http, form, "/eula", accepted_by="Dana Reyes", agree="yes")
        await simulator.end(signal.SIGKILL)
    async with trial.running("--no-automatic") as simulator:
        # The links in mails name another port now; a fixed one is what people use.
        await fill_in(simulator.http, form, "/technical-contact", name="Lee", email="lee@riverside.example")
        await simulator.end(signal.SIGKILL)
    async with trial.running() as simulator:
        await simulator.http.post("/control/practices/riverside-vet", json={"automatic": True})
        await trial.receiver.fact("import_completed")
    # A webhook whose answer was cut off comes again, under its id.
    told = dict(zip(trial.receiver.ids, trial.receiver.facts, strict=True))
    assert sorted(told.values()) == sorted(FACTS)
    assert trial.post.recipients == ["dana@riverside.example", "lee@riverside.example"]


async def test_webhooks_wait_for_a_receiver_that_is_down_and_outlive_the_stand_in(trial: Trial) -> None:
    async with mail_server(MailServer()) as post, receiving(Receiver()) as receiver:
        assert isinstance(post, MailServer)
    down = replace(trial, receiver=receiver)
    async with down.running("--no-automatic", speed=1) as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        for fact in FACTS[1:]:
            await simulator.step(fact, do=True)
        seen = (await simulator.http.get("/control")).json()["webhooks"]
        assert {hook["state"] for hook in seen} == {"waiting"}
        assert "nobody answers at" in seen[-1]["answer"]
        await simulator.end(signal.SIGKILL)
    assert receiver.calls == []
    async with down.running() as simulator:
        async with receiving(receiver):
            await receiver.fact("import_completed")
        assert tuple(receiver.facts) == FACTS
        page = (await simulator.http.get("/")).text
    assert page.count("202 Accepted") == len(FACTS)


async def test_a_refused_webhook_is_repeated_under_its_id_and_the_next_ones_wait(trial: Trial) -> None:
    receiver = refuses("invitation_sent", "eula_accepted")
    async with receiving(receiver), replace(trial, receiver=receiver).running() as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await receiver.fact("import_completed")
    assert tuple(receiver.facts) == FACTS
    ids: dict[str, list[str]] = {}
    for name, event in receiver.calls:
        ids.setdefault(event.fact, []).append(name)
    assert [len(ids[fact]) for fact in FACTS] == [1, 2, 1, 1, 2, 1, 1, 1, 1]
    assert all(len(set(each)) == 1 for each in ids.values())


async def test_a_webhook_is_given_up_or_sent_again_by_hand(trial: Trial) -> None:
    trial.receiver.answer = lambda event: 400 if event.fact == "queued" else 202
    receiver = trial.receiver
    async with trial.running("--no-automatic", speed=1) as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await receiver.until(lambda seen: len(seen.calls) > 1)
        await simulator.step("invitation_sent", do=True)
        page = await simulator.http.get("/")
        assert "400 Bad Request: Not now" in page.text
        await simulator.http.post("/webhooks/1", data={"do": "drop"})
        await receiver.fact("invitation_sent")
        await simulator.http.post("/webhooks/2", data={"do": "retry"})
        await receiver.fact("invitation_sent", times=2)
    assert receiver.ids[0] == receiver.ids[1]


async def test_a_callback_of_its_own(trial: Trial) -> None:
    async with trial.running("--no-automatic", speed=1) as simulator:
        wanted = RIVERSIDE.model_dump(mode="json") | {"callback": f"http://127.0.0.1:{trial.receiver.port}/elsewhere"}
        (await simulator.http.post("/requests", json=wanted)).raise_for_status()
        await trial.receiver.fact("queued")
    assert trial.receiver.paths == ["/elsewhere"]


async def test_a_mail_that_is_refused_is_shown_and_sent_to_the_corrected_address(trial: Trial) -> None:
    refused = "550 5.1.1 No such user"
    trial.post.answer_recipient = lambda address: refused if address.startswith("dana") else "250 OK"
    async with trial.running("--no-automatic") as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        answer = await simulator.http.post("/control/practices/riverside-vet/steps/invitation_sent", json={"do": True})
        assert answer.status_code == 502
        assert "The mailbox does not exist: correct the address" in answer.json()["detail"]
        assert "A mail did not leave" in (await simulator.http.get("/")).text
        pat = DANA.model_copy(update={"email": "pat@riverside.example"})
        await DataPoint(simulator.url).request(RIVERSIDE.model_copy(update={"primary_contact": pat}))
        await trial.receiver.fact("invitation_sent")
        assert (await simulator.practice())["trouble"] is None
    assert trial.post.recipients == ["pat@riverside.example"]


async def test_a_mail_that_is_put_off_is_sent_later(trial: Trial) -> None:
    answers = ["451 4.3.0 Later", "451 4.3.0 Later", "250 OK"]
    trial.post.answer_recipient = lambda _: answers.pop(0)
    async with trial.running("--no-automatic") as simulator:
        await DataPoint(simulator.url).request(RIVERSIDE)
        await trial.receiver.fact("invitation_sent")
    assert answers == []
    assert len(trial.post.messages) == 1
