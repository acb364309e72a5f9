"""The table of rules as conditions of SQL: what a staged row says, and whether it differs from the row that is there.

In all of them `s` is the staged row and `o` the row that is there; a blank of `s` says nothing, and of a value in
several columns (a name, an address) everything is said as soon as something is.
"""

from __future__ import annotations

from pharmacy.records.rules import How, Kind, Rule

AGE_DAYS = 366
"""How far apart two ages may be, told in years, before they differ."""
RANGE = "s.practice = :practice AND s.feed = :feed AND s.line > :after AND s.line <= :upto"


def of_batch(kind: Kind) -> str:
    """The part of a SELECT from FROM to WHERE: the staged rows of a batch, with the rows that are there."""
    return f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id WHERE {RANGE}"


def as_json(rule: Rule, row: str) -> str:
    """The value of row `s` or `o`, by column."""
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in rule.columns)
    return f"jsonb_build_object({pairs})"


def born_of(told: str) -> str:
    """About when an animal was born, from a difference in age: its age is told anew with every feed."""
    return (
        f"coalesce(({told}->>'birth_date')::date, (({told}->>'age_on')::date"
        f" - make_interval(months => ({told}->>'age_months')::int))::date)"
    )


def is_given(rule: Rule) -> str:
    """Whether the staged row says anything about the value."""
    if rule.field == "deceased":
        return "s.deceased IS NOT NULL"
    if rule.field == "age":
        return "(s.birth_date IS NOT NULL OR s.age_months IS NOT NULL)"
    return f"num_nonnulls({', '.join(f's.{name}' for name in rule.columns)}) > 0"


def differs(rule: Rule) -> str:
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


def is_taken(rule: Rule) -> str:
    """Whether an automatic update is made: not where a person chose ours over the very same."""
    return (
        f"({is_given(rule)} AND {differs(rule)} AND NOT EXISTS (SELECT FROM differences k WHERE k.practice = :practice "
        f"AND k.kind = '{rule.kind}' AND k.id = s.id AND k.field = '{rule.field}' AND k.state = 'kept' "
        f"AND k.theirs = {as_json(rule, 's')}))"
    )
