"""Saved views of the board, and what each colleague's board begins with."""

from alembic import op

revision = "0034"
down_revision = "0033"

PERSON = "REFERENCES users (handle) ON DELETE CASCADE"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE board_views (id bigint GENERATED ALWAYS AS IDENTITY, owner text NOT NULL, name text NOT NULL, "
        "query text NOT NULL, shared boolean NOT NULL, CONSTRAINT pk_board_views PRIMARY KEY (id), "
        "CONSTRAINT uq_board_views_owner_name UNIQUE (owner, name), "
        f"CONSTRAINT fk_board_views_owner FOREIGN KEY (owner) {PERSON})"
    )
    op.execute(
        "CREATE TABLE board_defaults (person text NOT NULL, view bigint, "
        "CONSTRAINT pk_board_defaults PRIMARY KEY (person), "
        f"CONSTRAINT fk_board_defaults_person FOREIGN KEY (person) {PERSON}, "
        "CONSTRAINT fk_board_defaults_view FOREIGN KEY (view) REFERENCES board_views (id) ON DELETE CASCADE)"
    )
