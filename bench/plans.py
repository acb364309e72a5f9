"""The queries behind a page, and how PostgreSQL carries them out: one line a node.

The page is asked of the application in this process, over the same database as the server's, so that the queries are
the page's own, with their parameters.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.world import World
from desk.service import Desk
from store.database import connect
from web.app import create_app

GROWING = ("onboardings", "entries", "mails", "onboarding_names", "practice_links")
"""Tables that get longer with every practice."""
EXPLAIN = "EXPLAIN (ANALYZE, FORMAT JSON) "
PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass(frozen=True)
class Query:
    """A statement as it was sent, and how it was carried out: `read` counts the rows that were looked at."""

    statement: str
    milliseconds: float
    read: int
    nodes: tuple[str, ...]

    @property
    def scans(self) -> bool:
        """Whether a table that grows is read from its beginning to its end."""
        return any(line.startswith("!") for line in self.nodes)

    @property
    def name(self) -> str:
        """What it is recognized by: its beginning and the tables it asks."""
        tables = dict.fromkeys(re.findall(r"(?:FROM|JOIN|INTO|UPDATE) ([a-z_]+)", self.statement))
        return f"{self.statement.split()[0]} {', '.join(tables)}"


class Watched:
    """The application over an engine that remembers what it was asked."""

    def __init__(self, client: httpx2.AsyncClient, engine: AsyncEngine) -> None:
        self.client = client
        self.engine = engine
        self.asked: list[tuple[str, Any]] = []
        event.listen(engine.sync_engine, "before_cursor_execute", self._remember)

    def _remember(self, connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        self.asked.append((statement, parameters))

    async def queries(self, paths: Sequence[str]) -> list[Query]:
        """Of all these pages; of queries that differ only in their parameters, the one that read most."""
        self.asked.clear()
        for path in paths:
            answer = await self.client.get(path)
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
        most: dict[str, Query] = {}
        for statement, parameters in list(self.asked):
            if statement.lstrip().upper().startswith(PLANNED):
                query = await self._explained(statement, parameters)
                if statement not in most or query.read > most[statement].read:
                    most[statement] = query
        return list(most.values())

    async def _explained(self, statement: str, parameters: Any) -> Query:
        async with self.engine.begin() as connection:
            plan = await connection.exec_driver_sql(EXPLAIN + statement, parameters)
            found = plan.scalar_one()[0]
            # What it changed, if anything, was only to be looked at.
            await connection.rollback()
        nodes = list(_nodes(found["Plan"]))
        return Query(
            " ".join(statement.split()),
            found["Execution Time"],
            sum(read for read, _ in nodes),
            tuple(line for _, line in nodes),
        )


@asynccontextmanager
async def watched(world: World, cookies: dict[str, str]) -> AsyncIterator[Watched]:
    engine = connect(world.addresses["database"])
    # It signs nothing here that the server would have to read.
    settings = world.desk.settings.model_copy(update={"secret_key": SecretStr(secrets.token_urlsafe(32))})
    app = create_app(Desk(world.client, engine, settings), settings)
    transport = httpx2.ASGITransport(app=app)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies) as client:
            yield Watched(client, engine)
    finally:
        await engine.dispose()


def _nodes(node: dict[str, Any], depth: int = 0) -> Iterator[tuple[int, str]]:
    """How many rows each node reads from a table, and its line; `!` marks the reading of a whole table that grows."""
    loops, table = int(node["Actual Loops"]), node.get("Relation Name", "")
    removed = sum(int(node.get(f"Rows Removed by {why}", 0)) for why in ("Filter", "Index Recheck"))
    read = round((float(node["Actual Rows"]) + removed) * loops) if table and "Scan" in node["Node Type"] else 0
    mark = "!" if node["Node Type"] == "Seq Scan" and table in GROWING and loops else " "
    where = " ".join(filter(None, [table and f"on {table}", (index := node.get("Index Name", "")) and f"by {index}"]))
    took = f"{float(node['Actual Total Time']) * loops:.2f} ms"
    rows = f"rows {float(node['Actual Rows']) * loops:.0f}" + (f", read {read}" if read else "")
    yield read, f"{mark}{'  ' * (depth + 1)}{node['Node Type']} {where}".rstrip() + f" ({rows}, {took})"
    for child in node.get("Plans", []):
        yield from _nodes(child, depth + 1)
