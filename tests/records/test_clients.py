"""Clients as people look for them and look at them, and only those of the clinic that is asked."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pharmacy.records import clients, difference_queries, differences, editing, home_delivery, overview, owner_links
from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.records.update_rules import rule
from store.accounts import practice_links
from tests.records.clinics import Clinic, client, patient


async def found(of: Clinic, words: str) -> list[str]:
    return sorted(each.id for each in await clients.search_clients(of.engine, of.id, words))


async def test_no_clinic_finds_or_sees_the_clients_of_another(riverside: Clinic, hilltop: Clinic) -> None:
    await riverside.import_rows(client(1, given_name="Zelda"), patient(1, 1, name="Kiki"))
    await hilltop.import_rows(client(2))
    assert (await found(riverside, "zelda"), await found(riverside, "kiki")) == (["C1"], ["C1"])
    assert (await found(hilltop, "zelda"), await found(hilltop, "kiki"), await found(hilltop, "")) == ([], [], ["C2"])
    for look in (
        clients.load_client(hilltop.engine, hilltop.id, "C1"),
        clients.owner_of(hilltop.engine, hilltop.id, "P1"),
    ):
        with pytest.raises(NoSuchRecord):
            await look
    assert await clients.client_names(hilltop.engine, hilltop.id, ["C1", "C2"]) == {
        "C2": (await clients.load_client(hilltop.engine, hilltop.id, "C2")).name
    }


async def test_what_was_typed_is_no_pattern(riverside: Clinic) -> None:
    await riverside.import_rows(client(1, given_name="Ann"), client(2, given_name="100% Sure"))
    assert await found(riverside, "100%") == ["C2"]
    for words in ("_nn", "%", "\\", "a\0nn' OR true --"):
        assert await found(riverside, words) == (["C2"] if words == "%" else []), words


async def test_what_is_inside_words_is_found_only_if_no_word_begins_so(riverside: Clinic) -> None:
    people = client(1, given_name="Katherina", surname="Bell"), client(2, given_name="Jo", surname="O'Rin")
    await riverside.import_rows(*people, client(3, surname="Lee"), patient(3, 3, name="Rina"), patient(1, 1, name="Mo"))
    wanted = {"rin": ["C2", "C3"], "RINA": ["C3"], "herina": ["C1"], "rina mo": ["C1"], "bell mo": ["C1"]}
    for words, ids in wanted.items():
        assert await found(riverside, words) == ids, words


async def test_only_living_pets_stand_in_the_list(riverside: Clinic) -> None:
    await riverside.import_rows(client(1), patient(1, 1, name="Ada"), patient(2, 1, name="Bo", deceased=True))
    (one,) = await clients.search_clients(riverside.engine, riverside.id, "bo")
    assert one.pets == ["Ada"]


async def test_dp9_a_merged_client_tells_with_whom(riverside: Clinic) -> None:
    same = {name: client(1)[name] for name in ("given_name", "surname", "street", "city", "postcode", "phone", "email")}
    await home_delivery.add_home_clients(riverside.engine, riverside.id, [{"id": "H1", **same}])
    await riverside.import_rows(client(1), client(2))
    home = (await clients.load_client(riverside.engine, riverside.id, "C1")).home
    assert home is not None
    assert (home.id, home.name, home.by) == ("H1", f"{same['given_name']} {same['surname']}", None)
    assert home.reasons
    assert (await clients.load_client(riverside.engine, riverside.id, "C2")).home is None


async def test_dp13_differences_by_value_of_a_client_and_decided(riverside: Clinic, hilltop: Clinic) -> None:
    engine = riverside.engine
    await riverside.import_rows(client(1), client(2), patient(1, 1))
    await riverside.import_rows(
        client(1, street="9 Elm St", phone="555-0909"), client(2, phone="555-0808"), patient(1, 1, name="Max")
    )
    counted = [
        (each.kind, each.field, number) for each, number in await difference_queries.count_by_rule(engine, "riverside")
    ]
    assert counted == [("client", "address", 1), ("client", "phone", 2), ("patient", "name", 1)]
    phones = await difference_queries.open_differences(engine, "riverside", rule=rule("client", "phone"))
    assert [each.id for each in phones] == ["C1", "C2"]
    assert (
        await difference_queries.open_differences(
            engine, "riverside", after=phones[1].number, rule=rule("client", "phone")
        )
        == []
    )
    mine = await difference_queries.open_differences_of_client(engine, "riverside", "C1")
    assert [(each.kind, each.field) for each in mine] == [
        (each.kind, each.field)
        for each in await difference_queries.open_differences(engine, "riverside")
        if each.id != "C2"
    ]
    await differences.keep_ours(engine, "riverside", phones[0].number, "ana", "Called")
    await editing.change_own_value(engine, "riverside", "C2", "phone", {"phone": "555-0808"}, "owner")
    lately = await difference_queries.decided_differences(engine, "riverside")
    assert [(each.id, each.state, each.by) for each in lately] == [("C2", "gone", "owner"), ("C1", "kept", "ana")]
    assert difference_queries.fingerprint(phones[0]) != difference_queries.fingerprint(phones[1])
    for look in (
        difference_queries.open_differences,
        difference_queries.decided_differences,
        difference_queries.count_by_rule,
    ):
        assert await look(engine, hilltop.id) == []


async def test_an_owner_s_link_is_good_for_one_client_until_it_is_ended(riverside: Clinic) -> None:
    engine = riverside.engine
    secret = await owner_links.issue_link(engine, "riverside", "C1", "ann@mail.example", "ana")
    other = await owner_links.issue_link(engine, "riverside", "C2", None, "ana")
    link = await owner_links.find_link(engine, secret)
    assert link is not None
    assert (link.onboarding, link.run, link.role) == ("riverside", "C1", "owner")
    assert await owner_links.find_link(engine, secret[:-1] + "x") is None
    assert await practice_links.find(engine, secret) is None, "it opens no practice's page"
    async with engine.begin() as connection:
        stored = (await connection.execute(text("SELECT * FROM practice_links"))).all()
    assert secret not in str(stored)
    assert [each.run for each in await owner_links.valid_links(engine, "riverside", "C1")] == ["C1"]
    assert await owner_links.revoke_links(engine, "riverside", "C1") == 1
    assert await owner_links.valid_links(engine, "riverside", "C1") == []
    assert (
        await owner_links.find_link(engine, secret) is None and await owner_links.find_link(engine, other) is not None
    )
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE practice_links SET expires_at = now() - interval '1 second'"))
    assert await owner_links.find_link(engine, other) is None
    assert await owner_links.valid_links(engine, "riverside", "C2") == []


async def test_the_team_sees_where_a_feed_asks_and_what_differs(riverside: Clinic, hilltop: Clinic) -> None:
    engine = riverside.engine
    pets = [patient(number, 1) for number in range(1, 11)]
    await hilltop.import_rows(client(1), *pets)
    await riverside.import_rows(client(1), *pets)
    await riverside.import_rows(client(1, street="9 Elm St"), *pets)
    await riverside.import_rows(client(1, street="9 Elm St"), *({**pet, "deceased": True} for pet in pets))
    first, second = await overview.practices_with_data(engine)
    assert (first.id, first.stopped_feed, first.importing, first.differing) == ("riverside", 3, False, 1)
    assert (second.id, second.stopped_feed, second.differing, second.watch_state) == ("hilltop", None, 0, None)
    assert [(each.id, each.number) for each in await overview.stopped_feeds(engine, 5)] == [("riverside", 3)]
    assert await overview.count_stopped_feeds(engine) == 1


async def test_dp13_what_became_another_meanwhile_is_not_decided(riverside: Clinic) -> None:
    engine = riverside.engine
    await riverside.import_rows(client(1))
    await riverside.import_rows(client(1, street="9 Elm St"))
    (seen,) = await difference_queries.open_differences(engine, "riverside")
    await riverside.import_rows(client(1, street="7 Oak Ave"))
    for decide in (differences.take_theirs, differences.keep_ours):
        with pytest.raises(RecordsError, match="has changed since you looked"):
            await decide(engine, "riverside", seen.number, "ana", "They moved", seen)
    assert (await riverside.value("client", "C1", "street"), await riverside.differences()) == (
        "1 Main St",
        [("C1", "address", "open")],
    )
