"""What a client owes at a sister clinic stays seen once sharing has ended, also while it is asked for anew (RS6)."""

from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    # The amounts alone, of a client whom both see, between two clinics that share or did, as `Share.has_begun` says:
    # never transitively.
    op.execute(
        "CREATE OR REPLACE FUNCTION invoices_elsewhere(looker text, at text, client text) "
        "RETURNS TABLE (practice text, id text, origin text, client_id text, open_cents bigint) LANGUAGE sql STABLE "
        "SECURITY DEFINER SET search_path FROM CURRENT AS $$"
        "WITH mine AS (SELECT c.practice, c.id, c.person FROM clients c WHERE c.practice = at AND c.id = client "
        "AND looker = ANY (own_practices()) AND looker = ANY (members_of(c.circle))), "
        "same AS (SELECT m.practice, m.id FROM mine m UNION SELECT c.practice, c.id FROM mine m "
        "JOIN clients c ON c.person = m.person WHERE looker = ANY (members_of(c.circle))) "
        "SELECT i.practice, i.id, i.origin, i.client, i.cents - i.paid_cents FROM same s "
        "JOIN invoices i ON i.origin = s.practice AND i.client = s.id "
        "JOIN shares h ON h.clinic = looker AND h.other = i.practice "
        "AND (h.state IN ('enabled', 'removed') OR h.enabled_at IS NOT NULL)$$"
    )
