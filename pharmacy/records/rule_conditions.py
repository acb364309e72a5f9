"""The update rules as conditions of SQL.

In all of them `s` is the staged row and `o` our existing row. A null in `s` says nothing; a value of several columns (a
name, an address) is given as a whole as soon as one of them is.
"""

from __future__ import annotations

from pharmacy.records.update_rules import Kind, Rule, UpdateMode

AGE_TOLERANCE_DAYS = 366
"""Ages are given in years, so two of them differ only from more days on."""
RANGE = "s.practice = :practice AND s.feed = :feed AND s.line > :after AND s.line <= :upto"


def of_batch(kind: Kind) -> str:
    """Returns FROM and WHERE for the staged rows of a batch that exist already."""
    return f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id WHERE {RANGE}"


def as_json(rule: Rule, row: str) -> str:
    """Returns SQL for the value of row `s` or `o`, by column."""
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in rule.columns)
    return f"jsonb_build_object({pairs})"


def birth_date_of(age: str) -> str:
    """Returns the approximate birth date from an age in JSON: every feed gives the age as of its own day."""
    return (
        f"coalesce(({age}->>'birth_date')::date, (({age}->>'age_on')::date"
        f" - make_interval(months => ({age}->>'age_months')::int))::date)"
    )


def is_given(rule: Rule) -> str:
    if rule.field == "deceased":
        return "s.deceased IS NOT NULL"
    if rule.field == "age":
        return "(s.birth_date IS NOT NULL OR s.age_months IS NOT NULL)"
    return f"num_nonnulls({', '.join(f's.{name}' for name in rule.columns)}) > 0"


def differs(rule: Rule) -> str:
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


def is_updated(rule: Rule) -> str:
    """Returns whether an automatic update is made: not if a person kept ours over the same value."""
    return (
        f"({is_given(rule)} AND {differs(rule)} AND NOT EXISTS (SELECT FROM differences k WHERE k.practice = :practice "
        f"AND k.kind = '{rule.kind}' AND k.id = s.id AND k.field = '{rule.field}' AND k.state = 'kept' "
        f"AND k.theirs = {as_json(rule, 's')}))"
    )
