"""All SQL statements that write clients, patients, differences and changes (DP11 to DP13).

The first ones apply a batch of a feed, and are generated from the update rules (see `rule_conditions` for `s` and `o`).
Those from `Value` on are for one value that a person changes or decides about.
"""

# Only our own names are inserted into these texts: columns, and fields of the rules.
# ruff: noqa: S608
from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sqlalchemy import TextClause, case, cast, delete, func, insert, literal, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert, Update

from pharmacy.records.feed_tables import changes, differences
from pharmacy.records.rule_conditions import (
    AGE_TOLERANCE_DAYS,
    RANGE,
    as_json,
    birth_date_of,
    differs,
    is_given,
    is_updated,
    of_batch,
)
from pharmacy.records.tables import CLIENT_VALUES, PATIENT_VALUES, clients, patients
from pharmacy.records.twins import SAME_AS, of_batch_with_twins, of_twins
from pharmacy.records.update_rules import Kind, Rule, UpdateMode, rules
from store.columns import Json, Moment

Source = Literal["owner", "staff"]

HELD_BACK = (UpdateMode.MANUAL, UpdateMode.FIRST_IMPORT)
VALUE_COLUMNS = {"client": CLIENT_VALUES, "patient": PATIENT_VALUES}


def lock_existing(kind: Kind) -> TextClause:
    """Locks the existing rows of the batch until the transaction ends, and counts them.

    So a change by an owner or staff comes either before the batch, which then respects it, or after.
    """
    return text(f"SELECT count(*) FROM (SELECT {of_batch(kind)} ORDER BY o.id FOR NO KEY UPDATE OF o) held")


def last_line(kind: Kind) -> TextClause:
    """Returns the last line of the next batch, or null if there is none."""
    return text(
        f"SELECT max(line) FROM (SELECT line FROM staged_{kind}s WHERE practice = :practice AND feed = :feed "
        "AND line > :after ORDER BY line LIMIT :size) batch"
    )


def insert_differences(kind: Kind) -> TextClause:
    """Adds differences for a person to resolve, and reopens those where the practice now sends another value (DP13)."""
    selects = " UNION ALL ".join(
        f"SELECT s.id, o.circle, '{each.field}' AS field, {as_json(each, 'o')} AS ours, "
        f"{as_json(each, 's')} AS theirs {of_batch(kind)} AND {is_given(each)} AND {differs(each)}"
        for each in rules(kind, *HELD_BACK)
    )
    return text(
        f"""
        INSERT INTO differences AS d
            (practice, kind, id, circle, field, ours, theirs, first_feed, last_feed, first_seen, last_seen, state)
        SELECT :practice, '{kind}', id, circle, field, ours, theirs, :feed, :feed, :seen, :seen, 'open'
        FROM ({selects}) found
        ON CONFLICT (practice, kind, id, field) DO UPDATE SET
            ours = excluded.ours, theirs = excluded.theirs, last_feed = :feed, last_seen = :seen,
            first_feed = CASE WHEN d.state IN ('open', 'asked') THEN d.first_feed ELSE :feed END,
            first_seen = CASE WHEN d.state IN ('open', 'asked') THEN d.first_seen ELSE :seen END,
            state = CASE WHEN d.state = 'asked' AND d.theirs = excluded.theirs THEN 'asked' ELSE 'open' END,
            by = NULL, at = NULL, why = NULL, before = NULL
        WHERE d.state <> 'kept' OR CASE WHEN d.field = 'age'
            THEN abs({birth_date_of("excluded.theirs")} - {birth_date_of("d.theirs")}) > {AGE_TOLERANCE_DAYS}
            ELSE d.theirs <> excluded.theirs END
        """
    )


def close_differences(kind: Kind) -> TextClause:
    """Closes differences that no longer exist, because the practice now sends our value."""
    agreed = " OR ".join(
        f"(d.field = '{each.field}' AND {is_given(each)} AND NOT ({differs(each)}))" for each in rules(kind, *HELD_BACK)
    )
    changed = " OR ".join(
        f"(d.field = '{each.field}' AND {is_given(each)} AND d.theirs <> {as_json(each, 's')})"
        for each in rules(kind, UpdateMode.AUTOMATIC)
    )
    return text(
        f"""
        UPDATE differences d SET state = 'gone' {of_batch(kind)}
            AND d.practice = :practice AND d.kind = '{kind}' AND d.id = s.id
            AND (d.state IN ('open', 'asked', 'kept') AND ({agreed}) OR d.state = 'kept' AND ({changed}))
        """
    )


