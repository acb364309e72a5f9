"""Lists of ezyVet's simulator: text values, filters and pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulators.ezyvet.running import Client, text_of


async def test_values_are_text(client: Client) -> None:
    body = (await client.call("GET", "animal", id=9)).json()
    [found] = body["items"]
    assert {name: value for name, value in found["animal"].items() if not name.endswith("_at")} == {
        **{"id": "9", "active": "1", "name": "Otis", "contact_id": "5", "is_dead": "1"}
    }
    assert set(body["meta"]) == {
        *("timestamp", "transaction_id", "items_page", "items_page_total", "items_page_size", "items_total")
    }


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("id", 6, [6]),
        ("id", {"in": [6, "9", 99]}, [6, 9]),
        ("id", {"gt": 6}, [8, 9]),
        ("id", {"gte": 8, "lt": 9}, [8]),
        ("contact_id", "5", [6, 9]),
        ("contact_id", {"neq": 5}, [8]),
        ("contact_id", {"in": ["7"]}, [8]),
        ("is_dead", {"eq": "0"}, [6, 8]),
        ("name", "Biscuit", [6]),
        ("name", "biscuit", []),
        ("name", {"like": "%o"}, [8]),
        ("modified_at", {"gt": "1700000000"}, [6, 8, 9]),
        ("modified_at", {"gt": "4000000000"}, []),
    ],
)
async def test_filters(client: Client, name: str, value: Any, ids: list[int]) -> None:
    text = json.dumps(value) if isinstance(value, dict) else value
    found = (await client.call("GET", "animal", **{name: text})).json()
    assert [int(each["animal"]["id"]) for each in found["items"]] == ids
    assert found["meta"]["items_total"] == len(ids)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"color": "red"}, "color is not a field that animal can be filtered by."),
        ({"name": '{"sounds": "Otis"}'}, "name cannot be compared so: sounds."),
        ({"name": '{"in": "Otis"}'}, "name cannot be compared so: in."),
        ({"name": '{"like": 5}'}, "name cannot be compared so: like."),
        ({"name": "{"}, "The filter of name is not JSON."),
        ({"name": "{}"}, "The filter of name has no comparator."),
        ({"limit": 201}, "limit must be at most 200."),
        ({"limit": 0}, "limit must be a whole number from 1."),
        ({"page": "x"}, "page must be a whole number from 1."),
        ({"name": ["a", "b"]}, "The parameter name is given twice."),
    ],
)
async def test_refused(client: Client, query: dict[str, Any], text: str) -> None:
    answer = await client.call("GET", "animal", **query)
    assert (answer.status_code, text_of(answer)) == (400, text)


async def test_pages(client: Client) -> None:
    animals = [{"id": number, "name": "Otis", "contact_id": 5} for number in range(1, 24)]
    await client.running.seed(client.site, animals=animals)
    pages = [(await client.call("GET", "animal", page=page)).json() for page in (1, 2, 3, 4)]
    assert [len(page["items"]) for page in pages] == [10, 10, 3, 0]
    names = ("items_page", "items_page_total", "items_page_size", "items_total")
    assert [pages[2]["meta"][name] for name in names] == [3, 3, 10, 23]
    everything = (await client.call("GET", "animal", limit=200)).json()
    assert [int(each["animal"]["id"]) for each in everything["items"]] == list(range(1, 24))
    nothing = (await client.call("GET", "animal", name="nobody")).json()
    assert (nothing["meta"]["items_page_total"], nothing["items"]) == (0, [])
    await client.running.control("POST", f"/sites/{client.site}", {"page_rows": 5})
    short = (await client.call("GET", "animal", limit=200)).json()
    assert (len(short["items"]), short["meta"]["items_page_total"]) == (5, 5)
