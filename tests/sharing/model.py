"""Who may see what, slowly and obviously: every row has the set of clinics that see it, kept by hand."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ClientModel:
    """A client, with patients by ID there, each with the clinics that added its records, in order."""

    origin: str
    id: str
    name: str
    seen_by: set[str]
    phone: str | None = None
    changed_at: list[str] = field(default_factory=list)
    patients: dict[str, list[str]] = field(default_factory=dict)

    def id_at(self, clinic: str) -> str:
        return self.id if clinic == self.origin else f"{self.origin}~{self.id}"

    def patient_at(self, clinic: str, patient: str) -> str:
        return patient if clinic == self.origin else f"{self.origin}~{patient}"


@dataclass
class Model:
    """`shares`: the mode at the first clinic of a pair, while enabled. `members`: who may enter where."""

    clients: list[ClientModel] = field(default_factory=list)
    shares: dict[tuple[str, str], str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)

    def add(self, clinic: str, id: str, name: str) -> None:
        others = {other for (one, other), mode in self.shares.items() if one == clinic and mode == "automatic"}
        self.clients.append(ClientModel(clinic, id, name, {clinic} | others))

    def seen(self, clinic: str) -> list[ClientModel]:
        return [each for each in self.clients if clinic in each.seen_by]

    def seen_by(self, person: str) -> list[ClientModel]:
        """Returns the clients whom a person sees at any clinic that they may enter."""
        return [each for each in self.clients if each.seen_by & self.members[person]]

    def suggested(self, clinic: str) -> list[ClientModel]:
        return [each for each in self.clients if clinic not in each.seen_by and (each.origin, clinic) in self.shares]
