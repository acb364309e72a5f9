"""The simulator's state in one SQLite file, from which it continues after a crash."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from partners.simulators.datapoint.steps import Practice, SimulationSettings, Value
from partners.simulators.serving import open_database

TABLES = """
CREATE TABLE IF NOT EXISTS practice (id TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhook (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    practice TEXT NOT NULL,
    state TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS webhook_to_send ON webhook (practice, state, number);
"""


class Webhook(Value):
    """One event to deliver. `answer` is the result of the last attempt, at `tried_at`.

    A `held` webhook waits until a later one of the same practice has been delivered.
    """

    number: int = 0
    practice: str
    webhook_id: str
    type: str
    body: str
    state: Literal["waiting", "held", "delivered", "dropped"] = "waiting"
    attempts: int = 0
    answer: str = ""
    tried_at: AwareDatetime | None = None
    retry_at: AwareDatetime | None = None


class Store:
    """Practices, webhooks and settings. Every change is on disk before it is visible in `practices` and `settings`."""

    def __init__(self, home: Path, settings: SimulationSettings) -> None:
        """`settings` are those of a new home.

        Raises StoreProblem if the directory cannot be written to, or another simulator uses it.
        """
        self._database = open_database(home / "datapoint.sqlite3", TABLES)
        rows = self._database.execute("SELECT value FROM practice ORDER BY rowid")
        practices = [Practice.model_validate_json(value) for (value,) in rows]
        self.practices = {practice.id: practice for practice in practices}
        row = self._database.execute("SELECT value FROM settings").fetchone()
        self.settings = SimulationSettings.model_validate_json(row[0]) if row else settings

    def close(self) -> None:
        self._database.close()

    def save(self, practice: Practice, webhooks: Iterable[Webhook] = ()) -> None:
        with self._database:
            self._database.execute("BEGIN")
            self._database.execute(
                "INSERT INTO practice VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
                (practice.id, practice.model_dump_json()),
            )
            self._database.executemany(
                "INSERT INTO webhook (practice, state, value) VALUES (?, ?, ?)",
                [(each.practice, each.state, each.model_dump_json()) for each in webhooks],
            )
        self.practices[practice.id] = practice

    def remove(self, practice: str) -> None:
        with self._database:
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM practice WHERE id = ?", (practice,))
            self._database.execute("DELETE FROM webhook WHERE practice = ?", (practice,))
        del self.practices[practice]

    def save_settings(self, settings: SimulationSettings) -> None:
        self._database.execute("INSERT OR REPLACE INTO settings VALUES (1, ?)", (settings.model_dump_json(),))
        self.settings = settings

    def next_webhook(self, practice: str) -> Webhook | None:
        found = self._webhooks("WHERE practice = ? AND state = 'waiting' ORDER BY number LIMIT 1", practice)
        return found[0] if found else None

    def webhook(self, number: int) -> Webhook | None:
        found = self._webhooks("WHERE number = ?", number)
        return found[0] if found else None

    def webhooks(self, limit: int) -> list[Webhook]:
        return self._webhooks("ORDER BY number DESC LIMIT ?", limit)

    def save_webhook(self, webhook: Webhook) -> None:
        """Save the result of an attempt. Once a webhook is delivered, those held for it wait to be delivered."""
        with self._database:
            self._database.execute("BEGIN")
            self._update(webhook)
            if webhook.state == "delivered":
                held = "WHERE practice = ? AND state = 'held' AND number < ?"
                for earlier in self._webhooks(held, webhook.practice, webhook.number):
                    self._update(earlier.model_copy(update={"state": "waiting"}))

    def _update(self, webhook: Webhook) -> None:
        self._database.execute(
            "UPDATE webhook SET state = ?, value = ? WHERE number = ?",
            (webhook.state, webhook.model_dump_json(), webhook.number),
        )

    def _webhooks(self, condition: str, *values: str | int) -> list[Webhook]:
        rows = self._database.execute(f"SELECT number, value FROM webhook {condition}", values)  # noqa: S608
        return [Webhook.model_validate_json(value).model_copy(update={"number": number}) for number, value in rows]
