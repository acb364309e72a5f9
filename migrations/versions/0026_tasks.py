"""Tasks of clinics, and when a client was added (RS8, RS9)."""

from alembic import op

revision = "0026"
down_revision = "0025"

ROLE = "onboarding_clinic"
OWN = "practice = ANY ((SELECT own_practices())::text[])"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE tasks (practice text NOT NULL, id text NOT NULL, title text NOT NULL, "
        "state text DEFAULT 'open' NOT NULL, assignee text NOT NULL, due_on date, repeat text, origin text, "
        "client text, patient text, created_by text NOT NULL, created_at timestamptz DEFAULT now() NOT NULL, "
        "done_by text, done_at timestamptz, listed_until timestamptz DEFAULT 'infinity' NOT NULL, "
        "repeated boolean DEFAULT false NOT NULL, "
        "CONSTRAINT pk_tasks PRIMARY KEY (practice, id), "
        "CONSTRAINT fk_tasks_practice_assignee FOREIGN KEY (practice, assignee) REFERENCES members (clinic, person), "
        "CONSTRAINT ck_tasks_state CHECK (state IN ('open', 'in_progress', 'done')), "
        "CONSTRAINT ck_tasks_repeat CHECK (repeat IS NULL OR due_on IS NOT NULL))"
    )
    op.execute("CREATE INDEX ix_tasks_assigned ON tasks (practice, assignee, listed_until)")
    op.execute("CREATE INDEX ix_tasks_of_clinic ON tasks (practice, listed_until)")
    op.execute(
        "CREATE TABLE task_notes (practice text NOT NULL, task text NOT NULL, number integer NOT NULL, "
        "at timestamptz DEFAULT now() NOT NULL, by text NOT NULL, text text NOT NULL, "
        "CONSTRAINT pk_task_notes PRIMARY KEY (practice, task, number), "
        "CONSTRAINT fk_task_notes_practice_task FOREIGN KEY (practice, task) REFERENCES tasks (practice, id) "
        "ON DELETE CASCADE)"
    )
    changeable = (
        "title, state, assignee, due_on, repeat, origin, client, patient, done_by, done_at, listed_until, repeated"
    )
    for table, rights in (
        ("tasks", f"SELECT, INSERT, DELETE, UPDATE ({changeable})"),
        ("task_notes", "SELECT, INSERT"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY clinic ON {table} USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(
        "CREATE TABLE task_sharing_off (clinic text NOT NULL, by text NOT NULL, at timestamptz DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_task_sharing_off PRIMARY KEY (clinic), "
        "CONSTRAINT fk_task_sharing_off_clinic FOREIGN KEY (clinic) REFERENCES clinics (id))"
    )
    # Of the clients who are there already nobody knows when they came: null, not the time of this migration.
    op.execute("ALTER TABLE clients ADD created_at timestamptz")
    op.execute("ALTER TABLE clients ALTER created_at SET DEFAULT now()")
