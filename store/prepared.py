"""Statements that workers run for every step of every onboarding: written by SQLAlchemy, and carried out without it.

For statements as short as these it takes five times the processor time that the driver takes.
"""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import ClauseElement
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import Database


class Prepared:
    """One statement, compiled when it is first run, without a list within `IN`.

    Its values are text, numbers, times, and lists as JSON.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: tuple[str, dict[str, Any]] | None = None

    async def run(self, engine: AsyncEngine, **values: Any) -> list[dict[str, Any]]:
        """Carries it out as a transaction of its own, and returns the rows. Raises `DatabaseDown`."""
        assert isinstance(engine, Database), "engines come from store.database.connect"
        if self._compiled is None:
            compiled = self._statement.compile(dialect=engine.dialect)
            assert "POSTCOMPILE" not in compiled.string, "lists within IN cannot be prepared"
            self._compiled = compiled.string, dict(compiled.params)
        text, constants = self._compiled
        given = {name: Jsonb(value) if isinstance(value, list | dict) else value for name, value in values.items()}
        return await engine.run(text, constants | given)
