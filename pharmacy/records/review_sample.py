"""How often the automatic rule is wrong: a random sample of its merges, which people check without knowing (DP9).

Up to `SAMPLE` merges of a practice are drawn, and shown among the pairs of the queue without score and reasons. A merge
that a person undid without its having been drawn does not count: complaints find wrong ones and no right ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic

SAMPLE = 200
"""Merges to check in a practice. None wrong among them says: at most 1.8 in 100, most likely."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """Of `checked` automatic merges that were drawn, `wrong` were two people. `left` are still to be checked.

    `reviewed` pairs were decided that the rules had left to a person, and `same` of them were one client.
    """

    practice: str
    name: str
    merged: int
    checked: int
    wrong: int
    left: int
    reviewed: int
    same: int

    @property
    def share(self) -> float | None:
        """The estimated share of wrong ones among the automatic merges; None before any was checked."""
        return self.wrong / self.checked if self.checked else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which the true share lies, in 95 of 100 such samples at least (Clopper-Pearson)."""
        return interval(self.wrong, self.checked)


async def rates(engine: AsyncEngine) -> list[Rate]:
    """Of every practice with automatic merges or decided pairs, by name."""
    # Counts for the whole team and no client's data: therefore across clinics.
    async with engine.connect() as connection:
        found = await connection.execute(_RATES, {"sample": SAMPLE})
        return [Rate(**row) for row in found.mappings()]


async def rate(engine: AsyncEngine, practice: str) -> Rate | None:
    """Of one practice; None if there is nothing to measure."""
    async with clinic(engine, practice) as connection:
        row = (await connection.execute(_RATES, {"sample": SAMPLE})).mappings().first()
    return Rate(**row) if row else None


def together(parts: list[Rate]) -> Rate:
    """All practices as one."""
    sums = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("merged", "checked", "wrong", "left", "reviewed", "same")
    }
    return Rate("", "All practices", **sums)


def interval(hits: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The Clopper-Pearson interval of a share; (0, 1) if nothing is known."""
    if not of:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else _where(lambda share: 1 - _at_most(hits - 1, of, share) - tail)
    high = 1.0 if hits == of else _where(lambda share: tail - _at_most(hits, of, share))
    return low, high


def _where(rising: Callable[[float], float]) -> float:
    """Where between 0 and 1 a rising function crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _at_most(hits: int, of: int, share: float) -> float:
    """The probability of at most that many hits, each with this probability."""
    whole = lgamma(of + 1)
    return sum(
        exp(whole - lgamma(k + 1) - lgamma(of - k + 1) + k * log(share) + (of - k) * log1p(-share))
        for k in range(hits + 1)
    )


_STANDS = "NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)"
_CHECKED = f"""EXISTS (
    SELECT FROM link_decisions d WHERE d.practice = s.practice AND d.link = s.number
    AND d.blind AND d.decided <> 'not_sure' AND {_STANDS})"""
IN_SAMPLE = f"""
    SELECT s.number FROM client_links s
    WHERE s.practice = :practice AND s.state = 'merged' AND s.by IS NULL AND NOT {_CHECKED}
    ORDER BY md5(s.practice || ' ' || s.number)
    LIMIT greatest(0, {SAMPLE} - (
        SELECT count(*) FROM link_decisions d WHERE d.practice = :practice AND d.blind AND d.decided <> 'not_sure'
        AND {_STANDS}
    ))"""  # noqa: S608 - our own words
"""The automatic merges that are drawn and not checked yet. What is drawn depends on nothing but a link's number."""
_RATES = text(
    f"""
    WITH decided AS (
        SELECT d.practice,
            count(*) FILTER (WHERE d.blind) AS checked,
            count(*) FILTER (WHERE d.blind AND l.state <> 'merged') AS wrong,
            count(*) FILTER (WHERE d.was = 'review') AS reviewed,
            count(*) FILTER (WHERE d.was = 'review' AND d.decided = 'same') AS same
        FROM link_decisions d JOIN client_links l ON l.number = d.link
        WHERE d.decided IN ('same', 'different') AND {_STANDS} GROUP BY d.practice
    ), merges AS (
        SELECT practice, count(*) AS merged FROM client_links WHERE state = 'merged' AND by IS NULL GROUP BY practice
    )
    SELECT p.id AS practice, p.name, coalesce(m.merged, 0) AS merged, coalesce(d.checked, 0) AS checked,
        coalesce(d.wrong, 0) AS wrong, coalesce(d.reviewed, 0) AS reviewed, coalesce(d.same, 0) AS same,
        greatest(0, least(
            coalesce(m.merged, 0) - coalesce(d.checked, 0) + coalesce(d.wrong, 0), :sample - coalesce(d.checked, 0)
        )) AS left
    FROM practices p LEFT JOIN decided d ON d.practice = p.id LEFT JOIN merges m ON m.practice = p.id
    WHERE m.merged > 0 OR d.practice IS NOT NULL ORDER BY p.name
    """  # noqa: S608 - our own words
)
