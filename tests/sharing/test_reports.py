"""The six reports on a clinic's clients, with home locations only where sharing is on (RS8)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.reports.definitions import REPORTS, Activity, Periods, stands_on
from pharmacy.sharing.shares import remove
from tests.sharing.program import Programs

NOW = datetime(2026, 11, 29, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("added", "served", "on"),
    [
        (0, None, "new-clients active-clients"),
        (30, None, "new-clients active-clients"),
        (31, None, "active-clients"),
        (10, 5, "new-clients new-engaged active-clients active-engaged"),
        (None, 40, "active-clients active-engaged"),
        (400, 365, "active-clients active-engaged"),
        (366, None, "lapsed"),
        (None, 730, "lapsed"),
        (None, 731, "inactive"),
        (None, None, "inactive"),
    ],
)
def test_rs8_who_stands_on_which_report(added: int | None, served: int | None, on: str) -> None:
    def ago(days: int | None) -> datetime | None:
        return None if days is None else NOW - timedelta(days=days)

    client = Activity(ago(added), ago(served), living=True)
    assert {each for each in REPORTS if stands_on(each, client, NOW, Periods())} == set(on.split())
    bereaved = Activity(client.added, client.served, living=False)
    found = {each for each in REPORTS if stands_on(each, bereaved, NOW, Periods())}
    assert found == set(on.split()) - {"lapsed", "inactive"}


async def ids(program: httpx2.AsyncClient, report: str, query: str = "") -> list[str]:
    answer = await program.get(f"/reports/{report}{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_rs8_a_client_just_added_is_new_and_active_and_engaged_once_served(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south:
        jo = (await north.post("/clients", json={"given_name": "Jo", "surname": "Hart"})).json()["id"]
        bo = (await south.post("/clients", json={"given_name": "Bo"})).json()["id"]
        on = {name: await ids(north, name) for name in REPORTS}
        assert on == {key: [] for key in REPORTS} | {"new-clients": [jo], "active-clients": [jo]}
        assert await ids(south, "new-clients") == [bo, f"north~{jo}"]
        rex = (await north.post(f"/clients/{jo}/patients", json={"name": "Rex"})).json()["id"]
        await south.post(f"/patients/north~{rex}/records", json={"kind": "exam", "text": "Healthy."})
        for name in ("new-engaged", "active-engaged"):
            [row] = (await north.get(f"/reports/{name}")).json()["items"]
            assert (row["id"], row["served_at"]) == (jo, "south")
        await south.post(f"/clients/{bo}/invoices", json={"amount": "20.00", "text": "Food"})
        assert await ids(south, "new-engaged") == [bo, f"north~{jo}"]
        # Without clocks being moved: a year later, and two.
        for days, report in ((400, "lapsed"), (800, "inactive")):
            day = (datetime.now(UTC) + timedelta(days=days)).date()
            assert await ids(north, report, f"?on={day}") == [jo]
            assert await ids(north, "active-clients", f"?on={day}") == []
        assert await ids(north, "new-clients", "?on=2020-01-01") == []


async def test_rs8_home_locations_only_where_sharing_is_on(served: Programs) -> None:
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        for program in (north, west):
            await program.post("/clients", json={"given_name": "=1+1", "surname": "Ö", "phone": "+1 312 555 0117"})
        for program, home in ((north, "north"), (south, "north"), (west, None)):
            for name in REPORTS:
                items = (await program.get(f"/reports/{name}")).json()["items"]
                assert [each.get("home_location") for each in items] == [home] * len(items)
                assert all(("home_location" in each) == bool(home) for each in items)
                file = await program.get(f"/reports/{name}?format=csv")
                rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff"))))
                assert len(rows) == len(items) and ("home_location" in file.text) == bool(home)
                assert f'filename="{name}.csv"' in file.headers["content-disposition"]
            file = await program.get("/reports/new-clients?format=csv")
            assert file.text.splitlines()[1].split(",")[1:5] == ["'=1+1", "Ö", "", "'+1 312 555 0117"]


async def test_rs8_who_stays_shared_after_an_end_keeps_the_home_location(served: Programs, engine: AsyncEngine) -> None:
    async with served.at("north") as north, served.at("south") as south:
        await north.post("/clients", json={"surname": "Hart"})
        async with engine.begin() as connection:
            await remove(connection, "north", "south")
        for program in (north, south):
            [row] = (await program.get("/reports/new-clients")).json()["items"]
            assert row["home_location"] == "north"
            assert "home_location" in (await program.get("/reports/new-clients?format=csv")).text
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE clients SET circle = practice"))
        for program in (north, south):
            assert "home_location" not in (await program.get("/reports/new-clients?format=csv")).text


async def test_rs8_periods_are_chosen_and_pages_follow_each_other(served: Programs) -> None:
    async with served.at("west") as west:
        for name in "abc":
            await west.post("/clients", json={"surname": name})
        page = (await west.get("/reports/new-clients?limit=2")).json()
        rest = (await west.get(f"http://127.0.0.1{page['next']}")).json()
        assert [each["surname"] for each in (*page["items"], *rest["items"])] == ["a", "b", "c"]
        assert (
            rest["next"],
            "last 7 days" in (await west.get("/reports/new-clients?new_days=7")).json()["meaning"],
        ) == (
            None,
            True,
        )
        week_later = (datetime.now(UTC) + timedelta(days=8)).date()
        assert await ids(west, "new-clients", f"?new_days=7&on={week_later}") == []
        for query in ("active_days=9&inactive_days=9", "new_days=0", "on=0001-01-01", "on=x", "format=xml", "days=3"):
            assert (await west.get(f"/reports/lapsed?{query}")).status_code == 422, query
        assert (await west.get("/reports/unheard-of")).status_code == 422
        assert (await west.get("http://127.0.0.1/api/clinics/north/reports/lapsed")).status_code == 404


async def test_rs8_those_of_a_first_feed_are_not_new_and_one_person_stands_there_once(
    served: Programs, engine: AsyncEngine
) -> None:
    row = "INSERT INTO clients (practice, id, surname, feed, fed, person) VALUES "
    async with engine.begin() as connection:
        await connection.execute(text(f"{row} ('west', '1', 'Old', 1, 1, NULL), ('west', '2', 'Later', 2, 1, NULL)"))
        await connection.execute(text(f"{row} ('north', '1', 'Hart', 0, 1, 7), ('south', '1', 'Hart', 0, 1, 7)"))
        await connection.execute(text("UPDATE clients SET circle = circle_of('{north,south}') WHERE person = 7"))
    async with served.at("north") as north, served.at("south") as south, served.at("west") as west:
        assert (await ids(west, "new-clients"), await ids(west, "inactive")) == (["2"], ["1"])
        assert (await ids(north, "new-clients"), await ids(south, "new-clients")) == (["1"], ["1"])
