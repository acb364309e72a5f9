"""Requests for record sharing are kept, and pairs of clinics follow the facts of their onboarding (RS2, RS3)."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE shares ADD run text, ADD version bigint DEFAULT 0 NOT NULL, ADD enabled_at timestamptz, "
        "ADD removed_because text, ADD settled_by text"
    )
    op.execute(
        "CREATE TABLE sharing_requests (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT now() NOT NULL, "
        "clinic text, clinics text[] NOT NULL, by text NOT NULL, outcome text NOT NULL, reason text, onboarding text, "
        "message bytea, evidence jsonb, decided_by text, decided_at timestamptz, "
        "CONSTRAINT pk_sharing_requests PRIMARY KEY (id), CONSTRAINT ck_sharing_requests_outcome "
        "CHECK (outcome IN ('accepted', 'refused', 'undecided')))"
    )
    op.execute("CREATE INDEX ix_sharing_requests_clinic_at ON sharing_requests (clinic, at)")
