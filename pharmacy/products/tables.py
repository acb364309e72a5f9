"""The table of products."""

from sqlalchemy import CheckConstraint, Integer, PrimaryKeyConstraint, Table

from store.columns import column, metadata, now_column

products = Table(
    "products",
    metadata,
    column("reference"),
    column("name"),
    column("kind"),
    column("price_cents", Integer),
    now_column("updated_at"),
    PrimaryKeyConstraint("reference"),
    CheckConstraint("kind IN ('prescription', 'over_the_counter', 'free', 'controlled')", name="kind"),
)
"""`reference` is what ezyVet knows a product by, for ever."""
