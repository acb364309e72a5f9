"""What only the tests' own playbooks need of the engine, on real servers: each way of going one test, and a history."""

from __future__ import annotations

import pytest

from playbooks.engine.transition import Refused
from tests.system.harness import Practice


@pytest.mark.outcome("refused")
async def test_one_that_a_fact_ends_is_closed_with_its_outcome(practice: Practice) -> None:
    practice.playbook = "permit"
    await practice.start()
    await practice.record("applied")
    assert (await practice.record("turned_down", reason="No such street")).status == "refused"
    assert (await practice.handle.result())["status"] == "refused"
    seen = await practice.show()
    assert (seen.status, seen.stage, seen.headline) == ("refused", "decision", "Refused: turned down by the office")
    assert [(mail.kind, mail.state) for mail in seen.mails] == [("reminder", "sent")]
    with pytest.raises(Refused, match="was refused; start a new onboarding"):
        await practice.record("granted")
    await practice.start()
    assert (await practice.show()).status == "open"
