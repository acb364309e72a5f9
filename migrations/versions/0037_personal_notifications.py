"""What colleagues are told of, and how each wants to be told."""

from alembic import op

revision = "0037"
down_revision = "0036"

PERSON = "REFERENCES users (handle) ON DELETE CASCADE"
KIND = "CHECK (kind IN ('mention', 'assignment', 'breach'))"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE personal_notifications (id bigint GENERATED ALWAYS AS IDENTITY, person text NOT NULL, "
        "kind text NOT NULL, event text NOT NULL, onboarding text NOT NULL, practice_name text NOT NULL, "
        'text text NOT NULL, quote text, "by" text, at timestamptz NOT NULL, read_at timestamptz, '
        "CONSTRAINT pk_personal_notifications PRIMARY KEY (id), "
        "CONSTRAINT uq_personal_notifications_person_event UNIQUE (person, event), "
        f"CONSTRAINT ck_personal_notifications_kind {KIND}, "
        f"CONSTRAINT fk_personal_notifications_person FOREIGN KEY (person) {PERSON})"
    )
    op.execute("CREATE INDEX ix_personal_notifications_person_at ON personal_notifications (person, at)")
    op.execute(
        "CREATE TABLE notification_choices (person text NOT NULL, kind text NOT NULL, mail boolean NOT NULL, "
        "list boolean NOT NULL, CONSTRAINT pk_notification_choices PRIMARY KEY (person, kind), "
        f"CONSTRAINT ck_notification_choices_kind {KIND}, "
        f"CONSTRAINT fk_notification_choices_person FOREIGN KEY (person) {PERSON})"
    )
