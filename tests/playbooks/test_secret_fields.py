"""Secret fields of facts, for which the rules accept references."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import pytest

from integrations.datapoint.integration import CONNECTION
from integrations.model import Integration
from playbooks.engine.checks import PlaybookError, checked
from playbooks.engine.fields import Line, Secret
from playbooks.engine.model import Details, FactType
from playbooks.engine.transition import Refused
from tests.playbooks.practice import Practice
from tests.playbooks.trials.vault import VAULT

REFERENCE = "secret:0123456789abcdef0123456789abcdef"
HUSH = "hush-hush"


class Nested(Details):
    plain: Line
    one: Secret
    maybe: Secret | None = None
    other: Annotated[str, "a mark of somebody else's"] = ""


def test_optional_secrets_are_found_too() -> None:
    assert FactType(name="x", title="X", payload=Nested, reported_by="team").secrets == ("one", "maybe")
    assert FactType(name="x", title="X", reported_by="team").secrets == ()


def test_a_reference_is_valid_and_a_repeat_is_already_known() -> None:
    vault = Practice(playbook=VAULT)
    assert vault.record("key_given", client_id="abc", client_secret=REFERENCE).outcome == "recorded"
    assert vault.record("key_given", client_id="abc", client_secret=REFERENCE).outcome == "already_known"


@pytest.mark.parametrize("given", [{"client_secret": HUSH * 1000}, {"client_secret": {HUSH: 1}}])
def test_no_refusal_quotes_a_secret(given: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        Practice(playbook=VAULT).record("key_given", **{"client_id": "abc", **given})
    assert HUSH not in str(refusal.value)


class Within(Details):
    nested: Nested


class Several(Details):
    several: list[Secret]


@pytest.mark.parametrize("payload", [Within, Several])
def test_a_nested_secret_is_refused(payload: type[Details]) -> None:
    given = FactType(name="key_given", title="Key given", payload=payload, reported_by="team")
    facts = (given, *VAULT.facts[1:])
    with pytest.raises(PlaybookError, match="fact 'key_given' has a secret within a field"):
        checked(VAULT.model_copy(update={"facts": facts}))


def test_events_with_secrets_are_refused() -> None:
    assert CONNECTION.events
    with pytest.raises(PlaybookError, match=r"^key_given has the secret client_secret: have it reported by the API"):
        Integration(playbook=VAULT, events=replace(CONNECTION.events, facts={"key.given": "key_given"}))


def test_a_secret_is_no_key_and_no_figure() -> None:
    facts = (VAULT.facts[0].model_copy(update={"per": "client_secret"}), *VAULT.facts[1:])
    with pytest.raises(PlaybookError, match="has a secret field that tells reports apart or is a figure"):
        checked(VAULT.model_copy(update={"facts": facts}))
