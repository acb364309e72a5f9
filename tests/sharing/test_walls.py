"""Whoever does not belong to a clinic gets 404 from every route of its members, whatever they ask and guess."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import APIRoute

from tests.sharing.family import Family
from web.routes import MEMBER


def routes() -> Iterator[tuple[str, str]]:
    for module in MEMBER:
        for route in module.router.routes:
            if isinstance(route, APIRoute) and "{clinic}" in route.path:
                yield from ((method, route.path) for method in sorted(route.methods or ()))


async def test_every_route_of_a_clinic_is_closed_to_who_does_not_belong_to_it(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        record = await scooby.give(north, "rabies")
        made = await north.post(f"/clients/{scooby.client}/invoices", json={"amount": "1.00", "text": "x"})
    given = {"clinic": "north", "id": scooby.client, "item": "rabies", "other": "south", "number": "1"}
    tried = 0
    async with scooby.served.at("west") as west:
        for method, path in routes():
            ids = given | (
                {"id": record} if "/records/" in path else {"id": scooby.patient} if "/patients/" in path else {}
            )
            for name, value in ids.items():
                path = path.replace(f"{{{name}}}", value)
            body = {"invoice": made.json()["id"], "amount": "1.00", "to": "west", "count": 1, "name": "x"}
            answer = await west.request(method, f"http://127.0.0.1{path}", json=body if method != "GET" else None)
            assert answer.status_code == 404, (method, path, answer.text)
            tried += 1
    assert tried > 25
    async with scooby.served.at("north") as north:
        assert (await north.get(f"/clients/{scooby.client}/balance")).json()["own"] == "1.00"
