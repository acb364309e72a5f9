"""The tables of mail: the ledger, and switches for the whole system."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    func,
    text,
)

from playbooks.engine.states import MAIL_STATES, REMEDIES
from store.columns import Json, Moment, column, metadata, moment, one_of

mails = Table(
    "mails",
    metadata,
    column("key"),
    column("onboarding", null=True),
    column("run", null=True),
    column("kind"),
    column("role"),
    column("stage", null=True),
    column("to_name"),
    column("to_email", null=True),
    column("subject"),
    column("text"),
    column("html"),
    column("message_id"),
    column("state"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("doubts", Integer, nullable=False, server_default="0"),
    column("error", null=True),
    column("remedy", null=True),
    column("note", null=True),
    moment("created_at"),
    moment("claimed_at", null=True),
    moment("sent_at", null=True),
    Column("updated_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("key"),
    CheckConstraint(f"state IN {one_of(MAIL_STATES)}", name="state"),
    CheckConstraint(f"remedy IN {one_of(REMEDIES)}", name="remedy"),
)
"""Every mail, as it was written, and what became of it. `doubts` counts the attempts that nobody knows the end of."""

Index("uq_mails_message_id", mails.c.message_id, unique=True)
Index("ix_mails_onboarding", mails.c.onboarding, mails.c.run)
Index("ix_mails_state", mails.c.state)
Index("ix_mails_held", mails.c.created_at, mails.c.key, postgresql_where=text("state = 'held'"))
Index("ix_mails_sent", mails.c.sent_at, mails.c.key, postgresql_where=text("sent_at IS NOT NULL"))
_of_onboardings = "onboarding IS NOT NULL"
Index(
    "ix_mails_troubled",
    mails.c.created_at,
    mails.c.key,
    postgresql_where=text(f"state IN ('failed', 'bounced', 'unknown') AND {_of_onboardings}"),
)
Index(
    "ix_mails_ours",
    mails.c.kind,
    mails.c.created_at,
    mails.c.key,
    postgresql_where=text(f"role IN ('team', 'assignee') AND {_of_onboardings}"),
)

switches = Table(
    "switches",
    metadata,
    column("name"),
    Column("value", Json, nullable=False),
    column("by"),
    column("why", null=True),
    moment("at"),
    PrimaryKeyConstraint("name"),
)
"""What a person switched on or off for the whole system, with who, why and when."""

bounce_mailboxes = Table(
    "bounce_mailboxes",
    metadata,
    column("name"),
    column("uid_validity", BigInteger, null=True),
    Column("next_uid", BigInteger, nullable=False, server_default="1"),
    Column("waiting", Json, nullable=False, server_default="[]"),
    Column("taken", Integer, nullable=False, server_default="0"),
    moment("free_at"),
    moment("read_at", null=True),
    column("problem", null=True),
    PrimaryKeyConstraint("name"),
)
"""How far each mailbox for returned mail has been read. `waiting` are the UIDs of reports that are tried again;
`free_at` is when the next reader may begin."""
