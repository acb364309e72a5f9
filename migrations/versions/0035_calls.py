"""The call log: calls with practices."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE calls (id bigint GENERATED ALWAYS AS IDENTITY, practice text NOT NULL, direction text NOT NULL, "
        "name text NOT NULL, phone text, said text NOT NULL, at timestamptz NOT NULL, by text NOT NULL, "
        "logged_at timestamptz DEFAULT now() NOT NULL, key text NOT NULL, taken_back_by text, "
        "taken_back_at timestamptz, taken_back_why text, CONSTRAINT pk_calls PRIMARY KEY (id), "
        "CONSTRAINT uq_calls_key UNIQUE (key), "
        "CONSTRAINT ck_calls_direction CHECK (direction IN ('incoming', 'outgoing')), "
        "CONSTRAINT ck_calls_taken_back CHECK ((taken_back_by IS NULL) = (taken_back_at IS NULL)))"
    )
    op.execute("CREATE INDEX ix_calls_practice_at_id ON calls (practice, at, id)")
