"""RS2: requests for record sharing by e-mail, handed in with the pharmacy's token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations.record_sharing.kept import list_requests
from integrations.record_sharing.matters import matters
from tests.signing import mail, record, signed
from tests.web.browser import next_number
from tests.web.sharing.group import Group
from tests.web.sharing.mailroom import Mailroom


async def test_rs2_a_signed_mail_of_an_owner_from_the_accounts_address_is_accepted_once(
    group: Group, mailroom: Mailroom
) -> None:
    await mailroom.let_ask("north")
    raw = mailroom.letter()
    status, found = await mailroom.hand_in(raw)
    assert (status, found["outcome"], found["onboarding"]) == (201, "accepted", group.onboarding("north"))
    assert await group.states("south") == {"north": "requested"}
    status, found = await mailroom.hand_in(mailroom.letter())
    assert (status, "open" in found["detail"], found["answered"]) == (422, True, True), "asked twice"
    await group.people["north"].delete(group.at("north", f"/{group.id('south')}"))
    status, found = await mailroom.hand_in(raw)
    assert (status, "sent in before" in found["detail"]) == (422, True), "it is replayed"
    kept = await list_requests(group.desk.database, group.id("north"))
    assert [each.outcome for each in kept] == ["refused", "refused", "accepted"]
    assert kept[2].evidence is not None
    assert kept[2].evidence["signatures"][0]["key"] == record()


async def test_rs2_what_cannot_be_checked_waits_for_a_person(group: Group, mailroom: Mailroom) -> None:
    await mailroom.let_ask("south")
    status, found = await mailroom.hand_in(mailroom.letter("south", f"Share with {group.id('north')}, please."))
    assert (status, found["outcome"]) == (202, "undecided")
    assert await group.states("north") == {}
    decided = await mailroom.decide(found["id"], accept=True)
    assert (decided.status_code, decided.json()["outcome"]) == (200, "accepted"), decided.text
    assert await group.states("north") == {"south": "requested"}
    assert (await mailroom.decide(found["id"], accept=False)).status_code == 404


async def test_rs2_who_is_no_admin_any_more_when_the_request_is_decided_does_not_ask(
    group: Group, mailroom: Mailroom
) -> None:
    await mailroom.let_ask("south")
    _, found = await mailroom.hand_in(mailroom.letter("south", f"Share with {group.id('north')}, please."))
    await group.clinics["south"].member("staff", mailroom.boss("south"))
    decided = await mailroom.decide(found["id"], accept=True)
    assert (decided.status_code, "no longer" in decided.json()["detail"]) == (422, True)
    assert (await mailroom.decide(found["id"], accept=False)).json()["outcome"] == "refused"


async def test_rs2_other_mails_are_refused_with_the_reason_and_kept(group: Group, mailroom: Mailroom) -> None:
    here = group.id("north")
    before = mailroom.letter()
    status, found = await mailroom.hand_in(before)
    assert (status, "not the address on a clinic's account" in found["detail"]) == (422, True)
    await group.change("north", account_email=f"boss@{here}.test")
    status, found = await mailroom.hand_in(mailroom.letter())
    assert (status, "active owner or admin" in found["detail"]) == (422, True), found
    boss = await group.clinics["north"].member("admin", f"boss@{here}.test")
    for sender in (
        *(f"boss+sharing@{here}.test", f"boss@mail.{here}.test", f"bоss@{here}.test"),
        *(f"boss@{here}.test.evil.example", f"boss@{here.replace('c', 'с', 1).encode('idna').decode()}.test"),
    ):
        raw = signed(mail(sender, f"Share with {group.id('south')}", number=next_number()), f"{here}.test")
        status, found = await mailroom.hand_in(raw)
        assert (status, "not the address on a clinic's account" in found["detail"]) == (422, True), sender
    await group.add("foreign", owner="Somebody Else LLC")
    for text, at, why in (
        ("Please share our records.", None, "does not say clearly"),
        (f"Please share with {group.id('foreign')}.", None, "does not say clearly"),
        (f"Please share {here} with itself.", None, "does not say clearly"),
        (None, datetime.now(UTC) - timedelta(days=20), "please send a new one"),
    ):
        status, found = await mailroom.hand_in(mailroom.letter(text=text, at=at))
        assert (status, why in found["detail"]) == (422, True), found
    forged = mail(f"boss@{here}.test", f"Share with {group.id('south')}", number=next_number())
    status, found = await mailroom.hand_in(forged)
    assert (status, "no signature" in found["detail"]) == (422, True)
    await group.clinics["north"].member("admin", boss.email, active=False)
    status, found = await mailroom.hand_in(mailroom.letter())
    assert (status, "active owner or admin" in found["detail"]) == (422, True), "an admin before"
    assert await group.states("north") == {}
    assert {each.outcome for each in await list_requests(group.desk.database, here)} == {"refused"}
    for content, media in ((b"", "message/rfc822"), (b"\x00\xff", "message/rfc822")):
        answer = await mailroom.program.post("/api/sharing/emails", content=content, headers={"Content-Type": media})
        assert answer.status_code == 422
    assert (await mailroom.program.post("/api/sharing/emails", json={})).status_code == 415


async def test_rs2_a_mail_that_may_be_of_several_clinics_waits_for_a_person_who_chooses(
    group: Group, mailroom: Mailroom
) -> None:
    await group.add("west")
    for name in ("north", "south"):
        await mailroom.let_ask(name, mailroom.boss())
    north, south, west = (group.id(name) for name in ("north", "south", "west"))
    status, found = await mailroom.hand_in(mailroom.letter(text=f"Please share between {north} and {south}."))
    assert (status, found["outcome"], "may be of" in found["reason"]) == (202, "undecided", True)
    (item,) = await matters(group.desk.database, south)
    assert item.part == f"/requests/{found['id']}"
    unsaid = await mailroom.decide(found["id"], accept=True)
    assert (unsaid.status_code, "which clinic asks" in unsaid.json()["detail"]) == (422, True)
    assert (await mailroom.decide(found["id"], accept=True, clinic=west)).status_code == 422
    chosen = await mailroom.decide(found["id"], accept=True, clinic=south)
    assert chosen.json()["onboarding"] == group.onboarding("south"), chosen.text
    assert await group.states("north") == {"south": "requested"}
    (kept,) = await list_requests(group.desk.database, south)
    assert (kept.clinic, kept.clinics) == (south, (north,))
    assert await matters(group.desk.database, south) == []

    await group.people["north"].delete(group.at("north", f"/{south}"))
    status, found = await mailroom.hand_in(mailroom.letter(text=f"Please share our records with {south}."))
    assert (status, found["onboarding"]) == (201, group.onboarding("north")), "which one asks is clear"
