"""A client's page: the patients, what is open here, and what is open at sister clinics, which is paid there (RS6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.billing import invoices
from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.sharing.clients import as_client, client_row, exact_row, joined_at, name_of, person_rows
from pharmacy.sharing.patients import SharedPatient, add_patient, list_patients, patients_called
from pharmacy.sharing.shares import list_shares
from store.accounts.clinics import clinic_names
from store.accounts.members import Member
from web.api.member.billing import InvoiceOrder, PaymentOrder, VoidOrder
from web.api.member.patients import PatientValues
from web.api.money import cents
from web.clinic.access import Entered, form_page, records_at
from web.clinic.once import go_once
from web.clinic.prescribing import names_at
from web.clinic.resembling import KNOWN, AlreadyKnown, Known
from web.clinic.sentences import MARKED, done_already, form_sentence, marked
from web.pages import go
from web.services import Services, Web
from web.sessions import visit_of

router = APIRouter(prefix="/clinic/{practice}/clients/{id}")

Text = Annotated[str, Form()]
SHOWN = 20
MOST_DIGITS = 19


@router.get("")
async def client(request: Request, web: Web, member: Entered, id: str) -> Response:
    return await _client(request, web, member, id)


@router.post("/invoices")
async def add_invoice(
    request: Request, web: Web, member: Entered, id: str, amount: Text = "", about: Text = "", key: Text = ""
) -> Response:
    given = {"amount": amount, "about": about}
    try:
        order = InvoiceOrder(amount=_plain(amount), text=about)
        price, line = cents(order.amount), order.text
        async with records_at(web, member) as connection:
            await invoices.add_invoice(connection, member.clinic, id, price, line, member.handle, _key(member, key))
    except ValidationError as error:
        return await _client(request, web, member, id, given, MARKED, wrong=marked(error, text="For"))
    return go(request, address(member.clinic, id), "The invoice is on record.")


@router.post("/payments")
async def add_payment(
    request: Request, web: Web, member: Entered, id: str, invoice: Text = "", amount: Text = "", key: Text = ""
) -> Response:
    here, given = address(member.clinic, id), {"invoice": invoice, "paid": amount}
    try:
        price = cents(PaymentOrder(invoice=invoice, amount=_plain(amount)).amount)
        async with records_at(web, member) as connection:
            once = _key(member, key)
            before = await invoices.payment_with(connection, member.clinic, once) if once else None
            left = await invoices.add_payment(connection, member.clinic, id, invoice, price, member.handle, once)
            payer = await client_row(connection, member.clinic, id)
    except NoSuchRecord:
        raise
    except ValidationError as error:
        return await _client(request, web, member, id, given, form_sentence(error))
    except invoices.PaymentVoided:
        said = "This payment was voided; open the page anew to record another."
        return await _client(request, web, member, id, given, said)
    except RecordsError as problem:
        if isinstance(problem, invoices.Overpaid) and problem.last and not problem.open_cents:
            return go(request, here, await done_already(web, member, "It is paid already", *problem.last))
        return await _client(request, web, member, id, given, str(problem))
    name = name_of(payer["given_name"], payer["surname"])
    if before:
        said = f"That payment was recorded already, ${before.cents / 100:,.2f} from {name}"
        return go(request, here, await done_already(web, member, said, before.by, before.at))
    still = f"${left / 100:,.2f} of this invoice is still open" if left else "nothing more of this invoice is open"
    return go(request, here, f"${price / 100:,.2f} from {name} is on record; {still}.")


@router.post("/void")
async def void(
    request: Request, web: Web, member: Entered, id: str, invoice: Text = "", payment: Text = "", reason: Text = ""
) -> Response:
    """Takes back an invoice, or with `payment` a payment, that was recorded by mistake."""
    try:
        why = VoidOrder(reason=reason).reason
        async with records_at(web, member) as connection:
            if payment:
                number = int(payment) if payment.isdecimal() and len(payment) < MOST_DIGITS else 0
                await invoices.void_payment(connection, member.clinic, id, number, member.handle, why)
            else:
                await invoices.void_invoice(connection, member.clinic, id, invoice, member.handle, why)
    except ValidationError as error:
        return await _client(request, web, member, id, {"void": payment or invoice}, form_sentence(error))
    except invoices.VoidRefused as refused:
        return go(request, address(member.clinic, id), str(refused), "problem")
    said = "payment is voided; its amount is open again" if payment else "invoice is voided, and no longer counts"
    return go(request, address(member.clinic, id), f"The {said}.")


@router.post("/patients")
async def add(
    request: Request,
    web: Web,
    member: Entered,
    id: str,
    name: Text = "",
    species: Text = "",
    breed: Text = "",
    anyway: Text = "",
) -> Response:
    """Adds a patient; `anyway` also beside one of the same name."""
    given = {"name": name, "species": species, "breed": breed}
    try:
        values = PatientValues.model_validate({field: text for field, text in given.items() if text.strip()})
    except ValidationError as error:
        return await _client(request, web, member, id, given, MARKED, wrong=marked(error))

    async def act() -> tuple[str, str]:
        async with records_at(web, member) as connection:
            alike = [] if anyway else await patients_called(connection, member.clinic, id, values.name)
            if alike:
                raise AlreadyKnown([_known(member, each) for each in alike])
            added = await add_patient(connection, member.clinic, id, values.model_dump())
        return _patient_address(member, added), "The patient is added."

    try:
        return await go_once(request, web, member, act)
    except AlreadyKnown as known:
        return await _client(request, web, member, id, given, KNOWN, known=known.found)


def address(clinic: str, client: str) -> str:
    return f"/clinic/{clinic}/clients/{quote(client, safe='~')}"


def _known(member: Member, patient: SharedPatient) -> Known:
    details = (patient.species, patient.breed, "deceased" if patient.deceased else None)
    name = patient.name or "A patient without a name"
    return Known(name, _patient_address(member, patient), ", ".join(filter(None, details)))


def _patient_address(member: Member, patient: SharedPatient) -> str:
    return f"/clinic/{member.clinic}/patients/{quote(patient.id, safe='~')}"


def _plain(amount: str) -> str:
    return amount.strip().removeprefix("$")


def _key(member: Member, key: str) -> str | None:
    """Returns the key of a form, which counts once however often it is sent."""
    return f"{member.person} {key[:100]}" if key else None


async def _client(
    request: Request,
    web: Services,
    member: Member,
    id: str,
    given: dict[str, str] | None = None,
    problem: str | None = None,
    known: Sequence[Known] = (),
    wrong: Mapping[str, str] | None = None,
) -> Response:
    async with records_at(web, member) as connection:
        row = await exact_row(connection, member.clinic, id)
        rows = await person_rows(connection, member.clinic, row)
        found = await as_client(connection, member.clinic, rows)
        joined = await joined_at(connection, member.clinic, row, rows) if found.shared_with else {}
        patients = await list_patients(connection, member.clinic, rows)
        balance = await invoices.load_balance(connection, member.clinic, rows[0])
        listed = await invoices.list_invoices(connection, member.clinic, rows[0], SHOWN + 1)
    entered = {each.clinic for each in await visit_of(request).memberships()}
    shares = await list_shares(web.database, member.clinic)
    takers = [each.other for each in shares if each.state == "enabled"]
    owed = {each.clinic for each in balance.elsewhere}
    return await form_page(
        request,
        member,
        "clinic/client.html",
        clinics=await clinic_names(
            web.database, {found.home_location, *found.shared_with, *found.elsewhere, *owed, *takers}
        ),
        takers=[each for each in takers if found.practice == member.clinic and each not in found.own_seen_at],
        client=found,
        joined=joined,
        shares=shares,
        apart=[each for each in shares if each.state != "enabled"],
        address=address(member.clinic, id),
        patients=patients,
        balance=balance,
        invoices=listed[:SHOWN],
        names=await names_at(web, member.clinic) if any(each.voided or each.payments for each in listed) else None,
        more=len(listed) > SHOWN,
        entered=entered,
        address_at=address,
        given=given or {},
        problem=problem,
        known=known,
        wrong=wrong or {},
    )
