"""Prescriptions with their whole life, and the catalogue of products."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("ALTER TABLE prescriptions ALTER COLUMN id DROP IDENTITY")
    op.execute("ALTER TABLE prescriptions ALTER COLUMN id TYPE text USING id::text")
    op.execute(
        "ALTER TABLE prescriptions ADD client text, ADD prescriber text, ADD origin text, ADD token text, "
        "ADD request jsonb, ADD started_at timestamptz, ADD version integer NOT NULL DEFAULT 0, ADD record jsonb, "
        "ADD situation text, ADD waiting_on text, ADD statuses text[] NOT NULL DEFAULT '{}', ADD ezyvet text, "
        "ADD reason text, ADD next_at timestamptz, ADD patient_name text, ADD deceased boolean NOT NULL DEFAULT false, "
        "ADD updated_at timestamptz NOT NULL DEFAULT now(), "
        "ADD CONSTRAINT uq_prescriptions_token UNIQUE (token)"
    )
    op.execute("CREATE INDEX ix_prescriptions_practice_created_at_id ON prescriptions (practice, created_at, id)")
    op.execute("CREATE INDEX ix_prescriptions_created_at ON prescriptions (created_at) WHERE started_at IS NULL")
    op.execute("CREATE INDEX ix_prescriptions_updated_at ON prescriptions (updated_at) WHERE ezyvet = 'needs_person'")
    op.execute(
        "CREATE TABLE products (reference text NOT NULL, name text NOT NULL, kind text NOT NULL, "
        "price_cents integer NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_products PRIMARY KEY (reference), "
        "CONSTRAINT ck_products_kind CHECK (kind IN ('prescription', 'over_the_counter', 'free', 'controlled')))"
    )
    op.execute(
        "CREATE TABLE ezyvet_attempts (prescription text NOT NULL, first_at timestamptz DEFAULT now() NOT NULL, "
        "sent_at timestamptz, ended boolean DEFAULT false NOT NULL, timed_out boolean DEFAULT false NOT NULL, "
        "CONSTRAINT pk_ezyvet_attempts PRIMARY KEY (prescription))"
    )
