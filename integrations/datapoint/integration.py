"""DataPoint's two playbooks, and what generic code needs to know of them."""

from configuration.settings import Settings
from integrations.datapoint.queue_request import QUEUE_REQUEST
from integrations.model import ClinicData, EventSource, Example, Integration, PartnerContact, PracticePage
from partners.datapoint import FACTS, FEED_EVENT_TYPES, read_event
from playbooks.datapoint import DATAPOINT, FEED
from playbooks.datapoint_reconnection import RECONNECTION


def _contact(settings: Settings) -> PartnerContact:
    return PartnerContact(settings.datapoint_address, settings.datapoint_phone)


CONNECTION = Integration(
    playbook=DATAPOINT,
    data=ClinicData(
        facts=("data_received", "import_completed"),
        first_feed="DataPoint's agent sends the first one about a week after it is installed.",
        first_data="It comes about a week after DataPoint's agent is installed at a clinic.",
    ),
    events=EventSource(
        name="datapoint",
        actor="DataPoint",
        playbook=DATAPOINT.name,
        setting="ONBOARD_DATAPOINT_WEBHOOK_SECRET",
        secrets=lambda settings: settings.datapoint_webhook_secret,
        read=read_event,
        types=(*FACTS, *FEED_EVENT_TYPES),
        facts=FACTS,
        example={
            "type": "invitation.sent",
            "timestamp": "2026-11-21T12:00:00Z",
            "data": {"practice_id": "riverside-vet"},
        },
    ),
    request=QUEUE_REQUEST,
    contact=_contact,
    page=PracticePage(
        # Who installs it may say so first; DataPoint's own report counts once it comes.
        reported_elsewhere=frozenset(FACTS.values()) - {"agent_installed"},
        prepares="agent_installation",
        checklist=(
            (
                "server",
                "I can access the server",
                "The machine where the database of your practice management system (PIMS) lives.",
            ),
            (
                "rights",
                "I have administrator rights on it",
                "A local administrator account, to install software and a service.",
            ),
            (
                "network",
                "It can connect to the internet",
                "Outbound HTTPS (port 443); DataPoint confirms the host names.",
            ),
            (
                "session",
                "I can take part in one session",
                "DataPoint confirms how long it takes, and whether anything must restart.",
            ),
        ),
    ),
    example=Example(
        reports=(
            ("queued", {}, 1),
            ("invitation_sent", {}, 21),
            (
                "technical_contact_designated",
                {"name": "Lee Park", "email": "lee@riverside.example", "phone": "(312) 555-0170"},
                22,
            ),
        )
    ),
)
RECONNECTING = Integration(
    playbook=RECONNECTION,
    contact=_contact,
    # The feed's watch notices by itself that the agent is back.
    page=PracticePage(reported_elsewhere=frozenset({FEED.reconnection.agent})),
)
