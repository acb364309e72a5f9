"""A practice by itself, whichever integrations it takes part in."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.problem import NotFound
from desk.service import Desk
from integrations.registry import BRINGS_DATA
from playbooks.engine.fields import PRACTICE_ID
from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Practice
from playbooks.registry import PLAYBOOKS
from store.journal import journal

ORDER = (BRINGS_DATA.playbook.name, *(name for name in PLAYBOOKS if name != BRINGS_DATA.playbook.name))
"""By which integration a practice is looked for first: the one that brings its data."""


async def row_of(engine: AsyncEngine, practice: str) -> Row | None:
    """The onboarding that a practice's data belong to, as listed; None for a practice that was never onboarded."""
    if PRACTICE_ID.fullmatch(practice):
        for playbook in ORDER:
            if row := await journal.find(engine, f"{playbook}/{practice}"):
                return row
    return None


async def just_begun(desk: Desk, practice: str) -> Practice:
    """A practice that may not be listed yet. Raises `NotFound` for one that was never onboarded, or `NoAnswer`."""
    for playbook in ORDER:
        try:
            return (await desk.state(f"{playbook}/{practice}")).onboarding.practice
        except NotFound:
            continue
    raise NotFound(f"There is no practice {practice}: start its onboarding, or correct the ID.")
