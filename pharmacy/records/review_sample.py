"""Measures how often automatic merges are wrong, by a random sample that people check blindly (DP9).

Up to `SAMPLE_SIZE` merges of a practice are drawn, and shown among the pairs of the queue without score and reasons. A
merge that was undone without being drawn does not count: complaints find wrong merges only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.clinic import clinic_transaction

SAMPLE_SIZE = 200
"""Merges to check per practice. If none is wrong, at most 1.8 in 100 are, very likely."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class ErrorRate:
    """Of `checked` sampled automatic merges, `wrong` were two people; `left` are still to be checked.

    Of `reviewed` pairs that the rules left to a person, `same` were one client.
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
        """Returns the estimated share of wrong automatic merges; None before any was checked."""
        return self.wrong / self.checked if self.checked else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Returns the 95 % interval of that share (Clopper-Pearson)."""
        return clopper_pearson(self.wrong, self.checked)


async def error_rates(engine: AsyncEngine) -> list[ErrorRate]:
    """Returns the rates of all practices with automatic merges or decided pairs, by name."""
    # Across clinics, since it counts and reads no client's data.
    async with engine.connect() as connection:
        rows = await connection.execute(_RATES, {"sample": SAMPLE_SIZE})
        return [ErrorRate(**row) for row in rows.mappings()]


async def error_rate(engine: AsyncEngine, practice: str) -> ErrorRate | None:
    """Returns one practice's rate; None if there is nothing to measure."""
    async with clinic_transaction(engine, practice) as connection:
        row = (await connection.execute(_RATES, {"sample": SAMPLE_SIZE})).mappings().first()
    return ErrorRate(**row) if row else None


def total_rate(rates: list[ErrorRate]) -> ErrorRate:
    sums = {
        name: sum(getattr(rate, name) for rate in rates)
        for name in ("merged", "checked", "wrong", "left", "reviewed", "same")
    }
    return ErrorRate("", "All practices", **sums)


def clopper_pearson(hits: int, of: int) -> tuple[float, float]:
    """Returns the Clopper-Pearson interval of a share; (0, 1) if nothing is known."""
    if not of:
        return 0.0, 1.0
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if hits == 0 else _find_zero(lambda share: 1 - _binomial_cdf(hits - 1, of, share) - tail)
    high = 1.0 if hits == of else _find_zero(lambda share: tail - _binomial_cdf(hits, of, share))
    return low, high


def _find_zero(rising: Callable[[float], float]) -> float:
    """Returns where a rising function crosses zero between 0 and 1."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _binomial_cdf(hits: int, of: int, share: float) -> float:
    """Returns the probability of at most `hits` hits in `of` trials, each with probability `share`."""
    total = lgamma(of + 1)
    return sum(
        exp(total - lgamma(k + 1) - lgamma(of - k + 1) + k * log(share) + (of - k) * log1p(-share))
        for k in range(hits + 1)
    )


_NOT_UNDONE = "NOT EXISTS (SELECT FROM link_decisions u WHERE u.undoes = d.number)"
_CHECKED = f"""EXISTS (
    SELECT FROM link_decisions d WHERE d.practice = s.practice AND d.link = s.number
    AND d.blind AND d.decided <> 'not_sure' AND {_NOT_UNDONE})"""
IN_SAMPLE = f"""
    SELECT s.number FROM client_links s
    WHERE s.practice = :practice AND s.state = 'merged' AND s.by IS NULL AND NOT {_CHECKED}
    ORDER BY md5(s.practice || ' ' || s.number)
    LIMIT greatest(0, {SAMPLE_SIZE} - (
        SELECT count(*) FROM link_decisions d WHERE d.practice = :practice AND d.blind AND d.decided <> 'not_sure'
        AND {_NOT_UNDONE}
    ))"""  # noqa: S608 - constants
"""SQL for the sampled automatic merges that are not checked yet. The sample depends only on the links' numbers."""
_RATES = text(
    f"""
    WITH decided AS (
        SELECT d.practice,
            count(*) FILTER (WHERE d.blind) AS checked,
            count(*) FILTER (WHERE d.blind AND l.state <> 'merged') AS wrong,
            count(*) FILTER (WHERE d.was = 'review') AS reviewed,
            count(*) FILTER (WHERE d.was = 'review' AND d.decided = 'same') AS same
        FROM link_decisions d JOIN client_links l ON l.number = d.link
        WHERE d.decided IN ('same', 'different') AND {_NOT_UNDONE} GROUP BY d.practice
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
    """  # noqa: S608 - constants
)
