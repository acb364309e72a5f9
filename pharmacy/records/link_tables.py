"""Tables of links between imported and home-delivery clients. A merge is a link and copies nothing, so it can be undone
completely at any time (DP9)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from store.columns import column, metadata, moment

client_links = Table(
    "client_links",
    metadata,
    Column("number", BigInteger, Identity(always=True), nullable=False),
    column("practice"),
    column("client"),
    column("home_client"),
    column("state"),
    Column("score", Float, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    column("feed", Integer, null=True),
    column("by", null=True),
    moment("at"),
    column("why", null=True),
    PrimaryKeyConstraint("number"),
    UniqueConstraint("practice", "client", "home_client"),
    ForeignKeyConstraint(["practice", "client"], ["clients.practice", "clients.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["practice", "home_client"], ["home_clients.practice", "home_clients.id"], ondelete="CASCADE"),
    CheckConstraint("state IN ('merged', 'review', 'different', 'undone')", name="state"),
    # The database itself ensures that nobody is merged twice.
    Index("uq_client_links_client", "practice", "client", unique=True, postgresql_where=text("state = 'merged'")),
    Index("uq_client_links_home", "practice", "home_client", unique=True, postgresql_where=text("state = 'merged'")),
    Index("ix_client_links_review", "practice", "number", postgresql_where=text("state = 'review'")),
)
"""`different` is kept for ever; `by` is None if the rules decided."""

link_decisions = Table(
    "link_decisions",
    metadata,
    Column("number", BigInteger, Identity(always=True), nullable=False),
    column("practice"),
    column("link", BigInteger),
    column("was"),
    column("decided"),
    column("became"),
    Column("blind", Boolean, nullable=False, server_default=text("false")),
    column("undoes", BigInteger, null=True),
    Column("score", Float, nullable=False),
    column("by"),
    moment("at"),
    column("why", null=True),
    PrimaryKeyConstraint("number"),
    ForeignKeyConstraint(["link"], ["client_links.number"], ondelete="CASCADE"),
    ForeignKeyConstraint(["undoes"], ["link_decisions.number"], ondelete="CASCADE"),
    UniqueConstraint("undoes"),
    CheckConstraint("decided IN ('same', 'different', 'not_sure', 'undone')", name="decided"),
    Index(None, "practice", "link"),
)
"""People's decisions about links, in order and for ever. `was` and `became` are the link's states before and after it,
`undoes` is the decision that it undoes. `blind` decisions measure the automatic rule: the person did not know that the
pair was an automatic merge."""
