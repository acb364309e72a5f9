"""What generic code needs to know of record sharing's playbook."""

from integrations.model import ConsolePage, Integration, PracticePage
from integrations.record_sharing.authorization import check_report
from integrations.record_sharing.matters import matters
from integrations.record_sharing.progress import follow_journal
from playbooks.record_sharing import RECORD_SHARING

SHARING = Integration(
    playbook=RECORD_SHARING,
    # By the clinics' people once signed in: a link can be forwarded.
    page=PracticePage(reported_elsewhere=frozenset({"requested", "preview_seen", "confirmed", "withdrawn"})),
    console=ConsolePage("sharing", "Record sharing"),
    matters=matters,
    check=check_report,
    follow=follow_journal,
)
