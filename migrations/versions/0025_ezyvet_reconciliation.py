"""Each practice's last comparison with its ezyVet, and what it found."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE ezyvet_reconciliations (practice text NOT NULL, started_at timestamptz NOT NULL, "
        "finished_at timestamptz, position text NOT NULL, compared integer DEFAULT 0 NOT NULL, "
        "agreed integer DEFAULT 0 NOT NULL, problem text, "
        "CONSTRAINT pk_ezyvet_reconciliations PRIMARY KEY (practice))"
    )
    op.execute(
        "CREATE TABLE ezyvet_findings (practice text NOT NULL, kind text NOT NULL, subject text NOT NULL, "
        "text text NOT NULL, todo text NOT NULL, since timestamptz DEFAULT now() NOT NULL, "
        "run_at timestamptz NOT NULL, decision text, decided_by text, "
        "CONSTRAINT pk_ezyvet_findings PRIMARY KEY (practice, kind, subject), "
        "CONSTRAINT ck_ezyvet_findings_kind CHECK "
        "(kind IN ('vet', 'animal', 'missing', 'twice', 'changed', 'unreadable', 'repaired')), "
        "CONSTRAINT ck_ezyvet_findings_decision CHECK (decision IN ('ours', 'theirs')))"
    )