def insert_changes(kind: Kind) -> TextClause:
    """Records each value that is updated automatically (DP12). Returns the number of records changed."""
    selects = " UNION ALL ".join(
        f"SELECT s.line, s.id, o.circle, '{each.field}' AS field, {as_json(each, 'o')} AS old, "
        f"{as_json(each, 's')} AS new "
        f"{of_batch(kind)} AND {is_updated(each)}"
        for each in rules(kind, UpdateMode.AUTOMATIC)
    )
    return text(
        f"""
        WITH written AS (
            INSERT INTO changes (practice, kind, id, circle, field, old, new, source, feed, at)
            SELECT :practice, '{kind}', id, circle, field, old, new, 'feed', :feed, :at
            FROM ({selects}) found ORDER BY line, field RETURNING id
        )
        SELECT count(DISTINCT id) FROM written
        """
    )


def update_existing(kind: Kind) -> TextClause:
    """Updates the automatic values, and stores the digest of what the practice sent."""
    assignments = [
        f"{name} = CASE WHEN {is_updated(each)} THEN s.{name} ELSE o.{name} END"
        for each in rules(kind, UpdateMode.AUTOMATIC)
        for name in each.columns
    ]
    return text(
        f"""
        UPDATE {kind}s o SET {", ".join(assignments)}, fed = s.fed
        FROM staged_{kind}s s WHERE o.practice = s.practice AND o.id = s.id AND {RANGE}
        """
    )


def insert_new(kind: Kind) -> TextClause:
    """Inserts the rest of the batch: a client into the circle of new clients, a patient into its client's (RS4)."""
    columns = ", ".join(VALUE_COLUMNS[kind])
    values = ", ".join(
        "coalesce(s.deceased, false)" if name == "deceased" else f"s.{name}" for name in VALUE_COLUMNS[kind]
    )
    circle, owners, lock = "(SELECT new_circle(:practice))", "", ""
    if kind == "patient":
        circle, owners = "c.circle", "JOIN clients c ON c.practice = s.practice AND c.id = s.client"
        lock = "FOR KEY SHARE OF c"
    return text(
        f"""
        INSERT INTO {kind}s (practice, id, {columns}, feed, fed, circle)
        SELECT s.practice, s.id, {values}, s.feed, s.fed, {circle} FROM staged_{kind}s s {owners}
        WHERE {RANGE} ORDER BY s.line {lock}
        ON CONFLICT (practice, id) DO NOTHING
        """
    )


def insert_twin_changes(kind: Kind) -> TextClause:
    """Records each value that a feed updates at another clinic's row."""
    selects = " UNION ALL ".join(
        f"SELECT t.practice, t.id, t.circle, '{each.field}' AS field, {as_json(each, 't')} AS old, "
        f"{as_json(each, 's')} AS new {of_twins(kind)} AND {is_updated(each)} "
        f"AND {as_json(each, 't')} <> {as_json(each, 's')}"
        for each in rules(kind, UpdateMode.AUTOMATIC)
    )
    return text(
        f"INSERT INTO changes (practice, kind, id, circle, clinic, field, old, new, source, at) "
        f"SELECT practice, '{kind}', id, circle, :practice, field, old, new, 'feed', :at FROM ({selects}) found"
    )


def update_twins(kind: Kind) -> TextClause:
    """Updates the automatic values of other clinics' rows; to be done before those of the practice itself."""
    assignments = ", ".join(
        f"{name} = CASE WHEN {is_updated(each)} THEN s.{name} ELSE t.{name} END"
        for each in rules(kind, UpdateMode.AUTOMATIC)
        for name in each.columns
    )
    same = SAME_AS[kind]
    return text(
        f"UPDATE {kind}s t SET {assignments} {of_batch_with_twins(kind)} "
        f"AND t.{same} = o.{same} AND t.practice <> o.practice"
    )


