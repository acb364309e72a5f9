from __future__ import annotations

from tests.records.conftest import database_url, engine, new_database, postgres_server

__all__ = ["database_url", "engine", "new_database", "postgres_server"]
