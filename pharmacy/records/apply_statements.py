"""SQL statements that apply a batch of a feed, generated from the update rules (DP11 to DP13).

In all of them `s` is the staged row and `o` our existing row. A null in `s` says nothing; a value of several columns (a
name, an address) is given as a whole as soon as one of them is.
"""

# Only our own names are inserted into these texts: columns, and fields of the rules.
# ruff: noqa: S608
from __future__ import annotations

from sqlalchemy import TextClause, text

from pharmacy.records.tables import CLIENT_VALUES, PATIENT_VALUES
from pharmacy.records.update_rules import Kind, Rule, UpdateMode, rules

HELD_BACK = (UpdateMode.MANUAL, UpdateMode.FIRST_IMPORT)
VALUE_COLUMNS = {"client": CLIENT_VALUES, "patient": PATIENT_VALUES}
AGE_TOLERANCE_DAYS = 366
"""Ages are given in years, so two of them differ only from more days on."""


def lock_existing(kind: Kind) -> TextClause:
    """Locks the existing rows of the batch until the transaction ends, and counts them.

    So a change by an owner or staff comes either before the batch, which then respects it, or after.
    """
    return text(f"SELECT count(*) FROM (SELECT {_batch(kind)} ORDER BY o.id FOR NO KEY UPDATE OF o) held")


def last_line(kind: Kind) -> TextClause:
    """Returns the last line of the next batch, or null if there is none."""
    return text(
        f"SELECT max(line) FROM (SELECT line FROM staged_{kind}s WHERE practice = :practice AND feed = :feed "
        "AND line > :after ORDER BY line LIMIT :size) batch"
    )


def insert_differences(kind: Kind) -> TextClause:
    """Adds differences for a person to resolve, and reopens those where the practice now sends another value (DP13)."""
    selects = " UNION ALL ".join(
        f"SELECT s.id, '{each.field}' AS field, {_json(each, 'o')} AS ours, {_json(each, 's')} AS theirs "
        f"{_batch(kind)} AND {_is_given(each)} AND {_differs(each)}"
        for each in rules(kind, *HELD_BACK)
    )
    return text(
        f"""
        INSERT INTO differences AS d
            (practice, kind, id, field, ours, theirs, first_feed, last_feed, first_seen, last_seen, state)
        SELECT :practice, '{kind}', id, field, ours, theirs, :feed, :feed, :seen, :seen, 'open' FROM ({selects}) found
        ON CONFLICT (practice, kind, id, field) DO UPDATE SET
            ours = excluded.ours, theirs = excluded.theirs, last_feed = :feed, last_seen = :seen,
            first_feed = CASE WHEN d.state IN ('open', 'asked') THEN d.first_feed ELSE :feed END,
            first_seen = CASE WHEN d.state IN ('open', 'asked') THEN d.first_seen ELSE :seen END,
            state = CASE WHEN d.state = 'asked' AND d.theirs = excluded.theirs THEN 'asked' ELSE 'open' END,
            by = NULL, at = NULL, why = NULL
        WHERE d.state <> 'kept' OR CASE WHEN d.field = 'age'
            THEN abs({_birth_date_of("excluded.theirs")} - {_birth_date_of("d.theirs")}) > {AGE_TOLERANCE_DAYS}
            ELSE d.theirs <> excluded.theirs END
        """
    )


def close_differences(kind: Kind) -> TextClause:
    """Closes differences that no longer exist, because the practice now sends our value."""
    agreed = " OR ".join(
        f"(d.field = '{each.field}' AND {_is_given(each)} AND NOT ({_differs(each)}))"
        for each in rules(kind, *HELD_BACK)
    )
    changed = " OR ".join(
        f"(d.field = '{each.field}' AND {_is_given(each)} AND d.theirs <> {_json(each, 's')})"
        for each in rules(kind, UpdateMode.AUTOMATIC)
    )
    return text(
        f"""
        UPDATE differences d SET state = 'gone' {_batch(kind)}
            AND d.practice = :practice AND d.kind = '{kind}' AND d.id = s.id
            AND (d.state IN ('open', 'asked', 'kept') AND ({agreed}) OR d.state = 'kept' AND ({changed}))
        """
    )


