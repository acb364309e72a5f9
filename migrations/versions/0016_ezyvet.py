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

CREATE TABLE ezyvet_tokens (
    credentials text NOT NULL,
    key text,
    sealed bytea,
    expires_at timestamptz,
    lease text,
    leased_until timestamptz,
    refused_as text,
    refusal text,
    refused_until timestamptz,
    CONSTRAINT pk_ezyvet_tokens PRIMARY KEY (credentials)
);

CREATE TABLE ezyvet_places (
    id bigint GENERATED ALWAYS AS IDENTITY,
    site text NOT NULL,
    endpoint text NOT NULL,
    granted_at timestamptz NOT NULL,
    ended_at timestamptz,
    frees_at timestamptz NOT NULL,
    CONSTRAINT pk_ezyvet_places PRIMARY KEY (id)
);
CREATE INDEX ix_ezyvet_places_site_frees_at ON ezyvet_places (site, frees_at);

CREATE TABLE ezyvet_queue (
    site text NOT NULL,
    key text NOT NULL,
    endpoint text NOT NULL,
    priority integer NOT NULL,
    position bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL,
    CONSTRAINT pk_ezyvet_queue PRIMARY KEY (site, key)
);
CREATE INDEX ix_ezyvet_queue_site_priority_position_key ON ezyvet_queue (site, priority, position, key);

CREATE TABLE ezyvet_closures (
    site text NOT NULL,
    endpoint text NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT pk_ezyvet_closures PRIMARY KEY (site, endpoint)
);
"""


def upgrade() -> None:
    op.execute(TABLES)
