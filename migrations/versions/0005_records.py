"""The Prescription Management database, and what holds every query for a clinic to that clinic's own rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from store.database import DatabaseProblem

revision = "0005"
down_revision = "0004"

Moment = sa.DateTime(timezone=True)
ROLE = "onboarding_clinic"
SOME = "SELECT, INSERT"
MOST = "SELECT, INSERT, UPDATE"
ALL = "SELECT, INSERT, UPDATE, DELETE"
RIGHTS = {
    "clients": MOST,
    "patients": MOST,
    "home_clients": ALL,
    "home_patients": ALL,
    "prescriptions": MOST,
    "shipping_confirmations": MOST,
    "feeds": MOST,
    "feed_parts": ALL,
    "staged_clients": ALL,
    "staged_patients": ALL,
    "set_aside": SOME,
    "changes": SOME,
    "differences": MOST,
    "client_links": MOST,
    "link_decisions": SOME,
}
"""What may be done for a clinic. What is kept for ever can be added to, and nothing else."""


def upgrade() -> None:
    _records()
    _feeds()
    _links()
    # Large and seldom read; what comes in is compressed already.
    op.execute("ALTER TABLE feed_parts ALTER COLUMN content SET STORAGE EXTERNAL")
    _make_role()
    _guard("practices", "id", "SELECT")
    for table, rights in RIGHTS.items():
        _guard(table, "practice", rights)


def _guard(table: str, column: str, rights: str) -> None:
    # In a subquery the setting is read once a statement, not once a row.
    theirs = f"{column} = ANY ((SELECT string_to_array(current_setting('onboarding.practices', true), ','))::text[])"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY clinic ON {table} USING ({theirs}) WITH CHECK ({theirs})")
    op.execute(f"GRANT {rights} ON {table} TO {ROLE}")


def _make_role() -> None:
    """The role is the server's, not the database's: another database may have made it, at this very moment even."""
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.execute(
                sa.text(
                    f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
                    f"THEN CREATE ROLE {ROLE} NOLOGIN; END IF; "
                    "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                )
            )
            if not connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
                connection.execute(sa.text(f"GRANT {ROLE} TO CURRENT_USER"))
    except sa.exc.ProgrammingError:
        # An administrator may have made it beforehand; what counts is whether it can be used.
        pass
    try:
        with connection.begin_nested():
            connection.execute(sa.text(f"SET LOCAL ROLE {ROLE}"))
            connection.execute(sa.text("RESET ROLE"))
    except sa.exc.DBAPIError:
        user = connection.scalar(sa.text("SELECT current_user"))
        raise DatabaseProblem(
            f"The database user {user} may not make the role that keeps clinics apart: have an administrator run "
            f"'CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {user};' once, then start again."
        ) from None


def _records() -> None:
    op.create_table(
        "practices",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", Moment, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practices")),
    )
    op.create_table(
        "clients",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("given_name", sa.Text),
        sa.Column("surname", sa.Text),
        sa.Column("street", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("state", sa.Text),
        sa.Column("postcode", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("feed", sa.Integer, nullable=False),
        sa.Column("fed", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["practice"], ["practices.id"], name=op.f("fk_clients_practice")),
        sa.PrimaryKeyConstraint("practice", "id", name=op.f("pk_clients")),
    )
    op.create_table(
        "patients",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("species", sa.Text),
        sa.Column("breed", sa.Text),
        sa.Column("birth_date", sa.Date),
        sa.Column("age_months", sa.Integer),
        sa.Column("age_on", sa.Date),
        sa.Column("weight_grams", sa.Integer),
        sa.Column("deceased", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("deceased_on", sa.Date),
        sa.Column("feed", sa.Integer, nullable=False),
        sa.Column("fed", sa.BigInteger, nullable=False),
        sa.CheckConstraint("weight_grams > 0", name=op.f("ck_patients_weight")),
        sa.ForeignKeyConstraint(
            ["practice", "client"], ["clients.practice", "clients.id"], name=op.f("fk_patients_practice_client")
        ),
        sa.PrimaryKeyConstraint("practice", "id", name=op.f("pk_patients")),
    )
    op.create_index(op.f("ix_patients_practice_client"), "patients", ["practice", "client"], unique=False)
    op.create_table(
        "home_clients",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("given_name", sa.Text),
        sa.Column("surname", sa.Text),
        sa.Column("street", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("state", sa.Text),
        sa.Column("postcode", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("created_at", Moment, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["practice"], ["practices.id"], name=op.f("fk_home_clients_practice")),
        sa.PrimaryKeyConstraint("practice", "id", name=op.f("pk_home_clients")),
    )
    op.create_table(
        "home_patients",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("species", sa.Text),
        sa.Column("breed", sa.Text),
        sa.Column("birth_date", sa.Date),
        sa.Column("age_months", sa.Integer),
        sa.Column("age_on", sa.Date),
        sa.Column("weight_grams", sa.Integer),
        sa.ForeignKeyConstraint(
            ["practice", "client"],
            ["home_clients.practice", "home_clients.id"],
            name=op.f("fk_home_patients_practice_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("practice", "id", name=op.f("pk_home_patients")),
    )
    op.create_index(op.f("ix_home_patients_practice_client"), "home_patients", ["practice", "client"], unique=False)
    op.create_table(
        "prescriptions",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("patient", sa.Text, nullable=False),
        sa.Column("label_name", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("needs_new", sa.Text),
        sa.Column("created_at", Moment, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_prescriptions_state")),
        sa.ForeignKeyConstraint(
            ["practice", "patient"],
            ["patients.practice", "patients.id"],
            name=op.f("fk_prescriptions_practice_patient"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prescriptions")),
    )
    op.create_index(op.f("ix_prescriptions_practice_patient"), "prescriptions", ["practice", "patient"], unique=False)
    op.create_table(
        "shipping_confirmations",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("order", sa.Text, nullable=False),
        sa.Column("confirmed", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["practice", "client"],
            ["clients.practice", "clients.id"],
            name=op.f("fk_shipping_confirmations_practice_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("practice", "client", "order", name=op.f("pk_shipping_confirmations")),
    )


def _feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope", sa.Text),
        sa.Column("made_at", Moment),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("notes", ARRAY(sa.Text), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("rows_total", sa.BigInteger),
        sa.Column("rows_read", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged_clients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged_patients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("staged_clients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("staged_patients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("applied_clients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("applied_patients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("new_clients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("new_patients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("updated_clients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("updated_patients", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("set_aside", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("values_set_aside", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("differing", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("missing", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("merged", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("to_review", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("after_client", sa.Integer),
        sa.Column("after_patient", sa.Integer),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("received_at", Moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", Moment),
        sa.Column("finished_at", Moment),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_why", sa.Text),
        sa.Column("decided_at", Moment),
        sa.CheckConstraint("scope IN ('full', 'changes')", name=op.f("ck_feeds_scope")),
        sa.CheckConstraint(
            "state IN ('received', 'reading', 'asking', 'applying', 'linking', 'done', 'refused')",
            name=op.f("ck_feeds_state"),
        ),
        sa.ForeignKeyConstraint(["practice"], ["practices.id"], name=op.f("fk_feeds_practice")),
        sa.PrimaryKeyConstraint("practice", "number", name=op.f("pk_feeds")),
    )
    op.create_index(
        "ix_feeds_done", "feeds", ["practice", "made_at"], unique=False, postgresql_where=sa.text("state = 'done'")
    )
    op.create_table(
        "feed_parts",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("feed", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["practice", "feed"],
            ["feeds.practice", "feeds.number"],
            name=op.f("fk_feed_parts_practice_feed"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("practice", "feed", "part", name=op.f("pk_feed_parts")),
    )
    op.create_table(
        "staged_clients",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("feed", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("given_name", sa.Text),
        sa.Column("surname", sa.Text),
        sa.Column("street", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("state", sa.Text),
        sa.Column("postcode", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("fed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("practice", "feed", "line", name=op.f("pk_staged_clients")),
    )
    op.create_table(
        "staged_patients",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("feed", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("species", sa.Text),
        sa.Column("breed", sa.Text),
        sa.Column("birth_date", sa.Date),
        sa.Column("age_months", sa.Integer),
        sa.Column("age_on", sa.Date),
        sa.Column("weight_grams", sa.Integer),
        sa.Column("deceased", sa.Boolean),
        sa.Column("deceased_on", sa.Date),
        sa.Column("fed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("practice", "feed", "line", name=op.f("pk_staged_patients")),
    )
    op.create_table(
        "set_aside",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("feed", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("id", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('client', 'patient', 'row')", name=op.f("ck_set_aside_kind")),
        sa.ForeignKeyConstraint(
            ["practice", "feed"],
            ["feeds.practice", "feeds.number"],
            name=op.f("fk_set_aside_practice_feed"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("practice", "feed", "kind", "line", "field", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("old", JSONB),
        sa.Column("new", JSONB),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("feed", sa.Integer),
        sa.Column("by", sa.Text),
        sa.Column("at", Moment, nullable=False),
        sa.Column("why", sa.Text),
        sa.CheckConstraint("source IN ('feed', 'owner', 'staff')", name=op.f("ck_changes_source")),
        sa.ForeignKeyConstraint(["practice"], ["practices.id"], name=op.f("fk_changes_practice")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_practice_feed"), "changes", ["practice", "feed"], unique=False)
    op.create_index(op.f("ix_changes_practice_kind_id"), "changes", ["practice", "kind", "id"], unique=False)
    op.create_table(
        "differences",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("ours", JSONB, nullable=False),
        sa.Column("theirs", JSONB, nullable=False),
        sa.Column("first_feed", sa.Integer),
        sa.Column("last_feed", sa.Integer),
        sa.Column("first_seen", Moment, nullable=False),
        sa.Column("last_seen", Moment, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("at", Moment),
        sa.Column("why", sa.Text),
        sa.CheckConstraint("state IN ('open', 'asked', 'kept', 'taken', 'gone')", name=op.f("ck_differences_state")),
        sa.ForeignKeyConstraint(["practice"], ["practices.id"], name=op.f("fk_differences_practice")),
        sa.PrimaryKeyConstraint("practice", "kind", "id", "field", name=op.f("pk_differences")),
        sa.UniqueConstraint("number", name=op.f("uq_differences_number")),
    )
    op.create_index(
        "ix_differences_open",
        "differences",
        ["practice", "number"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'asked')"),
    )


def _links() -> None:
    op.create_table(
        "client_links",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("home_client", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("reasons", ARRAY(sa.Text), nullable=False),
        sa.Column("feed", sa.Integer),
        sa.Column("by", sa.Text),
        sa.Column("at", Moment, nullable=False),
        sa.Column("why", sa.Text),
        sa.CheckConstraint("state IN ('merged', 'review', 'different', 'undone')", name=op.f("ck_client_links_state")),
        sa.ForeignKeyConstraint(
            ["practice", "client"],
            ["clients.practice", "clients.id"],
            name=op.f("fk_client_links_practice_client"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["practice", "home_client"],
            ["home_clients.practice", "home_clients.id"],
            name=op.f("fk_client_links_practice_home_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_client_links")),
        sa.UniqueConstraint(
            "practice", "client", "home_client", name=op.f("uq_client_links_practice_client_home_client")
        ),
    )
    op.create_index(
        "ix_client_links_review",
        "client_links",
        ["practice", "number"],
        unique=False,
        postgresql_where=sa.text("state = 'review'"),
    )
    op.create_index(
        "uq_client_links_client",
        "client_links",
        ["practice", "client"],
        unique=True,
        postgresql_where=sa.text("state = 'merged'"),
    )
    op.create_index(
        "uq_client_links_home",
        "client_links",
        ["practice", "home_client"],
        unique=True,
        postgresql_where=sa.text("state = 'merged'"),
    )
    op.create_table(
        "link_decisions",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("link", sa.BigInteger, nullable=False),
        sa.Column("was", sa.Text, nullable=False),
        sa.Column("decided", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("why", sa.Text),
        sa.CheckConstraint(
            "decided IN ('same', 'different', 'not_sure', 'undone')", name=op.f("ck_link_decisions_decided")
        ),
        sa.ForeignKeyConstraint(
            ["link"], ["client_links.number"], name=op.f("fk_link_decisions_link"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_link_decisions")),
    )
    op.create_index(op.f("ix_link_decisions_practice_link"), "link_decisions", ["practice", "link"], unique=False)
