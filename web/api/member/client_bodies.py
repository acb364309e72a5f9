"""What the routes of clients take and answer."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Self

from pydantic import model_validator

from pharmacy.records.tables import CLIENT_VALUES
from pharmacy.sharing.clients import SharedClient
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Email, Line, PracticeId
from web.api.bodies import Shown


class ClientValues(Frozen):
    given_name: Line | None = None
    surname: Line | None = None
    street: Line | None = None
    city: Line | None = None
    state: Line | None = None
    postcode: Line | None = None
    phone: Line | None = None
    email: Email | None = None


class SharedFrom(Frozen):
    """A client of a sister clinic, under the ID there."""

    clinic: PracticeId
    client: Line


class ClientOrder(ClientValues):
    """A new client; or `shared_from` alone, which fills every value."""

    shared_from: SharedFrom | None = None

    @model_validator(mode="after")
    def _alone(self) -> Self:
        if self.shared_from is not None and any(self.values().values()):
            raise ValueError("shared_from fills every value; leave the others out")
        return self

    def values(self) -> dict[str, str | None]:
        return self.model_dump(include=set(CLIENT_VALUES))


class OptOut(Frozen):
    mail: bool


class HomeOrder(Frozen):
    clinic: PracticeId


class ChangeOrder(ClientValues):
    """What is left out stays as it is."""

    home_location: PracticeId | None = None
    opt_out: OptOut | None = None

    def changed(self) -> dict[str, str | None]:
        return self.model_dump(include=set(CLIENT_VALUES) & self.model_fields_set)


class ReplacedDetail(Shown):
    """What another clinic had written a few minutes before it was replaced."""

    field: str
    value: dict[str, Any]
    clinic: str
    by: str | None
    at: datetime


class ClientDetail(ClientValues):
    """A client as this clinic sees it. `home_location` is a clinic, `shared_with` the others that see the client.

    `likely_duplicates` are clients here who may be the same person; `replaced` is set by a change alone.
    """

    id: str
    email: str | None = None
    home_location: str
    shared_with: tuple[str, ...]
    opt_out: OptOut
    likely_duplicates: tuple[str, ...] = ()
    replaced: tuple[ReplacedDetail, ...] = ()


class ClientList(Frozen):
    items: tuple[ClientDetail, ...]
    next: str | None = None


class ChangeDetail(Shown):
    """A change of one field, from `old` to `new`. `by` is a member of `clinic`, or null for a feed's."""

    number: int
    at: datetime
    field: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    source: str
    clinic: str
    by: str | None


class ChangeList(Frozen):
    items: tuple[ChangeDetail, ...]
    next: str | None = None


def detail_of(client: SharedClient) -> ClientDetail:
    values: dict[str, Any] = {**client.values}
    return ClientDetail.model_construct(
        **values,
        id=client.id,
        home_location=client.home_location,
        shared_with=client.shared_with,
        opt_out=OptOut(mail=client.opt_out),
        likely_duplicates=client.likely_duplicates,
    )


def etag_of(detail: ClientDetail) -> str:
    """Returns the ETag of a client's values."""
    values = detail.model_dump_json(include={*CLIENT_VALUES, "home_location", "opt_out"})
    return f'"{hashlib.sha256(values.encode()).hexdigest()[:24]}"'
