"""ezyVet's records as we read them. In v1 every value is a string, in v2 it has its type: both are read."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _id(value: Any) -> Any:
    return None if value in ("", "0", 0, None) else value


def _flag(value: Any) -> Any:
    return False if value in ("", None) else value


def _none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _text(value: Any) -> Any:
    return "" if value is None else str(value).strip() if isinstance(value, str | int | float) else value


Id = Annotated[int | None, BeforeValidator(_id)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Seconds = Annotated[int | None, BeforeValidator(_id)]
Number = Annotated[Decimal | None, BeforeValidator(_none)]
Text = Annotated[str, BeforeValidator(_text)]


class Record(BaseModel):
    """Any record; fields that we do not know are ignored. `active` is false once it is disabled there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    active: Flag = True


class _Person(Record):
    first_name: Text = ""
    last_name: Text = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class User(_Person):
    is_vet: Flag = False

    @property
    def vet(self) -> bool:
        """Whether it can prescribe (RX10): an active vet with a given and a family name."""
        return self.active and self.is_vet and bool(self.first_name and self.last_name)


class Contact(_Person):
    """An animal's owner."""

    business_name: Text = ""


class Animal(Record):
    name: Text = ""
    contact_id: Id = None
    is_dead: Flag = False


class Consult(Record):
    """A clinical record. `date` is in epoch seconds."""

    animal_id: Id = None
    date: Seconds = None
    description: Text = ""


class Prescription(Record):
    """An external prescription, read back. `uid` is what the create answered."""

    uid: Text = ""
    animal_id: Id = None
    consult_id: Id = None
    contact_id: Id = None
    prescribing_vet_user_id: Id = None
    date_of_prescription: Seconds = None
    external_reference: Text = ""


class PrescriptionItem(Record):
    """Dates are in epoch seconds; `status` is one of ezyVet's words, or empty."""

    prescription_id: Id = None
    external_product_reference: Text = ""
    external_product_name: Text = ""
    external_link: Text = ""
    instructions: Text = ""
    qty: Number = None
    remaining: Number = None
    price: Number = None
    status: Text = ""
    status_date: Seconds = None
    date_of_lastdispense: Seconds = None
