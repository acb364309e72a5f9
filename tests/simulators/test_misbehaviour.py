"""DataPoint late, silent, doubled or out of order, told by its control API and by its page (DP3, DP5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.simulators.trial import FACTS, RunningSimulator, Trial

Shared = tuple[Trial, RunningSimulator]


async def test_late(shared: Shared) -> None:
    _, simulator = shared
    await simulator.queue("late")
    usual = await simulator.step("invitation_sent", "late")
    late = await simulator.step("invitation_sent", "late", kind="late", hours=30)
    assert datetime.fromisoformat(late["due"]) - datetime.fromisoformat(usual["due"]) == timedelta(hours=30)


async def test_late_by_itself(trial: Trial) -> None:
    async with trial.running(speed=360_000) as simulator:
        behaviours = {"invitation_sent": {"kind": "late", "hours": 50}}
        (await simulator.http.post("/control", json={"behaviours": behaviours})).raise_for_status()
        await simulator.queue("late")
        invited = await trial.receiver.fact("invitation_sent")
    assert invited.at - trial.receiver.events[0].at >= timedelta(hours=70) / 360_000


async def test_silent_until_it_is_done_by_hand(shared: Shared) -> None:
    trial, simulator = shared
    await simulator.queue("silent")
    silent = await simulator.step("invitation_sent", "silent", kind="silent")
    assert (silent["due"], silent["waits_for"]) == (None, "somebody who does it by hand")
    assert (await simulator.practice("silent"))["next"] is None
    await simulator.step("invitation_sent", "silent", do=True)
    assert await trial.receiver.count("silent", 2) == ["queued", "invitation_sent"]


async def test_untold(shared: Shared) -> None:
    trial, simulator = shared
    await simulator.queue("untold")
    await simulator.step("invitation_sent", "untold", kind="untold")
    mails = len(trial.post.messages)
    await simulator.step("invitation_sent", "untold", do=True)
    await simulator.step("eula_accepted", "untold", do=True)
    assert await trial.receiver.count("untold", 2) == ["queued", "eula_accepted"]
    assert len(trial.post.messages) == mails + 1


async def test_doubled_and_reissued(shared: Shared) -> None:
    trial, simulator = shared
    await simulator.queue("twice")
    for fact, kind in (("eula_accepted", "doubled"), ("practice_information_given", "reissued")):
        await simulator.step(fact, "twice", kind=kind)
        await simulator.step(fact, "twice", do=True)
    assert await trial.receiver.count("twice", 5) == ["queued", *2 * ["eula_accepted"], *2 * [FACTS[2]]]
    ids, events = zip(*trial.receiver.of("twice"), strict=True)
    assert (ids[1] == ids[2], ids[3] == ids[4]) == (True, False)
    assert (events[1] == events[2], events[3] == events[4]) == (True, True)


async def test_out_of_order(shared: Shared) -> None:
    trial, simulator = shared
    await simulator.queue("order")
    for fact in ("practice_information_given", "technical_contact_designated"):
        await simulator.step(fact, "order", kind="out_of_order")
        await simulator.step(fact, "order", do=True)
    await simulator.step("eula_accepted", "order", do=True)
    assert await trial.receiver.count("order", 4) == ["queued", "eula_accepted", *FACTS[2:4]]
    times = [event.at for _, event in trial.receiver.of("order")]
    assert times[1] > times[3] > times[2]


async def test_data_before_anything_else(shared: Shared) -> None:
    trial, simulator = shared
    await simulator.queue("early")
    await simulator.step("data_received", "early", do=True)
    assert await trial.receiver.count("early", 2) == ["queued", "data_received"]


async def test_the_buttons_of_the_page(shared: Shared) -> None:
    trial, simulator = shared
    http = simulator.http
    added = {"id": "by-page", "name": "<b>Bad & Good</b>", "contact": "Dana", "email": "dana@riverside.example"}
    page = await http.post("/practices", data=added, follow_redirects=True)
    assert "&lt;b&gt;Bad &amp; Good&lt;/b&gt;" in page.text
    assert "<b>Bad" not in page.text

    step = "/practices/by-page/steps/invitation_sent"
    page = await http.post(step, data={"kind": "late", "hours": "1.5"}, follow_redirects=True)
    assert '<option value="late" selected>' in page.text
    assert (await simulator.step("invitation_sent", "by-page"))["hours"] == 1.5
    page = await http.post(step, data={"do": "now"}, follow_redirects=True)
    assert 'aria-label="Mail again: Invitation mailed"' in page.text

    for mode, words in (("automatic", "Its people are played"), ("manual", "Its people click the links")):
        page = await http.post("/practices/by-page", data={"do": mode}, follow_redirects=True)
        assert words in page.text

    before = datetime.fromisoformat((await simulator.practice("by-page"))["now"])
    await http.post("/practices/by-page", data={"do": "day"})
    assert datetime.fromisoformat((await simulator.practice("by-page"))["now"]) >= before + timedelta(days=1)

    assert await trial.receiver.count("by-page", 2) == ["queued", "invitation_sent"]
    assert "202 Accepted" in (await http.get("/")).text
    await http.post("/practices/by-page", data={"do": "remove"}, follow_redirects=True)
    assert (await http.get("/control/practices/by-page")).status_code == 404
    await simulator.queue("by-page")
    assert await trial.receiver.count("by-page", 3) == ["queued", "invitation_sent", "queued"]


async def test_what_holds_for_all_is_changed_on_the_page(trial: Trial) -> None:
    async with trial.running("--no-automatic", speed=1) as simulator:
        page = await simulator.http.post("/program", data={"speed": "1e7", "mode": "automatic"}, follow_redirects=True)
        assert 'value="10000000"' in page.text
        await simulator.queue("fast")
        assert await trial.receiver.count("fast", len(FACTS)) == list(FACTS)
    # What was changed holds when it is started again, whatever its options say.
    async with trial.running("--no-automatic", speed=1) as simulator:
        program = (await simulator.http.get("/control")).json()["program"]
    assert (program["speed"], program["automatic"]) == (1e7, True)
