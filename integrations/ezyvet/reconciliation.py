"""Compares a practice's prescriptions with its ezyVet, by reads alone, and repairs what is safe.

A batch of a hundred prescriptions takes one read each of the prescriptions and the animals, and as few as possible of
the items. What a person changed in ezyVet is listed for a person, and never overwritten unasked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.ezyvet import attempts, findings, patients, prescribers
from integrations.ezyvet.attempts import Attempt
from integrations.ezyvet.findings import Finding, Found, Run
from integrations.ezyvet.prescribers import Prescriber, unfit
from integrations.ezyvet.read_back import shown_item
from integrations.ezyvet.reconciliation_tables import FindingKind
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.records import Animal, PrescriptionItem, User
from partners.ezyvet.records import Prescription as Theirs
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.acknowledgement import read_back
from pharmacy.prescriptions.life.calls import Observed
from pharmacy.prescriptions.life.comparison import Comparison, Reading, compare
from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.events import Event, PrescriberDisabled, PrescriberReplaced
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.values import Prescription
from playbooks.engine.validation import error_sentence

BATCH = 100
BY = "reconciliation"
RECENT = 60.0
"""Seconds after a write in which ezyVet may not show it yet."""
WHAT_TO_DO = {
    "vet": "Choose another user for this vet, or name another prescriber of what is open; then compare again.",
    "dead": "Ask the practice; if it is so, cancel what is open for the patient.",
    "animal": "Ask the practice, and choose which animal the patient is.",
    "missing": "Ask the practice. Then have it created there again, or leave it as it is.",
    "twice": "Disable the other one in ezyVet.",
    "changed": "Ask the practice. Then have ours sent again, or leave it as it is there.",
    "unreadable": "Look at it in ezyVet, and ask the practice who changed it.",
}


@dataclass(frozen=True)
class Batch:
    """What was read about some prescriptions, by their ids; animals by patient."""

    theirs: Mapping[str, Sequence[Theirs]]
    items: Mapping[int, Sequence[PrescriptionItem]]
    animals: Mapping[str, tuple[int, Animal | None]]
    writes: Mapping[str, Attempt]
    decisions: Mapping[str, Finding]


@dataclass(frozen=True)
class Reconciler:
    """Compares one practice. Its methods raise what calls to ezyVet raise, and can be repeated.

    `follow` has a prescription's record follow a reading: False if it has changed meanwhile. `report` reports an event.
    """

    database: AsyncEngine
    ezyvet: Ezyvet
    practice: str
    follow: Callable[[str, Reading], Awaitable[bool]]
    report: Callable[[str, Event], Awaitable[None]]

    async def run(self) -> Run:
        """Goes through all of the practice's open prescriptions, from where it was interrupted."""
        run = await findings.begin(self.database, self.practice)
        vets = await prescribers.list_prescribers(self.database, self.practice)
        users = {user.id: user for user in await self.ezyvet.users()} if vets else {}
        await findings.record(self.database, run, _unfit_vets(vets, users))
        position = run.position
        while rows := await register.to_compare(self.database, self.practice, position, BATCH):
            await self._compare(run, rows, vets, users)
            position = rows[-1]["id"]
        return await findings.finish(self.database, run)

    async def one(self, prescription: str) -> None:
        """Goes through one prescription, after a person has decided about it."""
        rows = await register.to_compare(self.database, self.practice, "", BATCH, of=prescription)
        runs = await findings.list_runs(self.database, self.practice)
        if rows and runs:
            await self._compare(runs[0], rows, await prescribers.list_prescribers(self.database, self.practice), None)

    async def _compare(
        self, run: Run, rows: Sequence[Any], vets: Sequence[Prescriber], users: Mapping[int, User] | None
    ) -> None:
        ours = [Prescription.model_validate(row["record"]) for row in rows]
        batch = await self._read(ours)
        # What was sent while we read is compared next time.
        published = await register.versions(self.database, [each.id for each in ours])
        found: list[Found] = []
        agreed = 0
        for row, prescription in zip(rows, ours, strict=True):
            if published.get(prescription.id) == row["version"]:
                results = await self._one(prescription, batch, vets)
                found += results
                agreed += not any(each.kind in findings.ABOUT_PRESCRIPTIONS for each in results)
                if users is not None:
                    await self._tell_of_prescriber(prescription, vets, users)
        await findings.record(self.database, run, found, [each.id for each in ours], agreed)

    async def _read(self, ours: Sequence[Prescription]) -> Batch:
        ids = [each.id for each in ours]
        theirs: defaultdict[str, list[Theirs]] = defaultdict(list)
        for each in await self.ezyvet.prescriptions(ids):
            theirs[each.external_reference].append(each)
        single = [active[0].id for each in theirs.values() if len(active := [one for one in each if one.active]) == 1]
        items: defaultdict[int, list[PrescriptionItem]] = defaultdict(list)
        for item in await self.ezyvet.items_of(single):
            items[item.prescription_id or 0].append(item)
        known = await patients.known_animals(self.database, self.practice, {each.patient for each in ours})
        animals = {each.id: each for each in await self.ezyvet.animals(known.values())}
        return Batch(
            theirs=theirs,
            items=items,
            animals={patient: (animal, animals.get(animal)) for patient, animal in known.items()},
            writes=await attempts.find_all(self.database, ids),
            decisions=await findings.decisions(self.database, self.practice, ids),
        )

    async def _one(self, ours: Prescription, batch: Batch, vets: Sequence[Prescriber]) -> list[Found]:
        problem = ours.delivery.problem
        if problem and problem.kind in ("uncertain", "left"):
            # It is being looked up, or a person left it as it is.
            return []
        theirs = batch.theirs.get(ours.id, ())
        found = _about_animal(ours, theirs, batch)
        active = [each for each in theirs if each.active]
        if len(active) > 1:
            return [*found, _twice(ours, active)]
        try:
            shown, user = _observed(ours, theirs, batch)
        except ValidationError as error:
            text = f"{_name(ours)}: ezyVet shows what no prescription of ours can have: {error_sentence(error)}"
            return [*found, Found("unreadable", ours.id, text, WHAT_TO_DO["unreadable"])]
        vet = next((each.vet for each in vets if each.user == user), None)
        prescriber = vet or ours.delivery.prescriber or position_of(ours).prescriber
        result = compare(ours, shown, prescriber)
        if result.state != "agrees":
            found += await self._settle(ours, result, shown, prescriber, batch)
        return found

    async def _settle(
        self, ours: Prescription, result: Comparison, shown: Observed, prescriber: str, batch: Batch
    ) -> list[Found]:
        """Repairs a difference if that is safe or a person said so; else it is for a person."""
        text = f"{_name(ours)}: {' '.join(result.differences)}"
        by = BY
        if result.state != "behind":
            write = batch.writes.get(ours.id)
            if write and write.age < RECENT:
                return []
            decided = batch.decisions.get(ours.id)
            if decided is None or decided.text != text or decided.decision != "ours":
                kind: FindingKind = "missing" if result.state == "missing" else "changed"
                return [Found(kind, ours.id, text, WHAT_TO_DO[kind])]
            by = decided.decided_by or BY
        reading = Reading(
            delivery=ours.delivery,
            shown=shown,
            prescriber=prescriber if shown.uid else None,
            why=" ".join(result.differences),
            by=by,
        )
        followed = await self.follow(ours.id, reading)
        return [Found("repaired", ours.id, text, _left_to_do(ours, reading))] if followed else []

    async def _tell_of_prescriber(
        self, ours: Prescription, vets: Sequence[Prescriber], users: Mapping[int, User]
    ) -> None:
        """Keeps what is not there yet from being sent in the name of a user who is switched off (RX10)."""
        position = position_of(ours)
        vet = next((each for each in vets if each.vet == position.prescriber), None)
        if vet is None or ours.delivery.uid is not None or not position.open_items:
            return
        fit = (user := users.get(vet.user)) is not None and unfit(user) is None
        if not fit and position.prescriber_disabled is None:
            await self.report(ours.id, PrescriberDisabled())
        elif fit and position.prescriber_disabled and position.prescriber_disabled.by == BY:
            await self.report(ours.id, PrescriberReplaced(prescriber=vet.vet))


