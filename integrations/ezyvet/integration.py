"""What generic code needs to know of ezyVet's playbook."""

from integrations.ezyvet.matters import matters
from integrations.model import ConsolePage, Integration, PracticePage
from playbooks.ezyvet import EZYVET

CONNECTING = Integration(
    playbook=EZYVET,
    # They are confirmed by actions of their own, once there is something to look at.
    page=PracticePage(reported_elsewhere=frozenset({"prescribers_confirmed", "test_prescription_seen"})),
    console=ConsolePage("ezyvet", "ezyVet site"),
    matters=matters,
)
