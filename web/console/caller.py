"""Who calls: a contact as addresses name them, and the words for how a search found them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desk.conversation import Known
from playbooks.engine.listed import Row
from playbooks.registry import PLAYBOOKS
from store.journal.contacts import Found, ListedContact
from store.telephone import telephone_digits
from web.console.onboarding import mark_of


def caller_mark(email: str) -> str:
    """Returns what names a contact in addresses, without their e-mail address."""
    return mark_of(email.lower())


def called(people: Iterable[Known], mark: str) -> Known | None:
    """Returns the contact with this mark."""
    return next((each for each in people if caller_mark(each.email) == mark), None)


def found_words(playbook: str, found: Sequence[ListedContact], search: str) -> str:
    """Says whose name, e-mail address or telephone a search found; "" if nobody's."""
    if found and found[0].place is None and not telephone_digits(found[0].line):
        return f"Former contact: {found[0].line}"
    return "; ".join(_found_by(playbook, each, search) for each in found)


def _found_by(playbook: str, one: ListedContact, search: str) -> str:
    if telephone_digits(one.line):
        return f"Telephone of the practice: {one.line}"
    by, roles = one.found_by(search) or "name", PLAYBOOKS[playbook].practice_roles
    # The first role has one holder; whoever is listed behind has the last.
    role = roles[min(one.place or 0, len(roles) - 1)].replace("_", " ") if one.email else "contact"
    who = f"{one.name}, {role}"
    return who if by == "name" else f"{by[0].upper()}{by[1:]} of {who}"


def persons_first(rows: Iterable[Row], found: Found) -> list[Row]:
    """Returns the rows with those first that a search found by a contact, otherwise in their order."""
    return sorted(rows, key=lambda row: row.id not in found)


def conversation_of(practice: str, found: Sequence[ListedContact] = ()) -> str:
    """Returns the address of a practice's conversation, for one contact who was found as answers to them."""
    marks = {caller_mark(each.email) for each in found if each.email}
    caller = f"?caller={marks.pop()}" if len(marks) == 1 else ""
    return f"/practices/{practice}/conversation{caller}"
