"""The simulator's state in one SQLite file, from which it continues after a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from partners.simulators.ezyvet.filters import MAX_LIMIT, Query
from partners.simulators.ezyvet.resources import SCOPES, write_value
from partners.simulators.serving import open_database

TABLES = """
CREATE TABLE IF NOT EXISTS site (uid TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    site TEXT NOT NULL,
    resource TEXT NOT NULL,
    id INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (site, resource, id)
);
CREATE INDEX IF NOT EXISTS record_of_animal ON record (site, resource, value ->> '$.animal_id', id);
CREATE INDEX IF NOT EXISTS item_of_prescription ON record (site, resource, value ->> '$.prescription_id', id);
CREATE INDEX IF NOT EXISTS record_by_uid ON record (site, resource, value ->> '$.uid', id);
CREATE TABLE IF NOT EXISTS call (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    site TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    method TEXT NOT NULL,
    at REAL NOT NULL,
    counted_at REAL,
    violation INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    answered_at REAL,
    fault TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS call_counted ON call (counted_at);
CREATE INDEX IF NOT EXISTS call_of_site ON call (site, counted_at);
CREATE TABLE IF NOT EXISTS fault (number INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL);
"""

Record = dict[str, str]
State = Literal["live", "revoked", "expired"]


class Site(BaseModel):
    """A practice's site: a database of ezyVet, with the one set of credentials of the partner.

    `state` is `revoked` when the practice took the partner's access back, and `expired` when its trial ended.
    `token` is the one that is good, by its `jti`. In `old_mode` errors of externalprescription answer 200.
    `page_rows` is the most that a page has, whatever `limit` asks for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uid: str
    name: str
    time_zone: str = "America/Chicago"
    partner_id: str
    partner_name: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = SCOPES
    state: State = "live"
    old_mode: bool = False
    token_seconds: int = 43_200
    page_rows: int = MAX_LIMIT
    token: str = ""


class Store:
    """Sites, their records, and the calls that came. Every change is on disk before it is answered."""

    def __init__(self, home: Path) -> None:
        """Raises StoreProblem if the directory cannot be written to, or another simulator uses it."""
        self._database = open_database(home / "ezyvet.sqlite3", TABLES)
        self._database.execute("PRAGMA case_sensitive_like = ON")
        rows = self._database.execute("SELECT value FROM site ORDER BY rowid")
        sites = [Site.model_validate_json(value) for (value,) in rows]
        self.sites = {site.uid: site for site in sites}

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._database:
            self._database.execute("BEGIN")
            yield

    def save_site(self, site: Site) -> None:
        self._database.execute(
            "INSERT INTO site VALUES (?, ?) ON CONFLICT (uid) DO UPDATE SET value = excluded.value",
            (site.uid, site.model_dump_json()),
        )
        self.sites[site.uid] = site

    def setting(self, name: str, default: str) -> str:
        """The value of a setting; `default` is saved if there is none."""
        self._database.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, default))
        [value] = self._database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(value)

    def save_setting(self, name: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def next_id(self, site: str, resource: str) -> int:
        query = "SELECT coalesce(max(id), 0) + 1 FROM record WHERE site = ? AND resource = ?"
        return int(self._database.execute(query, (site, resource)).fetchone()[0])

    def save(self, site: str, resource: str, identity: int, changes: dict[str, Any]) -> Record:
        """Changes a record, or creates it; returns it as it is now."""
        now = str(int(time.time()))
        record = self.get(site, resource, identity) or {"id": str(identity), "created_at": now}
        record |= {name: write_value(value) for name, value in changes.items()} | {"modified_at": now}
        self._database.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?)"
            " ON CONFLICT (site, resource, id) DO UPDATE SET value = excluded.value",
            (site, resource, identity, json.dumps(record)),
        )
        return record

    def get(self, site: str, resource: str, identity: int) -> Record | None:
        query = "SELECT value FROM record WHERE site = ? AND resource = ? AND id = ?"
        row = self._database.execute(query, (site, resource, identity)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def all(self, site: str, resource: str, **equal: str) -> list[Record]:
        conditions = tuple((f"value ->> '$.{name}' = ?", (value,)) for name, value in equal.items())
        return self.find(site, resource, Query(conditions, 1, 2**31))[0]

    def find(self, site: str, resource: str, query: Query) -> tuple[list[Record], int]:
        """The rows of one page, and how many there are in all."""
        where = " AND ".join(("site = ?", "resource = ?", *(condition for condition, _ in query.conditions)))
        values = [site, resource, *(value for _, operands in query.conditions for value in operands)]
        total = self._database.execute(f"SELECT count(*) FROM record WHERE {where}", values)  # noqa: S608
        rows = self._database.execute(
            f"SELECT value FROM record WHERE {where} ORDER BY id LIMIT ? OFFSET ?",  # noqa: S608
            [*values, query.limit, (query.page - 1) * query.limit],
        )
        return [json.loads(value) for (value,) in rows], int(total.fetchone()[0])

    def begin_call(self, site: str, endpoint: str, method: str, at: float) -> int:
        added = self._database.execute(
            "INSERT INTO call (site, endpoint, method, at) VALUES (?, ?, ?, ?)", (site, endpoint, method, at)
        )
        return int(added.lastrowid or 0)

    def count_call(self, number: int, at: float | None, *, violation: bool) -> None:
        """Records that the call took a place of the limits at `at`, or none, or was over one of them."""
        query = "UPDATE call SET counted_at = ?, violation = ? WHERE number = ?"
        self._database.execute(query, (at, violation, number))

    def end_call(self, number: int, status: int | None, at: float, fault: str) -> None:
        """Records the answer; its status is None if the connection was ended without one."""
        query = "UPDATE call SET status = ?, answered_at = ?, fault = ? WHERE number = ?"
        self._database.execute(query, (status, at, fault, number))

    def calls(self, site: str, after: int, **equal: str) -> list[dict[str, Any]]:
        """The site's calls behind number `after`, earliest first."""
        names = ("number", "endpoint", "method", "at", "counted_at", "violation", "status", "answered_at", "fault")
        where = "".join(f" AND {name} = ?" for name in equal)
        query = f"SELECT {', '.join(names)} FROM call WHERE site = ? AND number > ?{where} ORDER BY number"  # noqa: S608
        rows = self._database.execute(query, (site, after, *equal.values()))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def counted_calls(self, since: float) -> list[tuple[str, str, float]]:
        """Site, endpoint and time of the calls that took a place of the limits, earliest first."""
        query = "SELECT site, endpoint, counted_at FROM call WHERE counted_at > ? ORDER BY counted_at"
        return self._database.execute(query, (since,)).fetchall()

    def call_counts(self, site: str) -> list[dict[str, Any]]:
        """For each endpoint and method: how many calls came, took a place of the limits, and were over one."""
        query = (
            "SELECT endpoint, method, count(*), count(counted_at), sum(violation) FROM call WHERE site = ?"
            " GROUP BY endpoint, method ORDER BY endpoint, method"
        )
        names = ("endpoint", "method", "calls", "counted", "violations")
        return [dict(zip(names, row, strict=True)) for row in self._database.execute(query, (site,))]

    def counts(self, resource: str) -> dict[str, int]:
        """How many records of a resource each site has."""
        query = "SELECT site, count(*) FROM record WHERE resource = ? GROUP BY site"
        return dict(self._database.execute(query, (resource,)).fetchall())

    def faults(self) -> list[tuple[int, str]]:
        return self._database.execute("SELECT number, value FROM fault ORDER BY number").fetchall()

    def save_fault(self, number: int | None, value: str | None) -> None:
        """Without a number a new one; without a value it is deleted."""
        if value is None:
            self._database.execute("DELETE FROM fault WHERE number = ?", (number,))
        else:
            self._database.execute("INSERT OR REPLACE INTO fault VALUES (?, ?)", (number, value))

    def delete_faults(self) -> None:
        self._database.execute("DELETE FROM fault")
