"""What people choose for a practice's ezyVet: the user of each vet, the animal of a patient, and the test."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute(
        'CREATE TABLE ezyvet_prescribers (practice text NOT NULL, vet text NOT NULL, "user" integer NOT NULL, '
        "name text NOT NULL, chosen_by text NOT NULL, chosen_at timestamptz DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_ezyvet_prescribers PRIMARY KEY (practice, vet), "
        'CONSTRAINT uq_ezyvet_prescribers_practice_user UNIQUE (practice, "user"))'
    )
    op.execute(
        "CREATE TABLE ezyvet_animals (practice text NOT NULL, patient text NOT NULL, animal integer NOT NULL, "
        "chosen_by text NOT NULL, chosen_at timestamptz DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_ezyvet_animals PRIMARY KEY (practice, patient))"
    )
    op.execute(
        "CREATE TABLE ezyvet_trials (practice text NOT NULL, reference text NOT NULL, patient text NOT NULL, "
        "animal integer NOT NULL, uid text, sent_by text NOT NULL, sent_at timestamptz DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_ezyvet_trials PRIMARY KEY (practice))"
    )
