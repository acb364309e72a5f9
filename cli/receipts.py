"""Prints the receipt of a command, or the outcomes for many onboardings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.output import echo, echo_either, echo_json, echo_stderr, label
from cli.problem import sentence
from desk.labels import receipt_sentence

if TYPE_CHECKING:
    from playbooks.engine.onboarding import Receipt


def echo_receipt(identity: str, receipt: Receipt, as_json: bool) -> None:
    """Prints what was done, and the onboarding's stage and status now."""
    position = f"{identity} is at “{_title(identity, receipt.stage)}”, {label(receipt.status)}."
    text = f"{receipt_sentence(receipt)} {position}"
    echo_either(as_json, {"id": identity, **receipt.model_dump()}, text)


def echo_outcomes(outcomes: list[tuple[str, Receipt | Exception]], as_json: bool) -> int:
    """Prints a line for each onboarding; returns the exit status, 1 if any failed."""
    outcomes = sorted(outcomes, key=lambda each: each[0])
    done = [{"id": identity, **each.model_dump()} for identity, each in outcomes if not isinstance(each, Exception)]
    failed = [{"id": identity, "why": sentence(each)} for identity, each in outcomes if isinstance(each, Exception)]
    if as_json:
        echo_json({"done": done, "failed": failed})
    else:
        for identity, outcome in outcomes:
            text = f"failed: {sentence(outcome)}" if isinstance(outcome, Exception) else receipt_sentence(outcome)
            echo(f"{identity}: {text}")
    if failed:
        echo_stderr(f"{len(failed)} of {len(outcomes)} failed; correct these and repeat the command for them.")
    return 1 if failed else 0


def _title(identity: str, stage: str) -> str:
    from playbooks.registry import PLAYBOOKS

    return PLAYBOOKS[identity.partition("/")[0]].stage(stage).title
