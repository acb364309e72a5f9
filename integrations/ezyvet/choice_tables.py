"""The tables of what people choose for a practice's ezyVet, and of its test prescription."""

from sqlalchemy import Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from store.columns import column, metadata, now_column

prescribers = Table(
    "ezyvet_prescribers",
    metadata,
    column("practice"),
    column("vet"),
    column("user", Integer),
    column("name"),
    column("chosen_by"),
    now_column("chosen_at"),
    PrimaryKeyConstraint("practice", "vet"),
    UniqueConstraint("practice", "user"),
)
"""The ezyVet user that each vet is, by the pharmacy's handle of the vet (RX10). `name` is the user's."""

chosen_animals = Table(
    "ezyvet_animals",
    metadata,
    column("practice"),
    column("patient"),
    column("animal", Integer),
    column("chosen_by"),
    now_column("chosen_at"),
    PrimaryKeyConstraint("practice", "patient"),
)
"""The animal that a patient is, where a person had to choose: else it is the one with the feed's id (RX4)."""

trials = Table(
    "ezyvet_trials",
    metadata,
    column("practice"),
    column("reference"),
    column("patient"),
    column("animal", Integer),
    column("uid", null=True),
    column("sent_by"),
    now_column("sent_at"),
    PrimaryKeyConstraint("practice"),
)
"""The test prescription that a practice is to see; `uid` is null while nobody knows whether ezyVet took it."""
