"""Compares what tells parent and child of one name apart: junior, a number, or whatever only one of two names has."""

from __future__ import annotations

from pharmacy.merge.levels import Level
from pharmacy.merge.name_lists import common_surnames, known_given_names
from pharmacy.merge.name_words import GENERATIONS, LATE_GENERATIONS, PARTICLES
from pharmacy.merge.record import Record

_GLUED_WORDS = frozenset(
    (
        *("jr", "sr", "jnr", "snr", "junior", "senior", "filho", "neto", "ii", "iii", "iv"),
        *("1st", "2nd", "3rd", "4th", "2d", "3d", "2", "3", "4"),
    )
)
"""Generations that may be glued to a name in capitals."""
_SHORT = 3
_THE = frozenset({"the", "der", "den"})


def compare_generations(one: Record, other: Record) -> Level:
    """Compares what tells namesakes apart in two names: similar if only one side has it, unknown if neither has."""
    left, right = one.generation, other.generation
    if left != right:
        return Level.DIFFERENT if left and right else Level.SIMILAR
    if not (one.couple or other.couple) and (
        _marks_namesake(one.given_name, other.given_name, of_given_name=True)
        or _marks_namesake(one.surname, other.surname)
        or _marks_namesake(_whole_name(one), _whole_name(other))
    ):
        return Level.SIMILAR
    return Level.SAME if left else Level.UNKNOWN


def _whole_name(record: Record) -> str:
    return f"{record.given_name} {record.surname}" if record.given_name and record.surname else ""


def _marks_namesake(one: str, other: str, *, of_given_name: bool = False) -> bool:
    """Returns whether one folded name is the other with something more that may tell parent and child apart.

    That is something glued on, a word for it, a number, or any short word at the end that is no common surname, and no
    initial or second given name.
    """
    if len(one) > len(other):
        one, other = other, one
    if not one or len(one) == len(other):
        return False
    if other.endswith(f" {one}"):
        # Old Miller, but not Elder Miller-Lund.
        return (
            not of_given_name and other.partition(" ")[0] in LATE_GENERATIONS and other.count(" ") == one.count(" ") + 1
        )
    if not other.startswith(one):
        return False
    rest = other[len(one) :]
    if rest[0] != " ":
        return rest in _GLUED_WORDS and one[-1].isalpha()
    *before, last = rest.split()
    if before and before[-1] in _THE:
        return True
    if last in GENERATIONS or last in LATE_GENERATIONS or any(map(str.isdigit, last)):
        return True
    if of_given_name and (len(last) == 1 or last in known_given_names()):
        return False
    return len(last) <= _SHORT and last not in common_surnames() and last not in PARTICLES
