"""The routes of the catalogue of products (RX11)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from pharmacy.prescriptions.life.values import Kind
from pharmacy.products import catalogue
from pharmacy.products.catalogue import Product, Reference
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line
from web.api import examples, prescription_examples
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import json_body
from web.api.callers import Reader, Steerer
from web.api.money import Price, amount, cents
from web.api.onboardings import Limit
from web.api.routing import ApiRoute
from web.services import Web

router = APIRouter(prefix="/api/products", tags=["products"], route_class=ApiRoute)


class ProductOrder(Frozen):
    """A product. `kind` is needed only for one that no vet has to authorise (`free`), or that is `controlled`."""

    name: Line
    prescription_required: bool
    price: Price
    kind: Kind | None = None


class ProductDetail(Frozen):
    reference: Reference
    name: Line
    kind: Kind
    price: Price


class Products(Frozen):
    items: tuple[ProductDetail, ...]


@router.put(
    "/{reference}",
    summary="Enter a product",
    status_code=204,
    responses=problems(*EVERYWHERE, *WITH_BODY),
    openapi_extra=examples.body("ProductOrder", usual=prescription_examples.PRODUCT),
)
async def put_product(
    web: Web,
    person: Steerer,
    reference: Annotated[Reference, Path(examples=["carprofen-75"])],
    order: Annotated[ProductOrder, Depends(json_body(ProductOrder))],
) -> Response:
    """Adds a product, or changes it. The reference is what ezyVet knows it by, and never changes."""
    kind = order.kind or ("prescription" if order.prescription_required else "over_the_counter")
    product = Product(
        reference=reference,
        name=order.name,
        kind=kind,
        price_cents=cents(order.price),
    )
    await catalogue.store(web.database, product)
    return Response(status_code=204)


@router.get(
    "",
    summary="The products",
    response_model=Products,
    responses={200: examples.answer("products"), **problems(*EVERYWHERE, "invalid")},
)
async def list_products(web: Web, person: Reader, name: Line | None = None, limit: Limit = 50) -> Products:
    """By name; `name` is a part of the name or reference."""
    found = await catalogue.search(web.database, name or "", limit)
    return Products(
        items=tuple(
            ProductDetail(**each.model_dump(exclude={"price_cents"}), price=amount(each.price_cents)) for each in found
        )
    )