def insert_changes(kind: Kind) -> TextClause:
    """Records each value that is updated automatically (DP12). Returns the number of records changed."""
    selects = " UNION ALL ".join(
        f"SELECT s.line, s.id, '{each.field}' AS field, {_json(each, 'o')} AS old, {_json(each, 's')} AS new "
        f"{_batch(kind)} AND {_is_updated(each)}"
        for each in rules(kind, UpdateMode.AUTOMATIC)
    )
    return text(
        f"""
        WITH written AS (
            INSERT INTO changes (practice, kind, id, field, old, new, source, feed, at)
            SELECT :practice, '{kind}', id, field, old, new, 'feed', :feed, :at
            FROM ({selects}) found ORDER BY line, field RETURNING id
        )
        SELECT count(DISTINCT id) FROM written
        """
    )


def update_existing(kind: Kind) -> TextClause:
    """Updates the automatic values, and stores the digest of what the practice sent."""
    assignments = [
        f"{name} = CASE WHEN {_is_updated(each)} THEN s.{name} ELSE o.{name} END"
        for each in rules(kind, UpdateMode.AUTOMATIC)
        for name in each.columns
    ]
    return text(
        f"""
        UPDATE {kind}s o SET {", ".join(assignments)}, fed = s.fed
        FROM staged_{kind}s s WHERE o.practice = s.practice AND o.id = s.id AND {_RANGE}
        """
    )


def insert_new(kind: Kind) -> TextClause:
    """Inserts new rows with all their values (DP11, DP12)."""
    columns = ", ".join(VALUE_COLUMNS[kind])
    values = ", ".join(
        "coalesce(s.deceased, false)" if name == "deceased" else f"s.{name}" for name in VALUE_COLUMNS[kind]
    )
    return text(
        f"""
        INSERT INTO {kind}s (practice, id, {columns}, feed, fed)
        SELECT s.practice, s.id, {values}, s.feed, s.fed FROM staged_{kind}s s WHERE {_RANGE} ORDER BY s.line
        ON CONFLICT (practice, id) DO NOTHING
        """
    )


_RANGE = "s.practice = :practice AND s.feed = :feed AND s.line > :after AND s.line <= :upto"


def _batch(kind: Kind) -> str:
    return f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id WHERE {_RANGE}"


def _json(rule: Rule, row: str) -> str:
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in rule.columns)
    return f"jsonb_build_object({pairs})"


def _birth_date_of(age: str) -> str:
    """Returns the approximate birth date from an age in JSON: every feed gives the age as of its own day."""
    return (
        f"coalesce(({age}->>'birth_date')::date, (({age}->>'age_on')::date"
        f" - make_interval(months => ({age}->>'age_months')::int))::date)"
    )


def _is_given(rule: Rule) -> str:
    if rule.field == "deceased":
        return "s.deceased IS NOT NULL"
    if rule.field == "age":
        return "(s.birth_date IS NOT NULL OR s.age_months IS NOT NULL)"
    return f"num_nonnulls({', '.join(f's.{name}' for name in rule.columns)}) > 0"


def _differs(rule: Rule) -> str:
    """Returns whether the values differ. For values that are held back, capitals are no difference."""
    if rule.field == "age":
        born = "coalesce({0}.birth_date, ({0}.age_on - make_interval(months => {0}.age_months))::date)"
        ours, theirs = born.format("o"), born.format("s")
        return (
            f"CASE WHEN s.birth_date IS NOT NULL AND o.birth_date IS NOT NULL THEN s.birth_date <> o.birth_date "
            f"ELSE coalesce(abs({theirs} - {ours}) > {AGE_TOLERANCE_DAYS}, true) END"
        )
    if rule.field == "deceased":
        return "(s.deceased <> o.deceased OR coalesce(s.deceased_on <> o.deceased_on, s.deceased_on IS NOT NULL))"
    if rule.mode is UpdateMode.AUTOMATIC:
        return f"s.{rule.columns[0]} IS DISTINCT FROM o.{rule.columns[0]}"
    return f"({' OR '.join(f'lower(s.{name}) IS DISTINCT FROM lower(o.{name})' for name in rule.columns)})"


def _is_updated(rule: Rule) -> str:
    """Returns whether an automatic update is made: not if a person kept ours over the same value."""
    return (
        f"({_is_given(rule)} AND {_differs(rule)} AND NOT EXISTS (SELECT FROM differences k "
        f"WHERE k.practice = :practice AND k.kind = '{rule.kind}' AND k.id = s.id AND k.field = '{rule.field}' "
        f"AND k.state = 'kept' AND k.theirs = {_json(rule, 's')}))"
    )
