"""The statements that bring a batch of a feed in, written by the table of rules (DP11 to DP13).

In all of them `s` is the staged row and `o` the row that is there; a blank of `s` says nothing, and of a value in
several columns (a name, an address) everything is said as soon as something is.
"""

# All that is put into these texts are names of our own: of columns, and of the rules' values.
# ruff: noqa: S608
from __future__ import annotations

from sqlalchemy import TextClause, text

from pharmacy.records.rules import How, Kind, Rule, rules
from pharmacy.records.tables import CLIENT_VALUES, PATIENT_VALUES

HELD = (How.BY_A_PERSON, How.AT_FIRST)
VALUES = {"client": CLIENT_VALUES, "patient": PATIENT_VALUES}
AGE_DAYS = 366
"""How far apart two ages may be, told in years, before they differ."""


def hold(kind: Kind) -> TextClause:
    """How many rows of the batch are there already; they are held until the transaction ends.

    What an owner or staff changes at this moment is in before, and is seen, or comes after.
    """
    return text(f"SELECT count(*) FROM (SELECT {_batch(kind)} ORDER BY o.id FOR NO KEY UPDATE OF o) held")


def last_line(kind: Kind) -> TextClause:
    """The line that ends the next batch, or null if there is none."""
    return text(
        f"SELECT max(line) FROM (SELECT line FROM staged_{kind}s WHERE practice = :practice AND feed = :feed "
        "AND line > :after ORDER BY line LIMIT :size) batch"
    )


def hold_back(kind: Kind) -> TextClause:
    """Differences that a person resolves: new ones, and old ones where the practice says something new (DP13)."""
    found = " UNION ALL ".join(
        f"SELECT s.id, '{each.field}' AS field, {_json(each, 'o')} AS ours, {_json(each, 's')} AS theirs "
        f"{_batch(kind)} AND {_told(each)} AND {_differs(each)}"
        for each in rules(kind, *HELD)
    )
    return text(
        f"""
        INSERT INTO differences AS d
            (practice, kind, id, field, ours, theirs, first_feed, last_feed, first_seen, last_seen, state)
        SELECT :practice, '{kind}', id, field, ours, theirs, :feed, :feed, :seen, :seen, 'open' FROM ({found}) found
        ON CONFLICT (practice, kind, id, field) DO UPDATE SET
            ours = excluded.ours, theirs = excluded.theirs, last_feed = :feed, last_seen = :seen,
            first_feed = CASE WHEN d.state IN ('open', 'asked') THEN d.first_feed ELSE :feed END,
            first_seen = CASE WHEN d.state IN ('open', 'asked') THEN d.first_seen ELSE :seen END,
            state = CASE WHEN d.state = 'asked' AND d.theirs = excluded.theirs THEN 'asked' ELSE 'open' END,
            by = NULL, at = NULL, why = NULL
        WHERE d.state <> 'kept' OR CASE WHEN d.field = 'age'
            THEN abs({_born_of("excluded.theirs")} - {_born_of("d.theirs")}) > {AGE_DAYS}
            ELSE d.theirs <> excluded.theirs END
        """
    )


def settle(kind: Kind) -> TextClause:
    """Ends differences that are none any longer, because the practice now says what we do."""
    agreed = " OR ".join(
        f"(d.field = '{each.field}' AND {_told(each)} AND NOT ({_differs(each)}))" for each in rules(kind, *HELD)
    )
    news = " OR ".join(
        f"(d.field = '{each.field}' AND {_told(each)} AND d.theirs <> {_json(each, 's')})"
        for each in rules(kind, How.AUTOMATIC)
    )
    return text(
        f"""
        UPDATE differences d SET state = 'gone' {_batch(kind)}
            AND d.practice = :practice AND d.kind = '{kind}' AND d.id = s.id
            AND (d.state IN ('open', 'asked', 'kept') AND ({agreed}) OR d.state = 'kept' AND ({news}))
        """
    )


