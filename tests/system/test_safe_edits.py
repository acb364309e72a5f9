"""Which edits of the rules onboardings under way survive: each row of the table in docs/changing-a-workflow.md, tried
on all recorded histories."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from playbooks.calendar.values import Elapsed
from playbooks.datapoint import DATAPOINT, EulaAcceptance
from playbooks.engine.model import FactType, MailRule, Playbook, Role, Stage
from playbooks.feed_watch import watch
from playbooks.registry import PLAYBOOKS
from tests.documents import ROOT
from tests.system import histories
from tests.system.patched import PATCHED, PatchedOnboarding
from workflows.feed_watch import FeedWatchWorkflow
from workflows.prescription import PrescriptionWorkflow


def rules(**changes: Any) -> Playbook:
    """DataPoint's rules with some of them changed, and checked as always."""
    return Playbook(**{**{name: getattr(DATAPOINT, name) for name in Playbook.model_fields}, **changes})


def with_stage(name: str, **changes: Any) -> Playbook:
    return rules(stages=[each.model_copy(update=changes if each.name == name else {}) for each in DATAPOINT.stages])


def with_fact(name: str, **changes: Any) -> Playbook:
    return rules(facts=[each.model_copy(update=changes if each.name == name else {}) for each in DATAPOINT.facts])


class EulaWithPlace(EulaAcceptance):
    place: str | None = None


CALL = FactType(name="call_made", title="Called the practice", reported_by="team")
CALL_STAGE = Stage(name="call", title="Call", waits_on="team", until=("call_made",), asks="Call the practice.")
NEWS = MailRule(kind="reminder", to=Role.PRIMARY_CONTACT, on="invitation_sent")
TARGET = DATAPOINT.stage("invitation").target
REMINDERS = DATAPOINT.stage("registration").reminders
assert TARGET
assert REMINDERS

IN_72_HOURS = with_stage("invitation", target=TARGET.model_copy(update={"duration": Elapsed(hours=72)}))
SAFE = {
    "another title, `asks` or `chase`": with_stage("registration", title="The form", asks="Do it", chase="Call"),
    "an optional field of a fact": with_fact("eula_accepted", payload=EulaWithPlace),
    "a fact becomes revisable": with_fact("eula_accepted", revisable=True),
    "a new fact that only new mails depend on": rules(
        facts=(*DATAPOINT.facts, CALL), mail_rules=(*DATAPOINT.mail_rules, NEWS.model_copy(update={"on": "call_made"}))
    ),
}
UNSAFE = {
    "another deadline": IN_72_HOURS,
    "a new mail on an existing fact": rules(mail_rules=(*DATAPOINT.mail_rules, NEWS)),
    "a mail less": rules(mail_rules=DATAPOINT.mail_rules[1:]),
    "other days for reminders": with_stage("registration", reminders=REMINDERS.model_copy(update={"days": (1, 2)})),
    "another escalation": with_stage("invitation", target=TARGET.model_copy(update={"ladder": ()})),
    "a new stage in between": rules(
        facts=(*DATAPOINT.facts, CALL), stages=(*DATAPOINT.stages[:2], CALL_STAGE, *DATAPOINT.stages[2:])
    ),
    "a fact implies less or more": with_fact("invitation_sent", implies=()),
}


async def broken(replayer: Replayer) -> AsyncIterator[str]:
    """The recorded histories that today's code does not follow."""
    for path in histories.kept_histories():
        try:
            await replayer.replay_workflow(histories.read_history(path))
        except NondeterminismError:
            yield path.stem


async def some_break() -> bool:
    return await anext(broken(histories.replayer()), None) is not None


@pytest.mark.parametrize("edit", SAFE)
async def test_onboardings_under_way_survive(edit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLAYBOOKS, "datapoint", SAFE[edit])
    assert [each async for each in broken(histories.replayer())] == []


@pytest.mark.parametrize("edit", UNSAFE)
async def test_onboardings_under_way_would_break(edit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLAYBOOKS, "datapoint", UNSAFE[edit])
    assert await some_break()


async def test_behind_a_patch_those_under_way_keep_the_rules_they_started_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLAYBOOKS, "datapoint", DATAPOINT)
    monkeypatch.setitem(PLAYBOOKS, PATCHED, IN_72_HOURS)
    replayer = histories.replayer([PatchedOnboarding, FeedWatchWorkflow, PrescriptionWorkflow])
    assert [each async for each in broken(replayer)] == []


async def test_watches_under_way_would_break_by_another_length_of_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SILENCE", Elapsed(hours=48))
    assert await some_break()


def test_the_document_lists_these_edits() -> None:
    text = (ROOT / "docs" / "changing-a-workflow.md").read_text(encoding="utf-8")
    table = text.partition("| Edit of the rules")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| (safe|needs a patch) \|", table, re.MULTILINE)
    assert dict(rows) == dict.fromkeys(SAFE, "safe") | dict.fromkeys(UNSAFE, "needs a patch")
