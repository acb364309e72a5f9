"""A contact forwards the page: a colleague reads it by a link of their own and does nothing; few are written to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from playbooks.engine.mail_commands import MAX_FORWARDED
from playbooks.engine.transition import Refused
from tests.mailing import bodies
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, ask, confirm, do, journal_of, path_in

SAYS = "Could you please look at this before Friday?"


def uma(clinic: Clinic) -> str:
    return f"uma@{clinic.id}.test"


async def forwarded(clinic: Clinic, phone: Browser, path: str, **fields: str) -> str:
    """Forwards the page to Uma; where her link leads."""
    question = await ask(phone, path, "forward", email=uma(clinic), **fields)
    assert "to read only" in text_of(question.text)
    assert f"We have written to {uma(clinic)}" in text_of((await confirm(phone, question)).text)
    return path_in((await clinic.mailbox.wait_for(uma(clinic), 1))[-1])


async def test_a_colleague_reads_the_page_by_a_link_of_their_own(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    hers = await forwarded(registering, phone, path, text=SAYS)
    mail = registering.mailbox.to(uma(registering))[-1]
    assert mail["Subject"] == f"Dana Reyes forwards you a page about Practice {registering.id}"
    assert f"In their words: “{SAYS}”" in bodies(mail)[0]
    assert hers != path
    html = (await phone.get(hers)).text
    told = text_of(html)
    assert "Forwarded to you by Dana Reyes, the primary contact" in told and "Name your technical contact" in told
    # Only to read: nothing to press, and nobody's address under "Who works on it".
    assert re.findall(f'href="{hers}/[^"]+"', html) == []
    assert f"Primary contact Dana Reyes {registering.contact}" not in told
    line = next(line for line in await journal_of(registering) if line.name == "forward")
    assert (line.text, line.by) == (f"Forwarded to {uma(registering)}", "contact:dana")


async def test_a_guest_does_nothing(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    hers = await forwarded(registering, phone, path)
    question = await ask(phone, path, "help", text="Hello")
    for action in ("help", "not-me", "address", "technical-contact", "forward", "take-back", "credentials"):
        assert (await phone.get(f"{hers}/{action}")).status_code == 410, action
    stolen = question.text.replace(path, hers)
    values = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', stolen))
    assert (await phone.client.post(f"{hers}/help/confirm", data=values)).status_code == 410
    assert not [line for line in await journal_of(registering) if line.name == "tell"]


async def test_the_colleagues_link_ends_with_the_contacts(registering: Clinic, phone: Browser) -> None:
    hers = await forwarded(registering, phone, await registering.link(registering.contact))
    assert (await phone.get(hers)).status_code == 200
    await registering.command("correct_contact", contact={"name": "Max Bell", "email": f"max@{registering.id}.test"})
    assert (await phone.get(hers)).status_code == 410


async def test_who_declines_takes_the_colleagues_link_along(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    hers = await forwarded(registering, phone, path)
    await do(phone, path, "not-me")
    assert (await phone.get(hers)).status_code == 410


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": "nobody"}, "is not an e-mail address"),
        ({"text": "See evil.test/prize"}, "must have no links, addresses or telephone numbers"),
        ({"text": "Mail me@evil.test"}, "must have no links, addresses or telephone numbers"),
        ({"text": "Call 800 555 0199 now"}, "must have no links, addresses or telephone numbers"),
        ({"text": "x" * 201}, "has 201 characters, and at most 200 fit"),
    ],
)
async def test_what_a_stranger_could_be_sent_is_bounded(
    registering: Clinic, phone: Browser, fields: dict[str, str], wrong: str
) -> None:
    path = await registering.link(registering.contact)
    answer = await ask(phone, path, "forward", **{"email": uma(registering), **fields})
    assert (answer.status_code, wrong in text_of(answer.text)) == (422, True)
    assert registering.mailbox.to(uma(registering)) == []


async def test_few_are_written_to_and_nobody_twice_in_a_day(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    own = await ask(phone, path, "forward", email=registering.contact)
    assert "That is your own address" in text_of(own.text)
    await forwarded(registering, phone, path)
    again = await ask(phone, path, "forward", email=uma(registering))
    assert (again.status_code, "within a day already" in text_of(again.text)) == (422, True)
    for number in range(2):
        await do(phone, path, "forward", email=f"colleague{number}@{registering.id}.test")
    said = await do(phone, path, "forward", email=f"colleague9@{registering.id}.test")
    assert "Too many changes for one day" in said
    assert registering.mailbox.to(f"colleague9@{registering.id}.test") == []
    await registering.forward(timedelta(days=2))
    for number in range(3, MAX_FORWARDED):
        contact = {"email": f"colleague{number}@{registering.id}.test"}
        await registering.command("forward", role="primary_contact", contact=contact)
    with pytest.raises(Refused, match="which is the most"):
        await registering.command("forward", role="primary_contact", contact={"email": "more@x.test"})


async def test_the_team_sees_and_ends_the_links_of_colleagues(
    registering: Clinic, phone: Browser, manager: Browser
) -> None:
    path = await registering.link(registering.contact)
    hers = await forwarded(registering, phone, path)
    page = f"/links/{registering.identity}"
    assert uma(registering) in text_of((await manager.get(page)).text)
    await manager.submit(page, {"why": "It leaked"}, f"{page}/revoke")
    assert (await phone.get(hers)).status_code == 410
