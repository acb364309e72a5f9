"""What tells two people of one name, house and telephone apart, in whatever form it is written (DP9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pharmacy.feeds.values import split_name
from pharmacy.merge.levels import SurnameLevel
from pharmacy.merge.name_comparison import compare_surnames
from pharmacy.merge.people import Person
from tests.merge.pairs import ANN, like, outcome

LONE = replace(ANN, given_name="Rosamund", surname="Brenneke", email="", patients=())
"""Somebody of whom name, address and telephone are known."""


def whole(name: str) -> Person:
    """Returns `LONE` with a name as a feed's column `name` gives it."""
    given, surname = split_name(name)
    return replace(LONE, given_name=given or "", surname=surname or "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mrs. Patrice Quendle", "Mr. Patrice Quendle"),
        ("Obermann, Mr. Robin", "Obermann, Mrs. Robin"),
        ("Mr. Terry Plockton", "Ms Terry Plockton"),
        ("Miss Casey Thrumble", "Mr Casey Thrumble"),
        ("Frau Kim Sahl", "Herr Kim Sahl"),
        ("Patrice Quendle, Mrs.", "Patrice Quendle, Mr."),
        ("Patrice Quendle (Mrs)", "Patrice Quendle (Mr)"),
        ("Sra. Ariel Vidal", "Sr. Ariel Vidal"),
    ],
)
def test_m4_titles_in_one_field_tell_two_people_apart(one: str, other: str) -> None:
    assert outcome(whole(one), like(whole(other))) == "review"
    assert outcome(whole(one), like(whole(one))) == "merge"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sra. Guadalupe", "Sr. Guadalupe"),
        ("Pan Rosamund", "Pani Rosamund"),
        ("Fru Kim", "Hr. Kim"),
        ("Sig. Andrea", "Sig.ra Andrea"),
        ("Dhr. Robin", "Mevr. Robin"),
        ("M. Dominique", "Mme Dominique"),
        ("Gospodin Saša", "Gospođa Saša"),
        ("Qop Kim", "Qopa Kim"),
    ],
)
def test_m4_titles_of_any_language_tell_two_people_apart(one: str, other: str) -> None:
    assert outcome(replace(LONE, given_name=one), like(LONE, given_name=other)) == "review"


MARKS = (
    *("JR", "Jnr", " (son)", " - father", " – Sohn", " [Vater]", " 2", " 2d", " 2e", " 2º", " lll", " the Younger"),
    *(
        " the Elder",
        " Elder",
        " Segundo",
        " Nieto",
        " Sobrinho",
        " (h)",
        " d.y.",
        " ml.",
        " st.",
        " d. J.",
        " xq",
        *("3rd", "2"),
    ),
)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("capitals", [False, True])
def test_m4_whatever_follows_one_of_two_equal_names_is_asked_about(mark: str, capitals: bool) -> None:
    given, surname = ("ROSAMUND", "BRENNEKE") if capitals else ("Rosamund", "Brenneke")
    mark = mark.upper() if capitals and mark != " lll" else mark
    for changed in (
        like(LONE, surname=surname + mark),
        like(LONE, given_name=given + mark),
        like(whole(f"{given} {surname}{mark}")),
        like(whole(f"{surname}{mark}, {given}")),
    ):
        assert outcome(LONE, changed) == "review", changed
        assert outcome(replace(changed, id="h1"), changed) == "merge", changed


@pytest.mark.parametrize(
    ("given", "surname"),
    [
        ("Rosamund A.", "Brenneke"),
        ("Rosamund Ann", "Brenneke"),
        ("Rosamund Lee", "Brenneke"),
        ("Rosa mund", "Brenneke"),
        ("Rosamund", "Brenneke-Lund"),
        ("Rosamund", "Brenneke - Lund"),
        ("Rosamund", "van Brenneke"),
        ("Rosamund", "Brenneke Lee"),
        ("Rosamund", "Brenn eke"),
        ("Mrs. Rosamund", "Brenneke"),
    ],
)
def test_middle_names_second_surnames_and_blanks_are_no_objection(given: str, surname: str) -> None:
    assert outcome(LONE, like(LONE, given_name=given, surname=surname)) == "merge"


