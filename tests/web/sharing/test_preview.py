"""RS3 and RS7: the preview shows what would follow before anybody confirms."""

from __future__ import annotations

from typing import Any

from tests.web.sharing.group import Group

JO = {"given_name": "Jo", "surname": "Park", "phone": "(312) 555-0170", "email": "jo@mail.test"}


async def add(group: Group, name: str, **client: Any) -> str:
    answer = await group.people[name].post(f"/api/clinics/{group.id(name)}/clients", json=client)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def put_item(group: Group, name: str, item: str, title: str, days: int | None) -> None:
    answer = await group.people[name].put(
        f"/api/clinics/{group.id(name)}/items/{item}", json={"name": title, "reminds_after_days": days}
    )
    assert answer.is_success, answer.text


async def test_rs3_the_preview_counts_what_is_there_and_names_who_gains_sight(group: Group) -> None:
    await add(group, "north", **JO)
    await add(group, "north", given_name="Al", surname="Bo")
    await add(group, "south", **JO | {"phone": "312.555.0170", "email": None})
    both = await group.clinics["south"].member("vet")
    await group.clinics["north"].member("vet", both.email)
    await group.ask("north", "south")
    seen = await group.preview("north")
    assert (seen["clients_here"], seen["clients_there"], seen["likely_duplicates"]) == (2, 1, 1)
    there = await group.preview("south")
    assert (there["clients_here"], there["clients_there"], there["likely_duplicates"]) == (1, 2, 1)
    gaining = {(each["name"], each["clinic"], *each["sees"]) for each in seen["members_gaining_sight"]}
    north, south = group.members["north"], group.members["south"]
    assert gaining == {
        (north.name, group.id("north"), group.id("south")),
        (south.name, group.id("south"), group.id("north")),
    }, "the vet of both sees both already"
    assert "Illinois" in seen["consent_note"]
    await group.change("north", state="WI")
    await group.change("south", state=None)
    assert (await group.preview("north"))["consent_note"] is None


async def test_rs7_the_preview_shows_a_double_reminder_until_a_rule_prevents_it(group: Group) -> None:
    await put_item(group, "north", "rabies", "Rabies vaccine", 365)
    await put_item(group, "south", "rabies", "Rabies vaccine", 365)
    await group.ask("north", "south")
    both = sorted((group.id("north"), group.id("south")))
    seen = await group.preview("north")
    assert seen["double_reminders"] == [{"item": "rabies", "clinics": both}]
    assert {(each["clinic"], each["item"]) for each in seen["missing_rules"]} == {(each, "rabies") for each in both}
    for name, other in (("north", "south"), ("south", "north")):
        rules = {"disables": [{"clinic": group.id(other), "item": "rabies"}]}
        answer = await group.people[name].put(f"/api/clinics/{group.id(name)}/reminder-rules/rabies", json=rules)
        assert answer.is_success, answer.text
    seen = await group.preview("south")
    assert (seen["double_reminders"], seen["missing_rules"]) == ([], [])
