"""DataPoint's two playbooks, and what the generic rooms have to know of them."""

from __future__ import annotations

from integrations.model import Integration, PracticePage
from playbooks.datapoint import DATAPOINT
from playbooks.datapoint_reconnection import RECONNECTION

CONNECTION = Integration(
    playbook=DATAPOINT,
    page=PracticePage(
        prepares="agent_installation",
        checklist=(
            (
                "server",
                "I can get at the server",
                "The machine where the database of your practice management system (PIMS) lives.",
            ),
            (
                "rights",
                "I have administrator rights on it",
                "A local administrator account, to install software and a service.",
            ),
            ("network", "It reaches the internet", "Outbound HTTPS (port 443); DataPoint confirms the host names."),
            (
                "session",
                "I can take part in one session",
                "DataPoint confirms how long it takes, and whether anything must restart.",
            ),
        ),
    ),
)
RECONNECTING = Integration(playbook=RECONNECTION)
