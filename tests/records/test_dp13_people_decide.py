"""DP13: people resolve what differs; owners change their own; a pet is renamed by staff; shipping is confirmed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from pharmacy.prescriptions.tables import prescriptions
from pharmacy.records import difference_queries, differences, editing, origins, shipping
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.errors import NoSuchRecord, RecordsError
from tests.records.clinics import Clinic, client, patient

MOVED = {"street": "9 Elm St", "city": "Peoria", "state": "IL", "postcode": "61602"}


async def held_back(clinic: Clinic, *rows: dict[str, Any]) -> differences.Difference:
    await clinic.import_rows(client(1), patient(1, 1))
    await clinic.import_rows(*rows)
    (found,) = await difference_queries.open_differences(clinic.engine, clinic.id)
    return found


async def prescribed(clinic_: Clinic, pet: str, label: str, state: str = "open") -> str:
    async with clinic_transaction(clinic_.engine, clinic_.id) as connection:
        id = f"rx-{uuid4().hex}"
        row = insert(prescriptions).values(id=id, practice=clinic_.id, patient=pet, label_name=label, state=state)
        await connection.execute(row)
        return id


async def test_dp13_theirs_is_taken_by_a_person_with_a_reason(riverside: Clinic) -> None:
    found = await held_back(riverside, client(1, **MOVED), patient(1, 1))
    assert found.name == "Ann Abbott"
    assert found.theirs_in_words == "9 Elm St, Peoria, IL, 61602"
    await differences.take_theirs(riverside.engine, "riverside", found.number, "ana", "She confirmed it by phone")
    assert await riverside.value("client", "C1", "street") == "9 Elm St"
    (change,) = await riverside.rows("SELECT * FROM changes")
    assert (change["source"], change["by"], change["why"]) == ("staff", "ana", "She confirmed it by phone")
    with pytest.raises(RecordsError, match="settled by ana as 'taken'"):
        await differences.keep_ours(riverside.engine, "riverside", found.number, "bo", "No")
    again = await riverside.import_rows(client(1, **MOVED, email="n@mail.example"), patient(1, 1))
    assert again.differing == 0


async def test_dp13_ours_is_kept_until_the_practice_says_something_new(riverside: Clinic) -> None:
    found = await held_back(riverside, client(1, **MOVED), patient(1, 1))
    await differences.keep_ours(riverside.engine, "riverside", found.number, "ana", "They moved back")
    same = await riverside.import_rows(client(1, **MOVED, email="n@mail.example"), patient(1, 1))
    assert (same.differing, await riverside.differences()) == (0, [("C1", "address", "kept")])
    other = await riverside.import_rows(client(1, **{**MOVED, "street": "10 Oak Ave"}), patient(1, 1))
    assert (other.differing, await riverside.differences()) == (1, [("C1", "address", "open")])
    # What was decided before stays on record.
    (kept,) = [each for each in await origins.history(riverside.engine, "riverside", "client", "C1") if each.by]
    assert (kept.field, kept.source, kept.by, kept.why) == ("address", "staff", "ana", "They moved back")
    assert kept.old == kept.new == found.ours


async def test_dp13_an_age_that_was_kept_stays_kept_while_the_pet_grows_older(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1, birth_date="", age="3"))
    await riverside.import_rows(client(1), patient(1, 1, birth_date="", age="6"))
    (found,) = await difference_queries.open_differences(riverside.engine, "riverside")
    await differences.keep_ours(riverside.engine, "riverside", found.number, "ana", "Seen its papers")
    feed = await riverside.import_rows(client(1), patient(1, 1, birth_date="", age="6.1"))
    assert (feed.differing, await riverside.differences()) == (0, [("P1", "age", "kept")])


async def test_dp13_who_is_asked_stays_in_the_list(riverside: Clinic) -> None:
    found = await held_back(riverside, client(1, **MOVED), patient(1, 1))
    await differences.ask_owner(riverside.engine, "riverside", found.number, "ana")
    (asked,) = await difference_queries.open_differences(riverside.engine, "riverside")
    assert (asked.state, asked.by) == ("asked", "ana")
    await riverside.import_rows(client(1, **MOVED, email="n@mail.example"), patient(1, 1))
    assert await riverside.differences() == [("C1", "address", "asked")]


async def test_dp13_another_clinics_difference_cannot_be_decided(riverside: Clinic, hilltop: Clinic) -> None:
    found = await held_back(riverside, client(1, **MOVED), patient(1, 1))
    with pytest.raises(NoSuchRecord):
        await differences.take_theirs(hilltop.engine, "hilltop", found.number, "ana", "Why not")


async def test_dp13_an_owners_own_email_outlives_the_practices_old_one(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1))
    assert await editing.change_own_value(
        riverside.engine, "riverside", "C1", "email", {"email": "me@own.example"}, "owner"
    )
    feed = await riverside.import_rows(client(1, phone="555-7777"), patient(1, 1))
    assert feed.updated_clients == 0
    assert await riverside.value("client", "C1", "email") == "me@own.example"
    await riverside.import_rows(client(1, email="new@clinic.example"), patient(1, 1))
    assert await riverside.value("client", "C1", "email") == "new@clinic.example"


async def test_dp13_an_owner_who_moves_settles_what_the_practice_said(riverside: Clinic) -> None:
    await held_back(riverside, client(1, **MOVED), patient(1, 1))
    await editing.change_own_value(riverside.engine, "riverside", "C1", "address", MOVED, "owner")
    assert await riverside.differences() == [("C1", "address", "gone")]
    with pytest.raises(RecordsError, match="cannot change 'deceased'"):
        await editing.change_own_value(riverside.engine, "riverside", "C1", "deceased", {}, "owner")
    with pytest.raises(RecordsError, match="is not an e-mail address"):
        await editing.change_own_value(riverside.engine, "riverside", "C1", "email", {"email": "nobody"}, "owner")


async def test_dp13_a_renamed_pets_open_prescriptions_need_a_new_one(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1), patient(2, 1))
    old = await prescribed(riverside, "P1", "Rex-1")
    await prescribed(riverside, "P1", "Rex-1", state="closed")
    await prescribed(riverside, "P2", "Rex-2")
    with pytest.raises(RecordsError, match="Say why"):
        await editing.rename_pet(riverside.engine, "riverside", "P1", "Max", "ana", "")
    assert await editing.rename_pet(riverside.engine, "riverside", "P1", "Max", "ana", "Adopted") == [old]
    marked = await riverside.rows("SELECT id, needs_new FROM prescriptions WHERE needs_new IS NOT NULL")
    assert [row["id"] for row in marked] == [old]
    assert marked[0]["needs_new"] == "The pet was renamed from Rex-1 to Max: write a new prescription under Max."
    (change,) = await riverside.rows("SELECT * FROM changes")
    assert (change["field"], change["source"], change["why"]) == ("name", "staff", "Adopted")
    feed = await riverside.import_rows(client(1), patient(1, 1, weight_kg=14), patient(2, 1))
    assert (feed.differing, await riverside.value("patient", "P1", "name")) == (0, "Max")


async def test_dp13_taking_a_pets_new_name_is_a_renaming(riverside: Clinic) -> None:
    found = await held_back(riverside, client(1), patient(1, 1, name="Max"))
    old = await prescribed(riverside, "P1", "Rex-1")
    assert await differences.take_theirs(riverside.engine, "riverside", found.number, "ana", "Same chip") == [old]
    assert await riverside.value("patient", "P1", "name") == "Max"
    await editing.rename_pet(riverside.engine, "riverside", "P1", "Rex-1", "ana", "Wrong pet after all")
    assert await riverside.rows("SELECT id FROM prescriptions WHERE needs_new IS NOT NULL") == []


async def test_dp13_shipping_name_and_address_are_confirmed_for_each_order(riverside: Clinic) -> None:
    engine = riverside.engine
    await riverside.import_rows(client(1), patient(1, 1))
    assert not (await shipping.may_ship(engine, "riverside", "C1", "order-1")).allowed
    seen = await shipping.load_label(engine, "riverside", "C1")
    assert (seen.name, seen.address) == ("Ann Abbott", "1 Main St, Springfield, IL, 62701")
    await shipping.confirm_label(engine, "riverside", "C1", "order-1", seen, "ana")
    assert (await shipping.may_ship(engine, "riverside", "C1", "order-1")).allowed
    assert not (await shipping.may_ship(engine, "riverside", "C1", "order-2")).allowed


async def test_dp13_a_confirmation_ends_when_the_address_changes_or_the_practice_says_otherwise(
    riverside: Clinic,
) -> None:
    engine = riverside.engine
    await riverside.import_rows(client(1), patient(1, 1))
    seen = await shipping.load_label(engine, "riverside", "C1")
    await shipping.confirm_label(engine, "riverside", "C1", "order-1", seen, "ana")
    await riverside.import_rows(client(1, **MOVED), patient(1, 1))
    verdict = await shipping.may_ship(engine, "riverside", "C1", "order-1")
    assert not verdict.allowed and "has changed" in verdict.why
    with pytest.raises(RecordsError, match="changed in the meantime"):
        await shipping.confirm_label(engine, "riverside", "C1", "order-1", seen, "ana")
    anew = await shipping.load_label(engine, "riverside", "C1")
    assert anew.differing == ["The practice has the address 9 Elm St, Peoria, IL, 61602."]
    await shipping.confirm_label(engine, "riverside", "C1", "order-1", anew, "ana")
    assert (await shipping.may_ship(engine, "riverside", "C1", "order-1")).allowed
    await editing.change_own_value(engine, "riverside", "C1", "address", MOVED, "owner")
    assert not (await shipping.may_ship(engine, "riverside", "C1", "order-1")).allowed


async def test_dp13_without_an_address_nothing_ships(riverside: Clinic) -> None:
    blank = dict.fromkeys(("street", "city", "state", "postcode"), "")
    await riverside.import_rows(client(1, **blank), patient(1, 1))
    seen = await shipping.load_label(riverside.engine, "riverside", "C1")
    await shipping.confirm_label(riverside.engine, "riverside", "C1", "order-1", seen, "ana")
    verdict = await shipping.may_ship(riverside.engine, "riverside", "C1", "order-1")
    assert (verdict.allowed, verdict.why) == (False, "The address is missing: ask the owner for it.")


async def test_where_each_value_came_from(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1))
    await riverside.import_rows(client(1, email="n@mail.example"), patient(1, 1))
    await editing.change_own_value(riverside.engine, "riverside", "C1", "address", MOVED, "Ann Abbott")
    found = await origins.origins(riverside.engine, "riverside", "client", "C1")
    assert {name: (each.source, each.feed, each.by) for name, each in found.items()} == {
        "name": ("feed", 1, None),
        "address": ("owner", None, "Ann Abbott"),
        "phone": ("feed", 1, None),
        "email": ("feed", 2, None),
    }
    assert all(each.at is not None for each in found.values())
