"""Practices with an account, and their people, who sign in as the team does."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("ALTER TABLE users ALTER role DROP NOT NULL")
    op.execute("ALTER TABLE users ADD CONSTRAINT ck_users_side CHECK ((role IS NULL) = (handle LIKE 'member:%'))")
    op.execute("DROP INDEX uq_users_email")
    op.execute("CREATE UNIQUE INDEX uq_users_email ON users ((role IS NULL), lower(email))")
    op.execute(
        "CREATE TABLE clinics (id text NOT NULL, name text NOT NULL, owner text NOT NULL, account_email text NOT NULL, "
        "time_zone text NOT NULL, country text NOT NULL, state text, created_at timestamptz DEFAULT now() NOT NULL, "
        "updated_at timestamptz DEFAULT now() NOT NULL, CONSTRAINT pk_clinics PRIMARY KEY (id))"
    )
    op.execute(
        "CREATE TABLE members (clinic text NOT NULL, person text NOT NULL, handle text NOT NULL, role text NOT NULL, "
        "active boolean DEFAULT true NOT NULL, created_at timestamptz DEFAULT now() NOT NULL, "
        "updated_at timestamptz DEFAULT now() NOT NULL, CONSTRAINT pk_members PRIMARY KEY (clinic, person), "
        "CONSTRAINT uq_members_clinic_handle UNIQUE (clinic, handle), "
        "CONSTRAINT ck_members_role CHECK (role IN ('owner', 'admin', 'vet', 'staff')), "
        "CONSTRAINT fk_members_clinic FOREIGN KEY (clinic) REFERENCES clinics (id), "
        "CONSTRAINT fk_members_person FOREIGN KEY (person) REFERENCES users (handle) ON DELETE CASCADE)"
    )
    op.execute("CREATE INDEX ix_members_person ON members (person)")
    op.execute(
        "CREATE TABLE delegates (clinic text NOT NULL, vet text NOT NULL, delegate text NOT NULL, "
        "at timestamptz DEFAULT now() NOT NULL, CONSTRAINT pk_delegates PRIMARY KEY (clinic, vet, delegate), "
        "CONSTRAINT ck_delegates_other CHECK (vet <> delegate), "
        "CONSTRAINT fk_delegates_clinic_vet FOREIGN KEY (clinic, vet) REFERENCES members (clinic, handle), "
        "CONSTRAINT fk_delegates_clinic_delegate FOREIGN KEY (clinic, delegate) REFERENCES members (clinic, handle))"
    )
