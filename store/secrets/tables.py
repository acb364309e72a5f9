"""The table of secrets: values that came with facts, encrypted."""

from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, Table

from store.columns import column, metadata, now_column

secrets = Table(
    "secrets",
    metadata,
    column("reference"),
    column("onboarding"),
    column("key"),
    Column("sealed", LargeBinary, nullable=False),
    now_column("created_at"),
    PrimaryKeyConstraint("reference"),
)
"""`reference` is what stands for the value everywhere else; `key` names the key that sealed it."""