def _unfit_vets(vets: Sequence[Prescriber], users: Mapping[int, User]) -> list[Found]:
    found = []
    for vet in vets:
        user = users.get(vet.user)
        if why := unfit(user) if user else f"the practice's ezyVet no longer has a user {vet.user} ({vet.name}).":
            found.append(Found("vet", vet.vet, f"{vet.vet} cannot prescribe: {why}", WHAT_TO_DO["vet"]))
    return found


def _about_animal(ours: Prescription, theirs: Sequence[Theirs], batch: Batch) -> list[Found]:
    position = position_of(ours)
    known = batch.animals.get(ours.patient)
    if known is None or position.death or not position.open_items:
        return []
    id, animal = known
    name, what = position.patient_name, "animal"
    if animal is None:
        text = f"{name}: the practice's ezyVet no longer has an animal {id}."
    elif animal.is_dead:
        text, what = f"{name} (animal {id}) has died, by ezyVet.", "dead"
    elif not animal.active:
        text = f"{name} (animal {id}) is switched off in ezyVet, or merged with another animal."
    else:
        write = batch.writes.get(ours.id)
        allowed = {id, write.animal if write else None}
        moved = next((each.animal_id for each in theirs if each.active and each.animal_id not in allowed), None)
        if moved is None:
            return []
        text = f"{name} is animal {id}, and a prescription stands in ezyVet in the record of animal {moved}."
    return [Found("animal", ours.patient, text, WHAT_TO_DO[what])]


def _twice(ours: Prescription, active: Sequence[Theirs]) -> Found:
    uids = sorted(each.uid for each in active)
    mine = f"; ours is {ours.delivery.uid}" if ours.delivery.uid in uids else ""
    text = f"{_name(ours)}: ezyVet has it {len(uids)} times, as {' and '.join(uids)}{mine}."
    return Found("twice", ours.id, text, WHAT_TO_DO["twice"])


def _observed(ours: Prescription, theirs: Sequence[Theirs], batch: Batch) -> tuple[Observed, int | None]:
    """Returns what is there, and the prescriber's user. Raises `ValidationError`."""
    if not theirs:
        return Observed(uid=None), None
    # The active one; else ours of those that are disabled.
    there = max(theirs, key=lambda each: (each.active, each.uid == ours.delivery.uid, each.id))
    if not there.active:
        return Observed(uid=there.uid, active=False, items=ours.delivery.items), there.prescribing_vet_user_id
    items = tuple(shown_item(item) for item in batch.items.get(there.id, ()) if item.active)
    return Observed(uid=there.uid, items=items), there.prescribing_vet_user_id


def _left_to_do(ours: Prescription, reading: Reading) -> str:
    """Returns what a person should look at once our record follows, such as an item that ended there alone."""
    delivery = read_back(ours.delivery, reading.shown, reading.prescriber)
    before = {each.key for each in concerns(ours)}
    after = concerns(ours.model_copy(update={"delivery": delivery}))
    return " ".join(each.text for each in after if each.key not in before)


def _name(ours: Prescription) -> str:
    return f"{ours.patient_name} ({ours.id})"