def test_surnames_that_are_words_for_generations_stay_surnames() -> None:
    assert split_name("Mary Ann Elder") == ("Mary Ann", "Elder")
    assert split_name("Heung Min Son") == ("Heung Min", "Son")
    assert split_name("Fannie Mae Young") == ("Fannie Mae", "Young")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("petrenko", "petrenkova"), ("kalnins", "kalnina"), ("tolstoy", "tolstaya"), ("svoboda", "svobodova")),
        *(("capek", "capkova"), ("nowak", "nowakowa"), ("kazlauskas", "kazlauskaite"), ("lacis", "lace")),
        *(("kovacs", "kovacsne"), ("chornyi", "chorna"), ("jonsson", "jonsdottir"), ("alexiou", "alexios")),
        *(("maccarthy", "niccarthy"), ("zeleny", "zelena"), ("rybakin", "rybakina")),
        *(("orel", "orlova"), ("adamkus", "adamkute")),
    ],
)
def test_m6_a_surname_with_the_ending_of_a_man_and_of_a_woman_is_two(one: str, other: str) -> None:
    assert compare_surnames(one, other) == compare_surnames(other, one) == SurnameLevel.CONFLICT
    person = replace(LONE, surname=one)
    assert outcome(person, like(person, surname=other)) == "review"


@pytest.mark.parametrize(("one", "other"), [("Garcia", "Garsia"), ("Garcia", "Garci"), ("Mueller", "Muller")])
def test_a_typo_is_no_ending_of_a_woman(one: str, other: str) -> None:
    assert outcome(replace(LONE, surname=one), like(LONE, surname=other)) == "merge"


@pytest.mark.parametrize(
    "joined",
    [
        *("Peter, Ingrid", "Peter og Ingrid", "Peter e Ingrid", "Peter i Ingrid", "Peter plus Ingrid"),
        *(
            "Peter aka Ingrid",
            "Peter w/ Ingrid",
            "Peter ja Ingrid",
            "Peter zus Ingrid",
            "c/o Peter",
            "Peter a/k/a Ingrid",
        ),
    ],
)
def test_m5_a_couple_however_it_is_joined_is_not_one_of_its_two(joined: str) -> None:
    couple = replace(LONE, given_name=joined)
    for given in ("Peter", "Ingrid") if "Ingrid" in joined else ("Peter",):
        assert outcome(couple, like(LONE, given_name=given)) == "review"


@pytest.mark.parametrize("second", ["w/ Ada", "ATTN: Ada", "c/o Ada", "& Ada", "(Ada)", "with Ada Osei"])
def test_m5_a_second_person_behind_a_whole_name(second: str) -> None:
    assert outcome(whole("Harlan Quimbaj"), like(whole(f"Harlan Quimbaj {second}"))) == "review"
    one = replace(LONE, given_name="Harlan", surname="Quimbaj")
    assert outcome(one, like(one, surname=f"Quimbaj {second}")) == "review"


@pytest.mark.parametrize(
    "given",
    [
        *("See Chart", "Boarding", "Various", "Staff", "Employee", "Duplicate", "Merged", "Transferred", "Neighbor"),
        *("Finder", "Caretaker", "Kids", "Aunt", "Ask", "Cat", "Firstname", "Sin nombre", "Good Samaritan", "Uncle"),
        *("Archived", "Front Desk", "Do Not Use", "Ohne Vorname", "Desconocido", "Pet Sitter", "Client 2", "12345"),
        *(
            "To Be Determined",
            "Do Not Call",
            "Self Pay",
            "See Smithson",
            "Voicemail",
            "Breeder",
            "Stray",
            "Landlord",
            "Emergency",
            "qwerty",
        ),
    ],
)
def test_m2_an_ordinary_word_is_no_given_name(given: str) -> None:
    assert outcome(replace(LONE, given_name=given), like(LONE, given_name=given)) == "review"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("900 1/2 Alder St", "900 Alder St"),
        ("900½ Alder St", "900 Alder St"),
        ("900 Alder St Basement", "900 Alder St Main"),
        ("900 Alder St Cottage", "900 Alder St Barn"),
        ("900 Alder St Garage Apt", "900 Alder St"),
        ("Loft, 900 Alder St", "900 Alder St"),
        ("900 Alder St, Guest House", "900 Alder St"),
        ("900 Alder St In-Law Suite", "900 Alder St"),
        ("900 Alder Ct", "900 Alder St"),
        ("900 Alder Loop", "900 Alder Pass"),
        ("900 Alder Hill", "900 Alder Park"),
        ("900A Alder St", "900C Alder St"),
        ("900A Alder St", "900 Alder St"),
    ],
)
def test_m7_another_home_on_the_lot_or_another_type_of_street(one: str, other: str) -> None:
    assert outcome(replace(LONE, street=one), like(LONE, street=other)) == "review"
    assert outcome(replace(LONE, street=one), like(LONE, street=one)) == "merge"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("900 Alder St Main House", "900 Alder St"),
        ("900 Alder St Apt A", "900A Alder St"),
        ("900 Old Barn Rd", "900 Old Barn Road"),
        ("900 Alder Street", "900 Alder"),
        ("900 Cottage Street", "900 Cottage St"),
    ],
)
def test_m7_one_home_written_in_two_ways(one: str, other: str) -> None:
    assert outcome(replace(LONE, street=one), like(LONE, street=other)) == "merge"
