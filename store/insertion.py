"""Many rows stored by one statement: given as one JSON list, without those that are there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import Insert

from store.columns import Json, storable


def insertion(
    table: Table, names: Iterable[str], given: str, fixed: Mapping[str, ColumnElement[Any]] | None = None
) -> Insert:
    """Inserts the objects in the JSON list that is bound as `given`; `fixed` columns are the same for all of them."""
    fixed = fixed or {}
    columns = [column(name, table.c[name].type) for name in names]
    objects = func.jsonb_to_recordset(bindparam(given, type_=Json)).table_valued(*columns, name=given)
    objects = objects.render_derived(with_types=True)
    source = select(*fixed.values(), *(objects.c[each.name] for each in columns))
    return insert(table).from_select([*fixed, *(each.name for each in columns)], source).on_conflict_do_nothing()


def plain(value: Any) -> Any:
    """The value as JSON in PostgreSQL can hold it: times as text, and no U+0000, which would fail for ever."""
    match value:
        case str():
            return storable(value)
        case datetime():
            return value.isoformat()
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
    return value
