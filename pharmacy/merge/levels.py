"""Comparison levels: how far two values agree, the strongest last."""

from enum import IntEnum


class Level(IntEnum):
    DIFFERENT = 0
    UNKNOWN = 1
    SIMILAR = 2
    SAME = 3


class GivenNameLevel(IntEnum):
    CONFLICT = 0  # two names: John and Kieran
    DOUBTFUL = 1  # one name or two: Mark and Mary, Ann and Anna Maria, Sam and Samantha
    INITIAL = 2
    MISSING = 3
    TYPO = 4
    NICKNAME = 5  # or another spelling
    SAME = 6


class SurnameLevel(IntEnum):
    CONFLICT = 0
    MISSING = 1
    TYPO = 2
    PART = 3  # Smith and Smith-Jones
    SAME = 4
