"""The catalogue: a product's name, kind and price, under a reference that never changes.

ezyVet makes a product of its own for each reference; ours and theirs meet nowhere else (RX11).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.prescriptions.life.values import Kind
from pharmacy.products.tables import products
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line
from store.database import at_once

Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Product(Frozen):
    """A product; a controlled one cannot be prescribed by this way."""

    reference: Reference
    name: Line
    kind: Kind
    price_cents: Annotated[int, Field(ge=0, le=10_000_000)]


async def store(engine: AsyncEngine, product: Product) -> None:
    """Adds a product, or replaces what is known of it."""
    statement = insert(products).values(product.model_dump())
    new = {name: statement.excluded[name] for name in Product.model_fields if name != "reference"}
    statement = statement.on_conflict_do_update(index_elements=["reference"], set_=new | {"updated_at": func.now()})
    async with engine.begin() as connection:
        await connection.execute(statement)


async def find(engine: AsyncEngine, references: Collection[str]) -> dict[str, Product]:
    """Returns the products with these references; unknown ones are left out."""
    query = select(*(products.c[name] for name in Product.model_fields)).where(products.c.reference.in_(references))
    async with at_once(engine) as connection:
        return {row["reference"]: Product(**row) for row in (await connection.execute(query)).mappings()}


async def search(engine: AsyncEngine, text: str = "", limit: int = 200) -> list[Product]:
    """Returns the products whose name or reference contains the text, by name."""
    query = select(*(products.c[name] for name in Product.model_fields)).order_by(products.c.name).limit(limit)
    if text := text.strip():
        found = products.c.name.icontains(text, autoescape=True) | products.c.reference.icontains(text, autoescape=True)
        query = query.where(found)
    async with at_once(engine) as connection:
        return [Product(**row) for row in (await connection.execute(query)).mappings()]
