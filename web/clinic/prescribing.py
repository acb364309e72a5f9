"""Who decides about a practice's prescriptions, and what the forms for that say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import Depends
from pydantic import TypeAdapter, ValidationError

from desk.open_already import PrescribedAlready
from desk.practice_prescriptions import PracticeView
from desk.problem import DeskProblem
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.events import Event, parse_event
from pharmacy.prescriptions.life.quantities import Quantity
from pharmacy.prescriptions.life.story import HistoryStep
from pharmacy.prescriptions.life.trade import MOST_REFILLS, are_many_packs, is_far_above, is_unusual, pieces_text
from playbooks.engine.validation import error_sentence
from store.accounts.members import Member, members_of, vets_decided_for
from web.clinic.access import Entered, refusal
from web.clinic.sentences import MARKED
from web.problem import Problem
from web.services import Services, Web

MOST_DIGITS = 9
LABELS = {"qty": "quantity", "clinical_record": "the number of the clinical record"}
"""What people call the fields of a prescription."""
QUANTITY: TypeAdapter[Decimal] = TypeAdapter(Quantity)
MEMBER = "member:"
"""What the `by` of a practice's person begins with; the handle follows."""
_SYSTEM = re.compile(r"\b[Tt]he practice's system\b")
_HANDLE = re.compile(r"(^|\b(?:by|from) )([a-z0-9][a-z0-9._-]*[a-z0-9])")
"""Where a sentence names somebody; it begins with a small letter only if that is a handle."""


@dataclass(frozen=True)
class Names:
    """The names of a practice's people, by handle."""

    of: Mapping[str, str]

    def name(self, actor: str) -> str:
        """Returns a person's name for a handle, or for who did something."""
        return self.of.get(actor.removeprefix(MEMBER), actor)

    def text(self, sentence: str) -> str:
        """Returns a sentence about a prescription with names in place of handles, and of the practice's system."""
        named = _HANDLE.sub(lambda found: f"{found[1]}{self.name(found[2])}", sentence)
        return _SYSTEM.sub("ezyVet", named)

    def told(self, step: HistoryStep) -> str:
        """Returns what happened, in a sentence that also says who wrote in the name of another."""
        text = self.text(step.text)
        if step.writer is None or not step.by.startswith(MEMBER) or step.by == f"{MEMBER}{step.writer}":
            return text
        return text.replace("by ", f"by {self.name(step.by)} for ", 1)


async def names_at(web: Services, practice: str) -> Names:
    return Names({each.handle: each.name for each in await members_of(web.database, practice)})


@dataclass(frozen=True)
class Decider:
    """A member, the vets in whose name they decide, and the practice's people."""

    member: Member
    vets: frozenset[str]
    names: Names

    @property
    def by(self) -> str:
        """Who stands on record for what the member does."""
        return f"{MEMBER}{self.member.handle}"

    def why_not(self, view: PracticeView) -> str | None:
        """Returns why the member does not decide about it; None if they do."""
        if view.in_name_of(self.vets):
            return None
        vet = self.names.name(view.position.prescriber)
        return f"Only {vet} decides about it, or somebody whom {vet} names as delegate."

    def check(self, view: PracticeView) -> None:
        """Raises `Problem` unless the member decides about it."""
        if why := self.why_not(view):
            raise refusal(why)


async def _decider(web: Web, member: Entered) -> Decider:
    vets = await vets_decided_for(web.database, member)
    return Decider(member, frozenset(vets), await names_at(web, member.clinic))


Deciding = Annotated[Decider, Depends(_decider)]
"""A route's parameter: whoever is signed in, with what they decide about."""


