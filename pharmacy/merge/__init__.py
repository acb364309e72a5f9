"""Merging: which imported client is which home-delivery client (DP9).

A wrong merge gives one person's prescriptions to another, so three answers are possible: merge, review by a person,
or new. `match` compares only clients who share rare combinations of two parts (`blocking`), counts how much each
agreement is worth among these very clients (`rarity`, `compare`), and then applies the rules, whatever the count says
(`decide`):

M1   Different given names are different people, whatever else agrees: housemates share everything else.
M2   No given name, or an initial, may be anybody of the household: a person decides.
M3   Names that look alike but are two names (Mark, Mary), or short names that fit several: a person decides.
M4   Junior and senior, said on one side or differing: a person decides.
M5   A couple is not one of its two: a person decides.
M6   Another surname, or none, needs the given name and the same house.
M7   Another flat of the same house: a person decides.
M8   A name alone, however rare, needs more: a rare town, a telephone number, an e-mail address, patients.
M9   Another address needs the whole name and a telephone number or e-mail address, or two such proofs.
M10  What agrees must be rare enough together: at least 99 in 100.
M11  Whoever has a rival that fits nearly as well, on either side, is not merged: twins in name, father and son, the
     same client twice in one file. Patients decide between rivals if anything does. So no client merges twice.
M12  No patient in common, though both have some, may be parent and child of one name: a person decides.
M13  A telephone number or e-mail address that more than four clients have is a clinic's or a shelter's: no evidence.
M14  What a person decided stands: a pair found different never comes back.

M1 to M3 have one exception, measured and never assumed: in files of thousands of clients in which nobody shares surname
and address with anybody, a differing given name at an equal address is a wrong entry (`households`).
"""

from pharmacy.merge.match import Counts, match
from pharmacy.merge.people import Animal, Decision, FieldComparison, Person, Proposal, Verdict

__all__ = ["Animal", "Counts", "Decision", "FieldComparison", "Person", "Proposal", "Verdict", "match"]
