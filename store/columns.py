"""What all tables are made of: their common metadata, and the usual kinds of columns."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

Json = JSONB(none_as_null=True)
Moment = DateTime(timezone=True)


def column(
    name: str, kind: type[Text | Integer | BigInteger | Boolean] = Text, *, null: bool = False
) -> Column[object]:
    """A column of text, or of another kind; never null unless said."""
    return Column(name, kind, nullable=null)


def moment(name: str, *, null: bool = False) -> Column[object]:
    """A time with its zone; never null unless said."""
    return Column(name, Moment, nullable=null)


def one_of(values: Iterable[str]) -> str:
    """The right side of SQL's `IN` for known values."""
    return f"({', '.join(repr(value) for value in values)})"


def now_column(name: str) -> Column[object]:
    """The time at which the row was written, if nothing else is given."""
    return Column(name, Moment, nullable=False, server_default=func.now())


def storable(text: str) -> str:
    """The text without what PostgreSQL refuses for ever: U+0000, and halves of letters (lone surrogates)."""
    return text.replace("\0", "").encode(errors="replace").decode()