def insert_by_hand(kind: Kind, values: dict[str, Any]) -> Insert:
    """Adds a client or patient that no feed brought."""
    if kind == "client":
        return insert(clients).values(feed=0, fed=0, **values)
    return insert(patients).values(feed=0, fed=0, **values)


SEEN_AGAIN = text(
    """
    UPDATE differences d SET last_feed = :feed, last_seen = :at
    WHERE practice = :practice AND state IN ('open', 'asked') AND last_feed < :feed AND :scope = 'full'
    """
)
"""A full feed that repeats a value confirms the open difference."""


class Value(NamedTuple):
    practice: str
    rule: Rule
    id: str

    @property
    def key(self) -> dict[str, str]:
        return {"practice": self.practice, "kind": self.rule.kind, "id": self.id, "field": self.rule.field}


def set_value(value: Value, new: dict[str, Any]) -> Update:
    if value.rule.kind == "client":
        return update(clients).where(clients.c.practice == value.practice, clients.c.id == value.id).values(**new)
    return update(patients).where(patients.c.practice == value.practice, patients.c.id == value.id).values(**new)


def insert_change(
    value: Value,
    old: dict[str, Any],
    new: dict[str, Any],
    source: Source,
    by: str,
    why: str | None,
    clinic: str | None = None,
) -> Insert:
    """Records a person's change, or the decision to keep our value. `clinic` is where, if not at the practice."""
    origin = {"source": source, "by": by, "at": func.now(), "why": why, "clinic": clinic}
    return insert(changes).values(**value.key, old=old, new=new, **origin)


def set_client_column(practice: str, id: str, name: str, new: str | bool) -> Update:
    """Sets what no rule is about: home location and opt-out."""
    return update(clients).where(clients.c.practice == practice, clients.c.id == id).values({name: new})


def insert_change_at(clinic: str, change: dict[str, Any], by: str) -> Insert:
    """Records a person's change at a clinic that shares the client."""
    return insert(changes).values(**change, source="staff", by=by, clinic=clinic, at=func.now())


def keep_difference(value: Value, ours: dict[str, Any], theirs: dict[str, Any], by: str, why: str | None) -> Insert:
    """Keeps our value against the practice's: that of an existing difference, or else `theirs`."""
    has_theirs = differences.c.state.in_(("open", "asked", "kept"))
    decision = {"ours": ours, "by": by, "at": func.now(), "why": why, "state": "kept", "before": None}
    new = upsert(differences).values(
        **value.key, theirs=theirs, first_seen=func.now(), last_seen=func.now(), **decision
    )
    return new.on_conflict_do_update(
        index_elements=list(value.key),
        set_={
            **decision,
            "theirs": case((has_theirs, differences.c.theirs), else_=literal(theirs, Json)),
            "first_seen": case((has_theirs, differences.c.first_seen), else_=func.now()),
        },
    )


def close_if_agreed(value: Value, ours: dict[str, Any]) -> Update:
    """Closes the difference if the practice's value is ours now."""
    this = [differences.c[name] == each for name, each in value.key.items()]
    return update(differences).where(*this, differences.c.theirs == literal(ours, Json)).values(state="gone")


def settle_difference(
    practice: str, number: int, state: str, by: str, why: str | None, before: dict[str, Any] | None = None
) -> Update:
    this = differences.c.practice == practice, differences.c.number == number
    return update(differences).where(*this).values(state=state, by=by, at=func.now(), why=why, before=before)


def reopen_difference(practice: str, number: int, before: dict[str, Any], restored: dict[str, Any]) -> Update:
    """Restores a difference as it was `before` a decision, which left the values `restored` as they were."""
    this = differences.c.practice == practice, differences.c.number == number
    values = restored | before | {"at": cast(before["at"], Moment), "before": None}
    return update(differences).where(*this).values(**values)


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes a clinic's clients and patients, and all that became of them."""
    await connection.execute(delete(changes).where(changes.c.practice == practice))
    await connection.execute(delete(differences).where(differences.c.practice == practice))
    await connection.execute(delete(patients).where(patients.c.practice == practice))
    await connection.execute(delete(clients).where(clients.c.practice == practice))
