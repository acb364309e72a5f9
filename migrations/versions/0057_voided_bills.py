"""An invoice or payment that was recorded by mistake is voided: it stays on record, and counts no more (RS6).

What is open at a sister clinic stays seen once sharing has ended, also while it is asked for anew.
"""

from alembic import op

revision = "0057"
down_revision = "0055"

ROLE = "onboarding_clinic"
VOID = "voided_at, voided_by, void_reason"


def upgrade() -> None:
    for table in ("invoices", "payments"):
        op.execute(
            f"ALTER TABLE {table} ADD voided_at timestamptz, ADD voided_by text, ADD void_reason text, "
            f"ADD CONSTRAINT ck_{table}_voided CHECK (num_nulls({VOID}) IN (0, 3))"
        )
        op.execute(f"GRANT UPDATE ({VOID}) ON {table} TO {ROLE}")
    op.execute(
        "ALTER TABLE invoices ADD CONSTRAINT ck_invoices_voided_unpaid CHECK (voided_at IS NULL OR paid_cents = 0)"
    )
    # Between two clinics that share or did, so that an amount that is open stays seen once sharing has ended.
    op.execute(
        "CREATE OR REPLACE FUNCTION invoices_elsewhere(looker text, at text, client text) "
        "RETURNS TABLE (practice text, id text, origin text, client_id text, open_cents bigint) LANGUAGE sql STABLE "
        "SECURITY DEFINER SET search_path FROM CURRENT AS $$"
        "WITH mine AS (SELECT c.practice, c.id, c.person FROM clients c WHERE c.practice = at AND c.id = client "
        "AND looker = ANY (own_practices()) AND looker = ANY (members_of(c.circle))), "
        "same AS (SELECT m.practice, m.id FROM mine m UNION SELECT c.practice, c.id FROM mine m "
        "JOIN clients c ON c.person = m.person WHERE looker = ANY (members_of(c.circle))) "
        "SELECT i.practice, i.id, i.origin, i.client, i.cents - i.paid_cents FROM same s "
        "JOIN invoices i ON i.origin = s.practice AND i.client = s.id AND i.voided_at IS NULL "
        "JOIN shares h ON h.clinic = looker AND h.other = i.practice "
        "AND (h.state IN ('enabled', 'removed') OR h.enabled_at IS NOT NULL)$$"
    )
