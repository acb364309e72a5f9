"""Sites of ezyVet with their credentials, tokens, and the calls that count towards ezyVet's limits."""

from alembic import op

revision = "0016"
down_revision = "0015"

TABLES = """
CREATE TABLE ezyvet_sites (
    practice text NOT NULL,
    state text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    reason text,
    before text,
    site text,
    key text,
    sealed bytea,
    CONSTRAINT pk_ezyvet_sites PRIMARY KEY (practice),
    CONSTRAINT ck_ezyvet_sites_state
        CHECK (state IN ('no_credentials', 'credentials', 'testing', 'live', 'revoked')),
    CONSTRAINT ck_ezyvet_sites_sealed CHECK ((sealed IS NULL) = (state = 'no_credentials'))
);
"""


def upgrade() -> None:
    op.execute(TABLES)
