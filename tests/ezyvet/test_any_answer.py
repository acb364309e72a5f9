"""Whatever ezyVet answers, it is a record or one of our errors, whose text is one clean line without a secret."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from partners.ezyvet.answers import Answer, read_answer
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.envelope import Raw
from partners.ezyvet.errors import EzyvetError
from partners.ezyvet.requests import Request

SECRET = "s3cr3t"
KEYS = ("items", "messages", "meta", "level", "text", "fields", "id", "user", "animal_id", "items_page_total")
WORDS = ("error", "success", "1", "0", "", SECRET, f"the {SECRET} is wrong", "12 seconds", "rx-1", "1.5")
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
bodies = st.binary(max_size=30) | values.map(lambda value: json.dumps(value).encode())
envelopes = st.fixed_dictionaries(
    {"items": st.lists(values, max_size=3)},
    optional={
        "meta": st.fixed_dictionaries({}, optional={"items_page_total": values, "transaction_id": values}),
        "messages": st.lists(values, max_size=2),
    },
).map(lambda value: json.dumps(value).encode())
headers = st.dictionaries(st.sampled_from(("x-ratelimit-reset", "retry-after")), st.text(max_size=12), max_size=2)


@given(
    st.integers(200, 599),
    headers,
    bodies | envelopes,
    st.sampled_from(("users", "items", "find", "create", "update", "disable")),
)
def test_any_answer_is_a_record_or_one_of_our_errors(
    status: int, headers: dict[str, str], body: bytes, what: str
) -> None:
    async def call(request: Request) -> Answer:
        return read_answer(request, Raw(status, headers, body, (SECRET,)))

    arguments: dict[str, tuple[Any, ...]] = {
        **{"users": (), "items": (1,), "find": (1, "rx-1")},
        **{"create": ({},), "update": ("rx-1", {}), "disable": ("rx-1",)},
    }
    try:
        asyncio.run(getattr(Ezyvet(call), what)(*arguments[what]))
    except EzyvetError as error:
        assert str(error).isprintable()
        assert SECRET not in str(error)
        assert len(str(error)) < 700
