"""Writing a prescription: the patient is found in the practice's data, the products in the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from desk import practice_prescriptions, prescribing, prescriptions
from desk.open_already import PrescribedAlready, open_items
from desk.prescribing import ItemOrder, PrescriptionOrder
from desk.problem import DeskProblem, NotFound
from integrations.registry import takes_prescriptions
from pharmacy.prescriptions.life.events import Approve
from pharmacy.prescriptions.life.trade import LONGEST_MONTHS, pieces_text
from pharmacy.prescriptions.listed import items_text
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product
from pharmacy.records.patients import PatientSummary, load_patient
from pharmacy.sharing.finding import search_patients
from playbooks.engine.transition import Refused
from playbooks.engine.validation import error_sentence
from playbooks.plural import count_of
from web.api.money import MAX_CENTS, amount
from web.clinic.access import form_page, member_page, records_at, refusal
from web.clinic.prescribing import (
    LABELS,
    Decider,
    Deciding,
    WrongFields,
    already_open,
    ask_back,
    beside_of,
    check_fields,
    last_quantities,
    marking,
    number_of,
    quantity_of,
    refills_of,
)
from web.clinic.sentences import form_sentence
from web.console.choices import new_key
from web.pages import go, typed
from web.problem import without_commands
from web.services import Services, Web

router = APIRouter(prefix="/clinic/{practice}/write")

MOST_ROWS = 20
SHOWN = 30
PRICE = Decimal("0.01")


@router.get("")
async def find_patient(request: Request, web: Web, decider: Deciding, q: str = "") -> Response:
    _check(decider)
    async with records_at(web, decider.member) as connection:
        found = await search_patients(connection, decider.member.clinic, q, SHOWN + 1, shared=False)
    return await member_page(
        request,
        decider.member,
        "clinic/write_find.html",
        part="patients",
        q=q,
        patients=found[:SHOWN],
        more=len(found) > SHOWN,
    )


@router.get("/{patient}")
async def form(request: Request, web: Web, decider: Deciding, patient: str) -> Response:
    _check(decider)
    found = await load_patient(web.database, decider.member.clinic, patient)
    renews = request.query_params.get("renews", "")
    given = await _as_before(web, decider, found, renews[:40]) if renews else {"renews": ""}
    return await _form(request, web, decider, found, given)


@router.post("/{patient}")
async def write(request: Request, web: Web, decider: Deciding, patient: str) -> Response:
    """Writes it in the name of the vet whom the form names, and approves it at once unless it says otherwise."""
    _check(decider)
    found = await load_patient(web.database, decider.member.clinic, patient)
    given = await typed(request)
    if given.get("act") == "row":
        return await _form(request, web, decider, found, given, rows=_rows(given) + 1)
    if given.get("prescriber") not in decider.vets:
        raise refusal("You do not write prescriptions in the name of this vet.")
    key, later = given.get("key") or new_key(), given.get("act") == "later"
    try:
        order = await _order(web, decider, patient, given)
        by, beside = decider.by, beside_of(given)
        # A form that was changed after it was written orders another one.
        form_key = f"{decider.member.person} {key} {order.model_dump_json()}"
        opened = await prescribing.open_prescription(web.desk, order, by, form_key, beside)
        if not later:
            event = Approve(by=decider.member.handle)
            await prescriptions.record_event(web.desk, opened.id, event, by, key)
    except ValidationError as error:
        return await _form(request, web, decider, found, given, problem=form_sentence(error, **LABELS))
    except PrescribedAlready as problem:
        said = already_open(problem, decider)
        return await _form(request, web, decider, found, given, problem=said, asked=True)
    except WrongFields as problem:
        return await _form(request, web, decider, found, given, problem=str(problem), wrong=problem.wrong)
    except (Refused, DeskProblem) as problem:
        return await _form(request, web, decider, found, given, problem=without_commands(str(problem)))
    what = f"{found.name}: {items_text(opened.items)}."
    said = f"Written and approved for {what} The pharmacy can dispense it now."
    if later:
        said = f"Written for {what} It waits for approval."
    return go(request, f"/clinic/{decider.member.clinic}/prescriptions/{opened.id}", said)


@router.post("/{patient}/price")
async def price(request: Request, web: Web, decider: Deciding, patient: str) -> Response:
    """Shows what the form would cost, as it is filled in so far."""
    _check(decider)
    found = await load_patient(web.database, decider.member.clinic, patient)
    return await _form(request, web, decider, found, await typed(request))


async def _as_before(web: Services, decider: Decider, patient: PatientSummary, renews: str) -> dict[str, str]:
    """Returns the form of a renewal: products, quantities, refills and instructions as they were approved.

    Prices are left out: the catalogue's of today count. Raises `NotFound` for another patient's prescription.
    """
    practice = decider.member.clinic
    before = await practice_prescriptions.load(web.desk, practice, renews, datetime.now(UTC))
    if before.prescription.patient != patient.id:
        raise NotFound(f"There is no prescription {renews} of {patient.name}.")
    given = {"renews": renews}
    items = [each.item for each in before.position.items if not each.end]
    products = await catalogue.find(web.database, [item.product for item in items])
    kept = [item for item in items if item.product in products]
    given["gone"] = ", ".join(item.name for item in items if item not in kept)
    for row, item in enumerate(kept):
        given |= {
            f"product-{row}": item.product,
            f"qty-{row}": f"{item.qty:f}",
            f"refills-{row}": f"{item.refills:f}",
            f"instructions-{row}": item.instructions,
        }
    return given


async def _order(web: Services, decider: Decider, patient: str, given: dict[str, str]) -> PrescriptionOrder:
    """Raises `ValidationError`, and `DeskProblem` for what is missing or no number."""
    lines = _lines(given)
    if not lines:
        raise WrongFields({"product-0": "Choose at least one product."})
    products = await catalogue.find(web.database, [line["product"] for line in lines])
    items: list[ItemOrder] = []
    wrong: dict[str, str] = {}
    for line in lines:
        with marking(wrong, f"product-{line['row']}"):
            items.append(_item(line, products))
    check_fields(wrong)
    last = await last_quantities(web, decider.member.clinic, patient)
    ask_back(((item.product, products[item.product].name, item.qty) for item in items), last, given)
    record, months = given.get("clinical_record", "").strip(), given.get("months", "").strip()
    return PrescriptionOrder.model_validate(
        {
            "practice": decider.member.clinic,
            "patient": patient,
            "prescriber": given["prescriber"],
            "origin": "vet",
            "clinical_record": _whole(record, "clinical record") if record else None,
            "months": _whole(months, "number of months") if months else None,
            "renews": given.get("renews") or None,
            "items": items,
        }
    )


def _lines(given: dict[str, str]) -> list[dict[str, str]]:
    """Returns what was typed of each product that is chosen, and its `row`."""
    names = ("product", "qty", "refills", "price", "instructions")
    rows = (
        {"row": str(row)} | {name: given.get(f"{name}-{row}", "").strip() for name in names}
        for row in range(_rows(given))
    )
    return [row for row in rows if row["product"]]


def _options(products: Collection[Product]) -> list[tuple[str, str]]:
    """Returns each product with its price; the reference only tells apart what has one name, as a phone cuts it off."""
    names = Counter(each.name for each in products)
    return [
        (
            each.reference,
            f"{each.name}{f' ({each.reference})' if names[each.name] > 1 else ''}, ${amount(each.price_cents)} each",
        )
        for each in products
    ]


def _prices(given: dict[str, str], products: dict[str, Product]) -> list[tuple[str, int | None, str, Decimal, str]]:
    """Returns each product chosen with its price in cents, None while that cannot be known, quantity, refills and
    pieces."""
    prices: list[tuple[str, int | None, str, Decimal, str]] = []
    for line in _lines(given):
        try:
            item = _item(line, products)
        except DeskProblem:
            known = products.get(line["product"])
            prices.append((known.name if known else line["product"], None, line["qty"], Decimal(0), ""))
        else:
            name = products[item.product].name
            prices.append((name, item.price_cents, f"{item.qty:f}", item.refills, pieces_text(name, item.qty)))
    return prices


def _item(line: dict[str, str], products: dict[str, Product]) -> ItemOrder:
    """Raises `WrongFields`, and `DeskProblem` for the product."""
    reference, row = line["product"], line["row"]
    if reference not in products:
        raise DeskProblem(f"There is no product '{reference[:60]}' in the catalogue; choose one of the list.")
    product = products[reference]
    wrong: dict[str, str] = {}
    with marking(wrong, f"qty-{row}"):
        qty = quantity_of(line["qty"], product.name)
    with marking(wrong, f"refills-{row}"):
        refills = refills_of(line["refills"] or "0", product.name)
    with marking(wrong, f"price-{row}"):
        given_cents = _cents(line["price"], product.name)
    check_fields(wrong)
    cents = given_cents if given_cents is not None else int((qty * product.price_cents).to_integral_value())
    if cents > MAX_CENTS:
        too_much = (
            f"{qty:f} of {product.name} would cost ${cents / 100:,.2f}, and one product at most"
            f" ${MAX_CENTS / 100:,.2f}: correct the quantity."
        )
        raise WrongFields({f"qty-{row}": too_much})
    instructions = line["instructions"].replace("\r\n", "\n")
    try:
        return ItemOrder(product=reference, qty=qty, refills=refills, price_cents=cents, instructions=instructions)
    except ValidationError as error:
        raise DeskProblem(f"{product.name}: {error_sentence(error, LABELS)}.") from None


def _cents(text: str, product: str) -> int | None:
    """Returns the price that was typed in cents, None if none was. Raises `DeskProblem`."""
    if not text:
        return None
    cents = number_of(text.removeprefix("$"), f"The price of {product}") / PRICE
    if cents % 1:
        raise DeskProblem(f"Write the price of {product} in dollars and cents, such as 0.01 or 55.50; 0 is free.")
    if not 0 <= cents <= MAX_CENTS:
        raise DeskProblem(f"The price of {product} must be from $0.00 to ${MAX_CENTS / 100:,.2f}.")
    return int(cents)


def _whole(text: str, what: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise DeskProblem(f"The {what} is a whole number.") from None


def _rows(given: dict[str, str]) -> int:
    count = sum(1 for row in range(MOST_ROWS) if f"product-{row}" in given)
    return max(count, 1)


def _check(decider: Decider) -> None:
    if not decider.vets:
        raise refusal("Vets write prescriptions, and whoever a vet names as delegate.")


async def _form(
    request: Request,
    web: Services,
    decider: Decider,
    patient: PatientSummary,
    given: dict[str, str],
    *,
    rows: int | None = None,
    problem: str | None = None,
    wrong: Mapping[str, str] | None = None,
    asked: bool = False,
) -> Response:
    """`wrong` says of fields what is, and `asked` is whether the tick beside what is open was missing."""
    products = [each for each in await catalogue.search(web.database, limit=500) if each.kind != "controlled"]
    vets = sorted(decider.vets, key=lambda each: (each != decider.member.handle, each))
    longest = max(LONGEST_MONTHS.values())
    chosen = {line["product"] for line in _lines(given)}
    found = await open_items(web.desk, decider.member.clinic, patient.id, chosen)
    return await form_page(
        request,
        decider.member,
        "clinic/write.html",
        part="prices",
        patient=patient,
        address=f"/clinic/{decider.member.clinic}/write/{quote(patient.id, safe='')}",
        given=given,
        rows=min(rows or _rows(given), MOST_ROWS),
        most_rows=MOST_ROWS,
        products=products,
        product_options=_options(products),
        open_already=[each for each in found if each.id != given.get("renews")],
        renewed=[each for each in found if each.id == given.get("renews")],
        prices=_prices(given, {each.reference: each for each in products}),
        vets=vets,
        vet_options=[(each, decider.names.name(each)) for each in vets],
        decider=decider,
        connected=await takes_prescriptions(web.database, decider.member.clinic),
        longest=longest,
        months_options=[(str(months), count_of(months, "month")) for months in range(longest, 0, -1)],
        problem=problem,
        wrong=wrong or {},
        asked=asked,
        key=given.get("key") or new_key(),
    )
