"""All statements that write clients, patients, differences and changes (DP11 to DP13).

The first ones bring a batch of a feed in, and are written by the table of rules (`rule_conditions` tells what `s` and
`o` are). Those from `Value` on are about one value, as a person changes it or decides about it.
"""

# All that is put into these texts are names of our own: of columns, and of the rules' values.
# ruff: noqa: S608
from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sqlalchemy import TextClause, case, delete, func, insert, literal, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert, Update

from pharmacy.records.feed_tables import changes, differences
from pharmacy.records.rule_conditions import AGE_DAYS, RANGE, as_json, born_of, differs, is_given, is_taken, of_batch
from pharmacy.records.rules import How, Kind, Rule, rules
from pharmacy.records.tables import CLIENT_VALUES, PATIENT_VALUES, clients, patients
from store.columns import Json

Source = Literal["owner", "staff"]

HELD = (How.BY_A_PERSON, How.AT_FIRST)
VALUES = {"client": CLIENT_VALUES, "patient": PATIENT_VALUES}


def hold(kind: Kind) -> TextClause:
    """How many rows of the batch are there already; they are held until the transaction ends.

    What an owner or staff changes at this moment is in before, and is seen, or comes after.
    """
    return text(f"SELECT count(*) FROM (SELECT {of_batch(kind)} ORDER BY o.id FOR NO KEY UPDATE OF o) held")


def last_line(kind: Kind) -> TextClause:
    """The line that ends the next batch, or null if there is none."""
    return text(
        f"SELECT max(line) FROM (SELECT line FROM staged_{kind}s WHERE practice = :practice AND feed = :feed "
        "AND line > :after ORDER BY line LIMIT :size) batch"
    )


def hold_back(kind: Kind) -> TextClause:
    """Differences that a person resolves: new ones, and old ones where the practice says something new (DP13)."""
    found = " UNION ALL ".join(
        f"SELECT s.id, '{each.field}' AS field, {as_json(each, 'o')} AS ours, {as_json(each, 's')} AS theirs "
        f"{of_batch(kind)} AND {is_given(each)} AND {differs(each)}"
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
            THEN abs({born_of("excluded.theirs")} - {born_of("d.theirs")}) > {AGE_DAYS}
            ELSE d.theirs <> excluded.theirs END
        """
    )


def settle(kind: Kind) -> TextClause:
    """Ends differences that are none any longer, because the practice now says what we do."""
    agreed = " OR ".join(
        f"(d.field = '{each.field}' AND {is_given(each)} AND NOT ({differs(each)}))" for each in rules(kind, *HELD)
    )
    news = " OR ".join(
        f"(d.field = '{each.field}' AND {is_given(each)} AND d.theirs <> {as_json(each, 's')})"
        for each in rules(kind, How.AUTOMATIC)
    )
    return text(
        f"""
        UPDATE differences d SET state = 'gone' {of_batch(kind)}
            AND d.practice = :practice AND d.kind = '{kind}' AND d.id = s.id
            AND (d.state IN ('open', 'asked', 'kept') AND ({agreed}) OR d.state = 'kept' AND ({news}))
        """
    )


def record_changes(kind: Kind) -> TextClause:
    """One line for each value that is updated automatically (DP12); returns the ids."""
    found = " UNION ALL ".join(
        f"SELECT s.line, s.id, '{each.field}' AS field, {as_json(each, 'o')} AS old, {as_json(each, 's')} AS new "
        f"{of_batch(kind)} AND {is_taken(each)}"
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


def update_known(kind: Kind) -> TextClause:
    """Takes what is automatic, and remembers what the practice said."""
    taken = [
        f"{name} = CASE WHEN {is_taken(each)} THEN s.{name} ELSE o.{name} END"
        for each in rules(kind, How.AUTOMATIC)
        for name in each.columns
    ]
    return text(
        f"""
        UPDATE {kind}s o SET {", ".join(taken)}, fed = s.fed
        FROM staged_{kind}s s WHERE o.practice = s.practice AND o.id = s.id AND {RANGE}
        """
    )


def add(kind: Kind) -> TextClause:
    """Takes everything of those who are new (DP11, DP12)."""
    columns = ", ".join(VALUES[kind])
    given = ", ".join("coalesce(s.deceased, false)" if name == "deceased" else f"s.{name}" for name in VALUES[kind])
    return text(
        f"""
        INSERT INTO {kind}s (practice, id, {columns}, feed, fed)
        SELECT s.practice, s.id, {given}, s.feed, s.fed FROM staged_{kind}s s WHERE {RANGE} ORDER BY s.line
        ON CONFLICT (practice, id) DO NOTHING
        """
    )


SEEN_AGAIN = text(
    """
    UPDATE differences d SET last_feed = :feed, last_seen = :at
    WHERE practice = :practice AND state IN ('open', 'asked') AND last_feed < :feed AND :scope = 'full'
    """
)
"""A full feed that says nothing new says again what it said before."""


class Value(NamedTuple):
    """One value of a client or a patient."""

    practice: str
    rule: Rule
    id: str

    @property
    def key(self) -> dict[str, str]:
        return {"practice": self.practice, "kind": self.rule.kind, "id": self.id, "field": self.rule.field}


def set_value(value: Value, new: dict[str, Any]) -> Update:
    """Gives it these columns."""
    if value.rule.kind == "client":
        return update(clients).where(clients.c.practice == value.practice, clients.c.id == value.id).values(**new)
    return update(patients).where(patients.c.practice == value.practice, patients.c.id == value.id).values(**new)


def record_change(
    value: Value, old: dict[str, Any], new: dict[str, Any], source: Source, by: str, why: str | None
) -> Insert:
    """Puts a person's change, or the decision to change nothing, on record."""
    return insert(changes).values(**value.key, old=old, new=new, source=source, by=by, at=func.now(), why=why)


def keep(value: Value, ours: dict[str, Any], theirs: dict[str, Any], by: str, why: str | None) -> Insert:
    """Decides for ours, against what the practice says: that is `theirs`, unless a difference tells already."""
    known = differences.c.state.in_(("open", "asked", "kept"))
    decision = {"ours": ours, "by": by, "at": func.now(), "why": why, "state": "kept"}
    new = upsert(differences).values(
        **value.key, theirs=theirs, first_seen=func.now(), last_seen=func.now(), **decision
    )
    return new.on_conflict_do_update(
        index_elements=list(value.key),
        set_={
            **decision,
            "theirs": case((known, differences.c.theirs), else_=literal(theirs, Json)),
            "first_seen": case((known, differences.c.first_seen), else_=func.now()),
        },
    )


def end_agreed(value: Value, ours: dict[str, Any]) -> Update:
    """Ends the difference if the practice says what we have now."""
    this = [differences.c[name] == each for name, each in value.key.items()]
    return update(differences).where(*this, differences.c.theirs == literal(ours, Json)).values(state="gone")


def settle_one(practice: str, number: int, state: str, by: str, why: str | None) -> Update:
    """Notes what somebody decided about one difference."""
    this = differences.c.practice == practice, differences.c.number == number
    return update(differences).where(*this).values(state=state, by=by, at=func.now(), why=why)


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes a clinic's clients and patients, and all that became of them."""
    await connection.execute(delete(changes).where(changes.c.practice == practice))
    await connection.execute(delete(differences).where(differences.c.practice == practice))
    await connection.execute(delete(patients).where(patients.c.practice == practice))
    await connection.execute(delete(clients).where(clients.c.practice == practice))