def record_changes(kind: Kind) -> TextClause:
    """One line for each value that is updated automatically (DP12); returns the ids."""
    found = " UNION ALL ".join(
        f"SELECT s.line, s.id, '{each.field}' AS field, {_json(each, 'o')} AS old, {_json(each, 's')} AS new "
        f"{_batch(kind)} AND {_taken(each)}"
        for each in rules(kind, How.AUTOMATIC)
    )
    return text(
        f"""
        WITH written AS (
            INSERT INTO changes (practice, kind, id, field, old, new, source, feed, at)
            SELECT :practice, '{kind}', id, field, old, new, 'feed', :feed, :at
            FROM ({found}) found ORDER BY line, field RETURNING id
        )
        SELECT count(DISTINCT id) FROM written
        """
    )


def update(kind: Kind) -> TextClause:
    """Takes what is automatic, and remembers what the practice said."""
    taken = [
        f"{name} = CASE WHEN {_taken(each)} THEN s.{name} ELSE o.{name} END"
        for each in rules(kind, How.AUTOMATIC)
        for name in each.columns
    ]
    return text(
        f"""
        UPDATE {kind}s o SET {", ".join(taken)}, fed = s.fed
        FROM staged_{kind}s s WHERE o.practice = s.practice AND o.id = s.id AND {_RANGE}
        """
    )


def add(kind: Kind) -> TextClause:
    """Takes everything of those who are new (DP11, DP12)."""
    columns = ", ".join(VALUES[kind])
    given = ", ".join("coalesce(s.deceased, false)" if name == "deceased" else f"s.{name}" for name in VALUES[kind])
    return text(
        f"""
        INSERT INTO {kind}s (practice, id, {columns}, feed, fed)
        SELECT s.practice, s.id, {given}, s.feed, s.fed FROM staged_{kind}s s WHERE {_RANGE} ORDER BY s.line
        ON CONFLICT (practice, id) DO NOTHING
        """
    )


_RANGE = "s.practice = :practice AND s.feed = :feed AND s.line > :after AND s.line <= :upto"


def _batch(kind: Kind) -> str:
    return f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id WHERE {_RANGE}"


def _json(rule: Rule, row: str) -> str:
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in rule.columns)
    return f"jsonb_build_object({pairs})"


def _born_of(told: str) -> str:
    """About when an animal was born, from a difference in age: its age is told anew with every feed."""
    return (
        f"coalesce(({told}->>'birth_date')::date, (({told}->>'age_on')::date"
        f" - make_interval(months => ({told}->>'age_months')::int))::date)"
    )


def _told(rule: Rule) -> str:
    if rule.field == "deceased":
        return "s.deceased IS NOT NULL"
    if rule.field == "age":
        return "(s.birth_date IS NOT NULL OR s.age_months IS NOT NULL)"
    return f"num_nonnulls({', '.join(f's.{name}' for name in rule.columns)}) > 0"


def _differs(rule: Rule) -> str:
    """Whether it is another value. How it is written, in capitals or not, is no difference to hold back."""
    if rule.field == "age":
        born = "coalesce({0}.birth_date, ({0}.age_on - make_interval(months => {0}.age_months))::date)"
        ours, theirs = born.format("o"), born.format("s")
        return (
            f"CASE WHEN s.birth_date IS NOT NULL AND o.birth_date IS NOT NULL THEN s.birth_date <> o.birth_date "
            f"ELSE coalesce(abs({theirs} - {ours}) > {AGE_DAYS}, true) END"
        )
    if rule.field == "deceased":
        return "(s.deceased <> o.deceased OR coalesce(s.deceased_on <> o.deceased_on, s.deceased_on IS NOT NULL))"
    if rule.how is How.AUTOMATIC:
        return f"s.{rule.columns[0]} IS DISTINCT FROM o.{rule.columns[0]}"
    return f"({' OR '.join(f'lower(s.{name}) IS DISTINCT FROM lower(o.{name})' for name in rule.columns)})"


def _taken(rule: Rule) -> str:
    """Whether an automatic update is made: not where a person chose ours over the very same."""
    return (
        f"({_told(rule)} AND {_differs(rule)} AND NOT EXISTS (SELECT FROM differences k WHERE k.practice = :practice "
        f"AND k.kind = '{rule.kind}' AND k.id = s.id AND k.field = '{rule.field}' AND k.state = 'kept' "
        f"AND k.theirs = {_json(rule, 's')}))"
    )