class WrongFields(DeskProblem):
    """Fields of a form are wrong; `wrong` says of each, by its name, what is."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(MARKED)
        self.wrong = wrong


@contextmanager
def marking(wrong: dict[str, str], field: str) -> Iterator[None]:
    """Takes down in `wrong` what is raised about a field, or about those that a `WrongFields` names."""
    try:
        yield
    except WrongFields as problem:
        wrong.update(problem.wrong)
    except DeskProblem as problem:
        wrong[field] = str(problem)


def check_fields(wrong: Mapping[str, str]) -> None:
    """Raises `WrongFields` if any is."""
    if wrong:
        raise WrongFields(wrong)


def quantity_of(text: str, product: str) -> Decimal:
    """Returns the quantity of a product. Raises `DeskProblem`."""
    what = f"The quantity of {product}"
    try:
        return QUANTITY.validate_python(number_of(text, what))
    except ValidationError as error:
        raise DeskProblem(f"{what} {error_sentence(error)}.") from None


def number_of(text: str, what: str) -> Decimal:
    """Returns the number, at most one of `MOST_DIGITS` digits, which no range admits. Raises `DeskProblem`."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise DeskProblem(f"{what} is {'not a number' if text else 'missing'}.")
    # One like 1e999999 is not calculated with.
    return number if number.adjusted() < MOST_DIGITS else Decimal(10**MOST_DIGITS).copy_sign(number)


def refills_of(text: str, product: str, asked: Decimal | None = None) -> Decimal:
    """Returns the number of refills. Raises `DeskProblem` for parts of one, and for more than anybody means.

    What was `asked` for stays: another program may count units.
    """
    number = number_of(text, f"The number of refills of {product}")
    if number != asked and (number % 1 or not 0 <= number <= MOST_REFILLS):
        raise DeskProblem(f"The number of refills of {product} must be a whole number from 0 to {MOST_REFILLS}.")
    return number


async def last_quantities(web: Services, practice: str, patient: str, apart: str = "") -> dict[str, Decimal]:
    """Returns how much of each product the patient was prescribed last, without what ended and the one `apart`."""
    rows = await register.listing(web.database, practice=practice, patients=[patient])
    others = (item for row in reversed(rows) if row.id != apart for item in row.items if not item.end)
    return {item.product: item.qty for item in others}


def ask_back(
    quantities: Iterable[tuple[str, str, Decimal]], last: Mapping[str, Decimal], given: dict[str, str]
) -> None:
    """Raises `DeskProblem` that asks about unusual quantities of products, unless the form answers that question.

    `quantities` are products with their names, and `last` what the patient was prescribed of them before.
    `sure` is then what was asked; the form carries it back.
    """
    unusual = unusual_of(quantities, last)
    if unusual and given.get("sure") != unusual:
        given["sure"] = unusual
        raise DeskProblem(f"You gave {unusual}: correct it, or press the button once more if that is right.")


def unusual_of(quantities: Iterable[tuple[str, str, Decimal]], last: Mapping[str, Decimal]) -> str:
    """Returns the unusual ones of quantities, both as `ask_back` takes them; empty if none is."""
    asked = (_doubt(name, qty, last.get(product, qty)) for product, name, qty in quantities)
    return " and ".join(filter(None, asked))


def _doubt(name: str, qty: Decimal, last: Decimal) -> str:
    """Returns what is to be asked about a quantity; nothing for a usual one."""
    pieces = pieces_text(name, qty)
    what = f"{qty:f} of {name}{f', which makes {pieces},' if pieces else ''}"
    if is_far_above(qty, last):
        return f"{what} where it was {last:f} the last time"
    return what.removesuffix(",") if is_unusual(qty) or are_many_packs(name, qty) else ""


def dispensed_when(view: PracticeView) -> str:
    """Returns from when on the pharmacy can dispense it, once a vet has approved it."""
    if view.prescription.origin == "vet":
        return "The pharmacy can dispense it at once, without waiting for a payment."
    when = "at once, as it is paid" if view.position.payment else "once the owner has paid"
    return f"The pharmacy can dispense it {when}."


def already_open(problem: PrescribedAlready, decider: Decider) -> str:
    """Returns what a form says that was refused because of what is open, with the vets' names."""
    return f"{decider.names.text(str(problem))} Tick the box above the button if you mean another one."


def beside_of(form: Mapping[str, str]) -> list[str]:
    """Returns the ids of the open prescriptions beside which the form means another one."""
    return form.get("beside", "").split()


def event_of(name: str, body: dict[str, Any]) -> Event:
    """Returns the event of a form. Raises `Problem` that says what is wrong with it."""
    try:
        return parse_event(name, body)
    except ValidationError as error:
        raise Problem(422, "That cannot be done", f"{error_sentence(error)}.", code="invalid") from None
