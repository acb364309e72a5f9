"""The calls to ezyVet, by what they are for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from partners.ezyvet.answers import Answer
from partners.ezyvet.errors import Garbage
from partners.ezyvet.guesses import (
    MOST_VALUES,
    PAGE_SIZE,
    PRESCRIPTIONS,
    READ_BACK,
    READ_BACK_ITEMS,
    disable_call,
    one_of,
    read_back,
    update_call,
)
from partners.ezyvet.records import Animal, Consult, Contact, Prescription, PrescriptionItem, Record, User
from partners.ezyvet.refusals import no_answer
from partners.ezyvet.requests import Request

R = TypeVar("R", bound=Record)
Call = Callable[[Request], Awaitable[Answer]]
"""Sends one request with a token, within the limits. Raises `EzyvetError`."""
MOST_PAGES = 500


class Ezyvet:
    """One practice's ezyVet. Every method raises `EzyvetError`, besides what its `call` raises."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def users(self) -> list[User]:
        """Returns all users, also inactive ones and such as are no vets."""
        return await self._all("user", User)

    async def animal(self, id: int) -> Animal | None:
        """Returns the animal; None if there is none with this id."""
        return await self._one("animal", id, Animal)

    async def animals(self, ids: Iterable[int]) -> list[Animal]:
        """Returns the animals with these ids, also dead and inactive ones."""
        return await self._each("animal", Animal, "id", ids)

    async def contact(self, id: int) -> Contact | None:
        """Returns the owner; None if there is none with this id."""
        return await self._one("contact", id, Contact)

    async def consults(self, animal: int) -> list[Consult]:
        """Returns an animal's active clinical records, the latest first."""
        found = await self._all("consult", Consult, animal_id=animal, active=1)
        own = [each for each in found if each.animal_id == animal and each.active]
        return sorted(own, key=lambda each: (each.date or 0, each.id), reverse=True)

    async def consult(self, id: int) -> Consult | None:
        """Returns the clinical record; None if there is none with this id."""
        return await self._one("consult", id, Consult)

    async def create(self, body: Mapping[str, Any]) -> str:
        """Creates an external prescription (RX1) and returns its uid.

        Raises `Uncertain` if it may have been created: then `find` it, and never send it again blindly.
        """
        request = Request("POST", PRESCRIPTIONS, body=body)
        if uid := _uid(await self._call(request)):
            return uid
        raise no_answer(request, "it has no prescription_uid")

    async def update(self, uid: str, body: Mapping[str, Any]) -> None:
        """Changes a prescription: its items by `external_product_reference`, and only what the body has."""
        method, path = update_call(uid)
        await self._call(Request(method, path, body=body, record=True))

    async def disable(self, uid: str) -> None:
        """Disables a prescription (RX9); raises `NotFound` if it is disabled already."""
        method, path = disable_call(uid)
        await self._call(Request(method, path, record=True))

    async def find(self, animal: int, external_reference: str) -> list[Prescription]:
        """Returns the animal's prescriptions with this reference, also disabled ones: at most one if all is well."""
        filters = read_back(animal, external_reference)
        found = await self._all(READ_BACK.removeprefix("/v1/"), Prescription, **filters)
        return [each for each in found if (each.animal_id, each.external_reference) == (animal, external_reference)]

    async def prescriptions(self, references: Iterable[str]) -> list[Prescription]:
        """Returns the prescriptions with these external references, of whichever animal, also disabled ones."""
        return await self._each(READ_BACK.removeprefix("/v1/"), Prescription, "external_reference", references)

    async def items(self, prescription_id: int) -> list[PrescriptionItem]:
        """Returns a prescription's items by its `id`, which is not its uid."""
        found = await self._all(READ_BACK_ITEMS.removeprefix("/v1/"), PrescriptionItem, prescription_id=prescription_id)
        return [each for each in found if each.prescription_id == prescription_id]

    async def items_of(self, prescription_ids: Iterable[int]) -> list[PrescriptionItem]:
        """Returns the items of several prescriptions, by the prescriptions' ids."""
        resource = READ_BACK_ITEMS.removeprefix("/v1/")
        return await self._each(resource, PrescriptionItem, "prescription_id", prescription_ids)

    async def _one(self, resource: str, id: int, of_type: type[R]) -> R | None:
        found = await self._all(resource, of_type, id=id)
        return next((each for each in found if each.id == id), None)

    async def _each(self, resource: str, of_type: type[R], field: str, values: Iterable[int | str]) -> list[R]:
        """Returns the records whose field has one of these values."""
        found: list[R] = []
        wanted = sorted(set(values), key=str)
        for start in range(0, len(wanted), MOST_VALUES):
            some = wanted[start : start + MOST_VALUES]
            of_these = await self._all(resource, of_type, **{field: one_of(some)})
            found += [each for each in of_these if getattr(each, field) in some]
        return found

    async def _all(self, resource: str, of_type: type[R], **filters: Any) -> list[R]:
        """All pages, by the total that each names: a page may be shorter than was asked for."""
        found: dict[int, R] = {}
        page = pages = 1
        while page <= pages:
            request = Request("GET", f"/v1/{resource}", {**filters, "page": page, "limit": PAGE_SIZE})
            answer = await self._call(request)
            try:
                # A record may move to the next page while we read, and come twice.
                found |= {each.id: each for each in map(of_type.model_validate, answer.items)}
            except ValidationError as error:
                field = ".".join(str(each) for each in error.errors()[0]["loc"])
                raise no_answer(request, f"a record has no usable {field}") from None
            pages, page = answer.pages, page + 1
            if pages > MOST_PAGES:
                raise Garbage(f"ezyVet has {pages} pages for {request.name}, which cannot be; ask its support.")
        return list(found.values())


def _uid(answer: Answer) -> str | None:
    for message in answer.messages:
        fields = message.get("fields")
        if isinstance(fields, dict) and (uid := fields.get("prescription_uid")):
            return str(uid)
    return None
