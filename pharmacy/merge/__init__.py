"""Merging: record linkage between a practice's imported clients and the home-delivery clients (DP9).

A wrong merge gives one person's prescriptions to another, so a pair has three possible outcomes: merge, review by a
person, or new. `match` compares only candidates, pairs that share rare blocking keys (`blocking`). It weighs each
agreement by how rare the value is among these clients (`frequencies`, `comparison`), then applies the rules, whatever
the weight is (`rules`):

M1   Different given names are different people, whatever else agrees: housemates share everything else.
M2   No given name, or only an initial, may be anybody in the household: review.
M3   Names that look alike but are two names (Mark, Mary), or short names that fit several: review.
M4   Junior and senior, or whatever else follows an equal name, on one side only or differing; Mr. and Mrs.: review.
M5   A couple against one of the two: review.
M6   Another surname, or none, needs the same given name in the same house, and not the endings of spouses.
M7   Another flat in the same house, another home on the lot, another type of street: review.
M8   A name alone, however rare, needs more: a rare town, a telephone number, an e-mail address, patients.
M9   Another address needs the whole name and a telephone number or e-mail address, or two such proofs.
M10  What agrees must be rare enough together: at least 99 in 100.
M11  A pair with a rival that fits nearly as well, on either side, is not merged: namesakes, father and son, the same
     client twice in one file. Patients may decide between rivals. So no client is merged twice.
M12  Both have patients and none in common: may be parent and child of one name, so review.
M13  A telephone number or e-mail address that more than four clients have is a clinic's or a shelter's: no evidence.
M14  What a person decided stands: a pair found different never comes back.

M1 to M3 have one exception, which is measured: in files of thousands of clients of whom no two share surname and
address, another given name at the same address is a wrong entry (`households`).
"""
