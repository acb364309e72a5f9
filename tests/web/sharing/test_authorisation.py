"""RS1 to RS3: from the request to shared records, by the API, as the people of two clinics."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from functools import partial

import httpx2

from desk import sharing_pairs
from integrations.record_sharing.kept import list_requests
from integrations.record_sharing.matters import matters
from store.accounts.members import MemberRole
from tests.mailing import assert_mail_contains
from tests.system.harness import Mailbox, eventually
from tests.web.clinic.test_members import CLINIC
from tests.web.sharing.group import Group

STAFF: tuple[MemberRole, ...] = ("vet", "staff")


async def test_rs3_two_clinics_go_from_request_to_sharing(group: Group) -> None:
    answer = await group.ask("north", "south")
    assert (answer.status_code, [each["state"] for each in answer.json()["items"]]) == (201, ["requested"])
    assert await group.states("south") == {"north": "requested"}

    early = await group.confirm("north", "I understand that record sharing cannot be fully undone")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/already-open"), "nobody has seen the preview"
    words = (await group.preview("north"))["confirm_words"]
    assert "cannot be fully undone" in words
    wrong = await group.confirm("north", "yes")
    assert (wrong.status_code, words in wrong.json()["detail"]) == (422, True)

    assert (await group.confirm("north", f"  {words.upper()}. ")).status_code == 200
    assert (await group.confirm("north")).status_code == 200, "again, nothing changes"
    assert await group.states("north") == {"south": "confirmed"}
    assert (await group.confirm("south")).status_code == 200
    assert await group.states("south") == {"north": "cooling_off"}
    await group.pass_time("north", timedelta(hours=23))
    assert await group.states("north") == {"south": "cooling_off"}
    await group.pass_time("north", timedelta(hours=2))
    assert await group.states("north") == await group.states("north") == {"south": "enabled"}
    (kept,) = await list_requests(group.desk.database, group.id("north"))
    assert (kept.outcome, kept.clinics, kept.by) == ("accepted", (group.id("south"),), group.members["north"].person)


async def test_rs4_each_clinic_sets_its_own_mode_and_either_ends_it(group: Group) -> None:
    await group.share("north", "south")
    at = group.at("north", f"/{group.id('south')}")
    assert (await group.people["north"].patch(at, json={"mode": "automatic"})).json()["mode"] == "automatic"
    (there,) = (await group.people["south"].get(group.at("south"))).json()["items"]
    assert there["mode"] == "manual"
    vet = await group.person("north", "vet")
    assert (await vet.patch(at, json={"mode": "manual"})).status_code == 403
    assert (await vet.delete(at)).status_code == 403
    assert (await group.people["north"].patch(at, json={"mode": "always"})).status_code == 422

    again = await group.ask("south", "north")
    assert (again.status_code, "already" in again.json()["detail"]) == (409, True)
    assert (await group.people["south"].delete(group.at("south", f"/{group.id('north')}"))).status_code == 204
    assert await group.states("north") == {"south": "removed"}
    (ended,) = (await group.people["north"].get(group.at("north"))).json()["items"]
    assert (await group.ask("south", "north")).status_code == 201, "it can be asked for anew"
    assert await group.states("north") == {"south": "requested"}
    assert (await group.people["north"].delete(at)).status_code == 204
    assert await group.states("south") == {"north": "removed"}
    assert (await group.people["north"].get(group.at("north"))).json()["items"] == [ended], "since the day it ended"


async def test_rs3_owners_and_admins_of_both_clinics_are_told_once_that_sharing_has_ended(
    group: Group, mailbox: tuple[Mailbox, int]
) -> None:
    await group.share("north", "south")
    vet = await group.clinics["north"].member("vet")
    at = group.at("south", f"/{group.id('north')}")
    for _ in range(2):
        assert (await group.people["south"].delete(at)).status_code == 204
    for here, there in (("north", "south"), ("south", "north")):
        found = await eventually(partial(_told, mailbox[0], group.members[here].email), bool)
        assert len(found) == 1
        by = (
            f"{group.members['south'].name} of {group.members['south'].clinic_name} has"
            if here == "north"
            else "You have"
        )
        ended = f"{by} ended record sharing"
        assert_mail_contains(found[0], ended, "each change is still seen at both clinics", group.id(here))
        assert group.members[there].clinic_name in found[0]["Subject"]
    assert await _told(mailbox[0], vet.email) == []


async def _told(mailbox: Mailbox, address: str, what: str = "has ended") -> list[EmailMessage]:
    return [each for each in mailbox.to(address) if each["Subject"].endswith(what)]


async def test_rs3_owners_and_admins_of_every_clinic_are_told_once_that_the_request_is_withdrawn(
    group: Group, mailbox: tuple[Mailbox, int]
) -> None:
    await group.add("west")
    await group.ask("north", "south", "west")
    await group.confirm("north")
    at = group.at("south", f"/{group.id('north')}")
    assert [(await group.people["south"].delete(at)).status_code for _ in range(2)] == [204, 404]
    by = f"{group.members['south'].name} of {group.members['south'].clinic_name} withdrew the request that"
    for name in ("north", "west"):
        found = await eventually(partial(_told, mailbox[0], group.members[name].email, "withdrawn"), bool)
        assert len(found) == 1
        assert_mail_contains(found[0], by, "Nothing is shared by it.", group.id(name))
    assert await _told(mailbox[0], group.members["south"].email, "withdrawn") == [], "who did it knows"


async def test_rs3_whoever_was_told_that_sharing_begins_hears_that_it_does_not(
    group: Group, mailbox: tuple[Mailbox, int]
) -> None:
    await group.ask("north", "south")
    for name in ("north", "south"):
        await group.confirm(name)
    offices = [f"office@{group.id(name)}.test" for name in ("north", "south")]
    for office in offices:
        await eventually(partial(_told, mailbox[0], office, "record sharing begins soon"), bool)
    assert (await group.people["south"].delete(group.at("south", f"/{group.id('north')}"))).status_code == 204
    for office in offices:
        await eventually(partial(_told, mailbox[0], office, "withdrawn"), bool)


async def test_rs3_a_request_is_withdrawn_by_either_clinic_and_leaves_nothing(group: Group) -> None:
    await group.ask("north", "south")
    await group.confirm("north")
    assert (await group.people["south"].delete(group.at("south", f"/{group.id('north')}"))).status_code == 204
    assert await group.states("north") == {}
    assert (await group.people["south"].get(group.at("south", "/preview"))).status_code == 404
    assert (await group.people["south"].delete(group.at("south", f"/{group.id('north')}"))).status_code == 404


async def test_rs2_a_stale_request_expires(group: Group) -> None:
    await group.ask("north", "south")
    await group.pass_time("north", timedelta(days=31))
    assert await group.states("south") == {}
    assert (await group.ask("south", "north")).status_code == 201


async def test_rs1_clinics_of_another_owner_and_unknown_ones_are_refused_alike(group: Group) -> None:
    await group.add("foreign", owner="Somebody Else LLC")
    refused = [await group.ask("north", "foreign"), await group.people["north"].post(
        group.at("north", "/requests"), json={"clinics": ["no-such-clinic"]}
    )]  # fmt: skip
    details = [
        answer.json()["detail"].replace(group.id("foreign"), "ID").replace("no-such-clinic", "ID") for answer in refused
    ]
    assert [answer.status_code for answer in refused] == [422, 422]
    assert details[0] == details[1]
    assert (await group.ask("north", "north")).status_code == 422, "with itself"
    assert await group.states("north") == {}
    kept = await list_requests(group.desk.database, group.id("north"))
    assert [each.outcome for each in kept] == ["refused"] * 3
    assert all(each.reason for each in kept)


async def test_rs2_only_an_active_owner_or_admin_asks_and_confirms(group: Group) -> None:
    for role in STAFF:
        person = await group.person("north", role)
        answer = await person.post(group.at("north", "/requests"), json={"clinics": [group.id("south")]})
        assert (answer.status_code, "owner or admin" in answer.json()["detail"]) == (422, True)
    for role, active, status in (("staff", True, 422), ("admin", False, 404)):
        await group.demote("north", role, active=active)
        assert (await group.ask("north", "south")).status_code in (status, 401), "who was an admin before"
    await group.demote("north", "admin")
    stranger = await group.people["south"].post(group.at("north", "/requests"), json={"clinics": [group.id("south")]})
    assert stranger.status_code == 404, "for whom the clinic is not there"

    await group.ask("north", "south")
    staff = await group.person("south", "staff")
    for answer in (
        await staff.get(group.at("south", "/preview")),
        await staff.post(group.at("south", "/confirm"), json={"words": "I understand"}),
    ):
        assert answer.status_code == 403
    words = (await group.preview("north"))["confirm_words"]
    forwarded = await group.people["north"].post(group.at("south", "/confirm"), json={"words": words})
    assert forwarded.status_code == 404, "whoever holds another clinic's link"


async def test_rs2_permission_lost_between_request_and_confirmation(group: Group) -> None:
    await group.ask("north", "south")
    words = (await group.preview("south"))["confirm_words"]
    await group.demote("north")
    answer = await group.confirm("south", words)
    assert (answer.status_code, "no longer has the right" in answer.json()["detail"]) == (422, True)
    assert (await group.people["north"].post(group.at("north", "/confirm"), json={"words": words})).status_code == 403
    assert await group.states("south") == {"north": "requested"}
    await group.demote("north", "owner")
    await group.demote("south", active=False)
    gone = await group.people["south"].post(group.at("south", "/confirm"), json={"words": words})
    assert gone.status_code in (401, 404)


async def test_rs1_owners_that_differ_by_now_cannot_confirm(group: Group) -> None:
    await group.ask("north", "south")
    words = (await group.preview("south"))["confirm_words"]
    await group.change("north", owner="Somebody Else LLC")
    answer = await group.confirm("south", words)
    assert (answer.status_code, "no longer have the same owner" in answer.json()["detail"]) == (422, True)


async def test_a_second_request_of_a_clinic_is_refused_while_one_is_open(group: Group) -> None:
    await group.add("west")
    await group.ask("north", "south")
    for name, other in (("north", "south"), ("south", "north"), ("north", "west"), ("west", "south")):
        answer = await group.ask(name, other)
        assert (answer.status_code, "open" in answer.json()["detail"]) == (409, True), (name, other)
    assert await group.states("west") == {}


async def test_rs4_each_other_clinic_shares_with_the_one_that_asked_and_never_with_another(group: Group) -> None:
    await group.add("west")
    await group.ask("north", "south", "west")
    for name in ("south", "north"):
        await group.confirm(name)
    assert await group.states("north") == {"south": "confirmed", "west": "confirmed"}
    await group.confirm("west")
    await group.pass_time("north", timedelta(hours=25))
    assert await group.states("north") == {"south": "enabled", "west": "enabled"}
    assert await group.states("south") == await group.states("west") == {"north": "enabled"}


async def test_rs2_nobody_of_the_pharmacy_asks_or_confirms_in_a_clinics_name(
    group: Group, pharmacy: httpx2.AsyncClient
) -> None:
    await group.ask("north", "south")
    at = f"/api/onboardings/{group.onboarding('north')}/facts"
    member = group.members["south"]
    data = {"clinic": member.clinic, "person": member.person, "name": member.name, "typed": "I understand"}
    answer = await pharmacy.post(f"{at}/confirmed", json={"data": data})
    assert (answer.status_code, "in their name" in answer.json()["detail"]) == (422, True)
    refused = await pharmacy.post(f"{at}/refused", json={"data": {"why": "They called: a mistake."}})
    assert refused.status_code in (200, 201), refused.text
    assert await group.states("south") == {}


async def test_rs1_loss_of_the_common_owner_stops_new_sharing_and_needs_a_person(
    group: Group, pharmacy: httpx2.AsyncClient
) -> None:
    await group.add("west")
    await group.share("north", "south")
    await group.ask("west", "south")
    account = {**CLINIC, "owner": "Somebody Else LLC", "account_email": f"office@{group.id('south')}.test"}
    assert (await pharmacy.put(f"/api/clinics/{group.id('south')}", json=account)).status_code == 204
    assert await group.states("north") == {"south": "removed"}
    assert await group.states("west") == {}, "a request that is open is refused"
    (item,) = await matters(group.desk.database, group.id("north"))
    assert (item.kind, item.why) == ("sharing", "Sharing ended")
    await sharing_pairs.settle(group.desk, group.id("north"), group.id("south"), "ana")
    assert await matters(group.desk.database, group.id("north")) == []
