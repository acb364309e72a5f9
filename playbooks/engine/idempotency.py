"""Idempotency: a repeated request gets its first answer; the same key with another request is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from playbooks.engine.facts import current_reports, valid_reports
from playbooks.engine.model import FactType, labels_of
from playbooks.engine.onboarding import Fact, Onboarding
from playbooks.engine.transition import CLOSED_CODE, Refused, Transition, refused_fact

# Clocks of two machines differ: a report from less than this ahead counts as of now.
CLOCK_SKEW = timedelta(minutes=1)
KEYS_KEPT = 300
KEY_REUSED = "key-reused"
"""The code of the refusal of a used key with another body."""
OVERTAKEN = "overtaken"
"""The code of the refusal of a report that revises one which counts no longer."""
MAX_PAYLOAD_BYTES = 500_000
"""Bytes of payloads that one onboarding keeps, hundreds of times what a practice needs. The whole onboarding travels
in one Temporal payload now and then, and one that is too large would stop it for good."""


def previous_answer(answers: Mapping[str, str], key: str | None, name: str, body: Mapping[str, Any]) -> str | None:
    """Returns the answer given before under this idempotency key. Raises `Refused` if the body was another."""
    if key is None or key not in answers:
        return None
    digest, _, answer = answers[key].partition(" ")
    if digest != digest_of(name, body):
        raise key_reused(f"The key '{key}' was used for something else; use a fresh key for every change.")
    return answer


def key_reused(sentence: str) -> Refused:
    """Returns the refusal of a used key with another body."""
    sent = "This form was sent before with other values. Nothing was changed; check it and send it again if needed."
    return Refused(sentence, KEY_REUSED, sent)


def with_answer(
    answers: dict[str, str], key: str | None, name: str, body: Mapping[str, Any], answer: str
) -> dict[str, str]:
    """Returns the answers with this one added under its idempotency key, and the oldest dropped."""
    if key is None:
        return answers
    kept = {**answers, key: f"{digest_of(name, body)} {answer}"}
    while len(kept) > KEYS_KEPT:
        del kept[next(iter(kept))]
    return kept


def digest_of(name: str, body: Mapping[str, Any]) -> str:
    """Returns a digest that tells a request from any other under the same key."""
    return hashlib.sha256(json.dumps([name, body], sort_keys=True, default=str).encode()).hexdigest()[:16]


def on_record(onboarding: Onboarding, kind: FactType, data: dict[str, Any], at: datetime | None) -> bool:
    """Whether this report is on record: the same payload at the same time, or without a time."""
    reports = valid_reports(onboarding).get((kind.name, kind.key_of(data)))
    if not reports:
        return False
    current = reports[-1]
    # A report from slightly ahead was recorded with the time at which it came.
    skewed = at is not None and current.at == current.recorded_at and current.at <= at <= current.at + CLOCK_SKEW
    if current.data == data and (at is None or skewed):
        return True
    return any(fact.data == data and fact.at == at for fact in reports)


def refuse_conflict(transition: Transition, kind: FactType, of: str | None) -> None:
    """Raises `Refused` if the fact is on record and cannot be revised."""
    current: Fact | None = current_reports(transition.onboarding).get((kind.name, of))
    if current is None or kind.revisable:
        return
    which = f" --of {of}" if of else ""
    back = f"onboard retract {transition.onboarding.id} {kind.name}{which}"
    advice = "if that record is wrong, take it back first"
    since = f"is on record since {transition.format_time(current.at)}"
    next_step = Refused(f"{advice} ({back})", plain=advice)
    if transition.closed:
        next_step = transition.refused(transition.closed, CLOSED_CODE)
    raise Refused(
        f"{kind.name} {since}{_with(current.data)}, which this report contradicts; {next_step}.",
        next_step.code,
        f"“{kind.title}” {since}{_with(current.data, labels_of(kind.payload))}, which this report contradicts;"
        f" {next_step.plain}.",
    )


def refuse_overtaken(transition: Transition, kind: FactType, of: str | None, revises: int | None) -> None:
    """Raises `Refused` if another report counts than the one that this report was written to revise."""
    current = current_reports(transition.onboarding).get((kind.name, of))
    if revises is not None and revises != (current.number if current else 0):
        raise refused_fact(kind, "was reported again meanwhile; look at it before you report.", OVERTAKEN)


def refuse_flood(transition: Transition, kind: FactType, data: dict[str, Any]) -> None:
    """Raises `Refused` if too much is on record, as when a program reports over and over."""
    recorded = [fact.data for fact in transition.onboarding.facts]
    if sum(len(json.dumps(each, ensure_ascii=False).encode()) for each in (*recorded, data)) > MAX_PAYLOAD_BYTES:
        raise refused_fact(
            kind,
            f"cannot be recorded: {transition.onboarding.id} has {len(recorded)} reports on record,"
            " the maximum; find out who keeps reporting, and stop that.",
        )


def _with(data: Mapping[str, Any], labels: Mapping[str, str] = MappingProxyType({})) -> str:
    text = ", ".join(f"{labels.get(name, name)} {value}" for name, value in data.items())
    return f" with {text if len(text) <= 200 else f'{text[:200]}…'}" if text else ""
