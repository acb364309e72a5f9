"""Practice files and tables as other programs write them."""

from __future__ import annotations

import pytest

from desk.practice_files import request_of


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_a_blank_optional_value_is_none(blank: str) -> None:
    contact = {"name": "Dana Whitfield", "email": "dana@riverside.example", "phone": blank}
    practice = {"id": "riverside-vet", "name": "Riverside", "time_zone": "America/Chicago"}
    optional = dict.fromkeys(("country", "state", "client_count", "owner"), blank)
    request = request_of({"practice": practice | optional, "primary_contact": contact, "requested_at": blank})
    assert (request.primary_contact.phone, request.practice.country, request.practice.client_count) == (None,) * 3
    assert request.requested_at is None
