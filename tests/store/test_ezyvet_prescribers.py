"""RX10: which ezyVet user each vet is, as a person chose."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet.prescribers import UnfitUser, choose_users, list_prescribers, user_of
from partners.ezyvet.records import User

VERA = User(id=10, first_name="Vera", last_name="Okafor", is_vet=True)
WIM = User(id=13, first_name="Wim", last_name="de Vries", is_vet=True)


async def chosen(engine: AsyncEngine, practice: str = "elm") -> dict[str, int]:
    return {each.vet: each.user for each in await list_prescribers(engine, practice)}


async def test_rx10_each_vet_has_a_user_of_their_own(engine: AsyncEngine) -> None:
    await choose_users(engine, "elm", {"dr-okafor": VERA}, "sam")
    await choose_users(engine, "oak", {"dr-v": VERA}, "sam")
    with pytest.raises(UnfitUser, match=r"dr-wim: the ezyVet user 10 \(Vera Okafor\) is dr-okafor already"):
        await choose_users(engine, "elm", {"dr-wim": VERA}, "sam")
    with pytest.raises(UnfitUser, match=r"dr-b: the ezyVet user 13 \(Wim de Vries\) is dr-a already"):
        await choose_users(engine, "elm", {"dr-a": WIM, "dr-b": WIM}, "sam")
    assert await chosen(engine) == {"dr-okafor": 10}, "all or nothing"
    assert await user_of(engine, "elm", "dr-okafor") == 10
    assert await user_of(engine, "elm", "dr-wim") is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"active": False}, "switched off"),
        ({"is_vet": False}, "is not a vet"),
        ({"first_name": ""}, "no given and family name"),
        ({"last_name": ""}, "no given and family name"),
    ],
)
async def test_rx10_only_an_active_vet_with_a_full_name_prescribes(
    engine: AsyncEngine, changed: dict[str, object], why: str
) -> None:
    with pytest.raises(UnfitUser, match=why):
        await choose_users(engine, "elm", {"dr-okafor": VERA.model_copy(update=changed)}, "sam")
    assert await chosen(engine) == {}


async def test_rx10_vets_can_be_exchanged_and_left_without_a_user(engine: AsyncEngine) -> None:
    await choose_users(engine, "elm", {"dr-a": VERA, "dr-b": WIM}, "sam")
    before = await list_prescribers(engine, "elm")
    await choose_users(engine, "elm", {"dr-a": VERA, "dr-b": WIM}, "kim")
    assert await list_prescribers(engine, "elm") == before, "who chooses the same changes nothing"
    await choose_users(engine, "elm", {"dr-a": WIM, "dr-b": VERA}, "kim")
    assert await chosen(engine) == {"dr-a": 13, "dr-b": 10}
    await choose_users(engine, "elm", {"dr-a": None}, "kim")
    assert await chosen(engine) == {"dr-b": 10}


async def test_rx10_of_two_who_choose_one_user_at_the_same_moment_one_is_refused(engine: AsyncEngine) -> None:
    both = (choose_users(engine, "elm", {vet: VERA}, "sam") for vet in ("dr-a", "dr-b"))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [UnfitUser]
    assert list((await chosen(engine)).values()) == [10]
