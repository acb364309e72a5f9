"""Every rule of merging by its number, as the docstring of `pharmacy.merge` lists them (DP9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pharmacy.merge.comparison import compare
from pharmacy.merge.frequencies import Frequencies
from pharmacy.merge.match import match
from pharmacy.merge.people import Patient, Person
from pharmacy.merge.reasons import compare_fields
from pharmacy.merge.record import normalize_person
from tests.merge.pairs import ANN, bare, decisions, like, outcome, reasons

MARK = replace(ANN, given_name="Mark")


def test_dp9_the_same_client_is_merged_on_name_and_address_alone() -> None:
    assert outcome(bare(ANN), bare(ANN, "c1")) == "merge"
    assert reasons(bare(ANN), bare(ANN, "c1")) == "The names agree. The addresses agree."


@pytest.mark.parametrize("street", ["Unknown", "No address!", "N/A", "000 same as above", "12 Unknown", "xxx", "?"])
def test_dp9_what_is_typed_where_there_is_no_street_is_no_address(street: str) -> None:
    one, other = bare(replace(ANN, street=street)), bare(replace(ANN, street=street), "c1")
    assert outcome(one, other) == "review"
    assert "Hardly anything except the name agrees." in reasons(one, other)


@pytest.mark.parametrize("given", ["Mark", "Ngozi", "Xq", "Rosalba-Ngozi"])
def test_m1_a_housemate_is_another_person_whatever_else_agrees(given: str) -> None:
    assert outcome(ANN, like(ANN, given_name=given)) != "merge"
    assert outcome(bare(ANN), bare(ANN, "c1", given_name=given)) == "new"


def test_dp9_street_and_town_in_each_others_columns_are_read_right() -> None:
    exchanged = like(ANN, street=ANN.city, city=ANN.street)
    assert outcome(bare(ANN), bare(exchanged, "c1")) == "merge"


@pytest.mark.parametrize("surname", ["Griffin", "Franklin", "Okafor"])
def test_m1_a_housemate_whose_names_are_exchanged_is_another_person(surname: str) -> None:
    keith = replace(ANN, given_name="Keith", surname=surname)
    assert outcome(keith, like(keith, given_name=surname, surname="Jessica")) != "merge"
    assert outcome(keith, like(keith, given_name=surname, surname="Keith")) == "merge"


@pytest.mark.parametrize("given", ["", "R", "R."])
def test_m2_no_given_name_goes_to_a_person(given: str) -> None:
    assert outcome(ANN, like(ANN, given_name=given)) == "review"
    assert "may be anybody of the household" in reasons(ANN, like(ANN, given_name=given))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mark", "Mary"),
        ("Paul", "Paula"),
        ("Daniel", "Danielle"),
        ("Jayden", "Hayden"),
        ("Eric", "Erin"),
        ("Sam", "Samantha"),
        ("Alex", "Alexander"),
        ("Maria", "Maria Elena"),
        ("John A", "John B"),
        ("Xavian", "Zavian"),
        ("Marian", "Marion"),
        ("Kieran", "Kiran"),
        ("Priya", "Priyan"),
        ("Thuy", "Thuc"),
        ("Matthew", "Mattheo"),
        ("Rodrigo", "Rodriga"),
        ("Pavel", "Pavla"),
        ("Simon", "Simone"),
        ("Jan", "Jana"),
        ("Ren", "Rene"),
        ("Antonin", "Antonina"),
        ("Noel", "Noelle"),
        ("Valentin", "Valentine"),
        ("Mila", "Milan"),
    ],
)
def test_m3_names_that_look_alike_go_to_a_person(one: str, other: str) -> None:
    assert outcome(replace(ANN, given_name=one), like(ANN, given_name=other)) == "review"
    assert outcome(replace(ANN, given_name=other), like(ANN, given_name=one)) == "review"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Robert", "Bob"),
        ("Margaret", "Peggy"),
        ("Jon", "John"),
        ("Catherine", "Kathryn"),
        ("José", "Jose"),
        ("Jürgen", "Juergen"),
        ("Rosalind", "Rosalnid"),
        ("Harley", "Haryley"),
        ("Alexander", "Alexand"),
        ("Stacey", "Sta cey"),
        ("John", "John A"),
        ("Dr. Rosalind", "rosalind"),
        ("伟", "伟"),
    ],
)
def test_m3_forms_and_slips_of_one_name_are_merged(one: str, other: str) -> None:
    assert outcome(replace(ANN, given_name=one), like(ANN, given_name=other)) == "merge"


@pytest.mark.parametrize(
    ("one", "other"), [("Okafor Jr.", "Okafor Sr."), ("Okafor", "Okafor Jr"), ("Okafor III", "Okafor II")]
)
def test_m4_junior_and_senior_go_to_a_person(one: str, other: str) -> None:
    assert outcome(replace(MARK, surname=one), like(MARK, surname=other)) == "review"
    assert outcome(replace(MARK, surname=one), like(MARK, surname=one)) == "merge"


def test_m5_a_couple_is_not_one_of_its_two() -> None:
    couple = replace(MARK, given_name="Mark & Rosalind")
    assert outcome(couple, like(MARK)) == "review"
    assert "One side is a couple" in reasons(couple, like(MARK))
    assert outcome(couple, like(MARK, given_name="Rosalind and Mark")) == "merge"
    assert outcome(couple, like(MARK, given_name="Ngozi")) != "merge"


def test_m6_another_surname_needs_the_given_name_and_the_same_house() -> None:
    assert outcome(ANN, like(ANN, surname="Whitaker")) == "merge"
    assert outcome(ANN, like(ANN, surname="")) == "merge"
    assert outcome(ANN, like(ANN, surname="Whitaker", street="70 Hill Road")) == "review"
    assert outcome(bare(MARK), bare(MARK, "c1", surname="Whitaker")) != "merge"


def test_m7_another_flat_of_the_same_house_goes_to_a_person() -> None:
    flat = bare(ANN, street="12 Main St Apt 4")
    assert outcome(flat, bare(ANN, "c1", street="Apt 5, 12 Main Street")) == "review"
    assert outcome(flat, bare(ANN, "c1", street="4/12 Main Street")) == "merge"
    assert outcome(flat, bare(ANN, "c1", street="12 Main Street #4")) == "merge"


def test_m8_a_name_alone_is_not_enough() -> None:
    nowhere = {"street": "", "city": "", "postcode": ""}
    assert outcome(bare(ANN), bare(ANN, "c1", **nowhere)) != "merge"
    assert "Hardly anything except the name agrees." in reasons(bare(ANN), bare(ANN, "c1", street=""))
    assert outcome(ANN, like(ANN, **nowhere)) == "merge"


def test_m9_another_address_needs_the_whole_name_and_a_proof_or_two_proofs() -> None:
    moved = {"street": "977 Hill Road", "postcode": "62704"}
    assert outcome(bare(ANN), bare(ANN, "c1", **moved)) != "merge"
    assert outcome(ANN, like(ANN, **moved, email="", patients=())) == "merge"
    assert outcome(ANN, like(ANN, **moved, given_name="Rosalnid", email="", patients=())) == "review"
    assert outcome(ANN, like(ANN, **moved, given_name="Rosalnid", email="")) == "merge"


def test_m10_what_agrees_must_be_rare_enough_together() -> None:
    smiths = [Person(f"h{n}", "Maria", "Garcia", f"{n} Elm Street", "Los Angeles", "CA", "90001") for n in range(300)]
    weak = Person("c1", "Maria", "Garcia", "", "Los Angeles", "CA", "")
    assert [each for each in match(smiths, [weak]) if each.decision == "merge"] == []


def test_m11_two_of_one_name_and_address_go_to_a_person_on_either_side() -> None:
    father, son = bare(MARK, "h1"), bare(MARK, "h2")
    assert decisions(*match([father, son], [bare(MARK, "c1")])) == [("h1", "c1", "review"), ("h2", "c1", "review")]
    assert decisions(*match([father], [bare(MARK, "c1"), bare(MARK, "c2")])) == [
        ("h1", "c1", "review"),
        ("h1", "c2", "review"),
    ]


@pytest.mark.parametrize(("one", "other"), [("Mr. Lee", "Ms. Lee"), ("Lee", "Mrs. Keith")])
def test_m4_titles_tell_two_people_apart(one: str, other: str) -> None:
    assert outcome(replace(ANN, given_name=one), like(ANN, given_name=other)) != "merge"


@pytest.mark.parametrize(
    ("given", "surname", "other"),
    [
        ("Second Chance Rescue", "Okafor", "Osei"),
        ("Hilltop Farm", "Okafor", "Osei"),
        ("SCR", "Foster Kim", "Foster Tim"),
    ],
)
def test_m5_two_people_of_one_organization(given: str, surname: str, other: str) -> None:
    one = replace(ANN, given_name=given, surname=surname)
    assert outcome(one, like(ANN, given_name=given, surname=other)) != "merge"
    assert outcome(one, like(one)) == "merge"


@pytest.mark.parametrize(
    ("given", "one", "other"), [("Gurpreet", "Singh", "Kaur"), ("Sasha", "Popov", "Popova"), ("Casey", "Osei", "Lund")]
)
def test_m6_spouses_of_one_given_name(given: str, one: str, other: str) -> None:
    person = replace(ANN, given_name=given, surname=one)
    assert outcome(person, like(person, surname=other)) == "review"


def test_m15_a_namesake_in_the_house_is_known_by_another_telephone() -> None:
    one = replace(MARK, patients=())
    assert outcome(one, like(one, phone="(312) 555-0188", email="")) == "review"
    assert outcome(one, like(one, phone="")) == "merge"


def test_m11_patients_decide_between_father_and_son() -> None:
    rex, tom = (Patient("Rex"), Patient("Juno")), (Patient("Tom"), Patient("Pixie"))
    father, son = bare(MARK, "h1", patients=rex), bare(MARK, "h2", patients=tom)
    proposals = match([father, son], [bare(MARK, "c1", patients=tom), bare(MARK, "c2", patients=rex)])
    assert decisions(*proposals) == [("h1", "c2", "merge"), ("h2", "c1", "merge")]
    assert "Both have Juno, Rex." in proposals[0].reasons


def test_m11_housemates_who_are_both_there_find_their_own() -> None:
    other = replace(ANN, id="h2", given_name="Mark")
    proposals = match([ANN, other], [like(other, "c2"), like(ANN, "c1")])
    assert decisions(*proposals) == [("h1", "c1", "merge"), ("h2", "c2", "merge")]


def test_m11_a_housemate_of_similar_name_does_not_take_the_place_of_one_without_name() -> None:
    proposals = match(
        [replace(ANN, given_name="Steven")], [like(ANN, given_name="Stephen"), like(ANN, "c2", given_name="")]
    )
    assert {each.decision for each in proposals} == {"review"}


def test_m12_no_patient_in_common_goes_to_a_person() -> None:
    other = like(MARK, patients=(Patient("Juno"),), email="")
    assert outcome(MARK, other) == "review"
    assert "no patient in common" in reasons(MARK, other)
    assert outcome(MARK, replace(other, email=MARK.email)) == "merge"


def test_m13_a_contact_that_many_share_is_no_evidence() -> None:
    def moved(shared: int) -> str:
        others = [Person(f"x{n}", f"Q{n}", f"Zz{n}", phone=ANN.phone, email=ANN.email) for n in range(shared)]
        new = like(ANN, street="977 Hill Road", postcode="62704", patients=())
        found = {each.existing: each.decision.value for each in match([ANN], [new, *others])}
        return found.get("h1", "new")

    assert moved(3) == "merge"
    assert moved(4) != "merge"


def test_m14_what_a_person_decided_stands() -> None:
    assert match([ANN], [like(ANN)], different={("h1", "c1")}) == []
    assert decisions(*match([ANN], [like(ANN, "c1"), like(ANN, "c2")], different={("h1", "c1")})) == [
        ("h1", "c2", "merge")
    ]
    same = match([ANN], [like(ANN, "c1"), like(ANN, "c2", given_name="Mark")], same={("h1", "c2")})
    assert decisions(*same) == [("h1", "c2", "merge")]


def test_names_in_the_wrong_fields_in_one_field_or_of_one_word_are_the_same_name() -> None:
    assert outcome(bare(ANN), bare(ANN, "c1", given_name="Okafor", surname="Rosalind")) == "merge"
    assert outcome(bare(ANN), bare(ANN, "c1", given_name="Okafor, Rosalind", surname="")) == "merge"
    assert outcome(bare(ANN), bare(ANN, "c1", given_name="Rosalind Okafor", surname="")) == "merge"
    alone = bare(ANN, given_name="Madonna", surname="")
    assert outcome(alone, bare(alone, "c1")) == "merge"
    assert outcome(alone, bare(alone, "c1", given_name="", surname="Madonna")) == "review"


def test_nobody_without_a_name_is_merged() -> None:
    nobody = replace(ANN, given_name="", surname="")
    assert outcome(nobody, like(nobody)) != "merge"
    assert outcome(Person("h1"), Person("c1")) == "new"


def test_the_two_are_shown_side_by_side_with_what_differs() -> None:
    other = like(ANN, given_name="Rosalnid", city="", email="other@example.com")
    records = normalize_person(ANN), normalize_person(other)
    comparison = compare(*records, Frequencies(records))
    assert comparison
    shown = {
        line.field: (line.existing, line.imported, line.verdict.value)
        for line in compare_fields(ANN, other, comparison)
    }
    assert shown["given_name"] == ("Rosalind", "Rosalnid", "similar")
    assert shown["surname"][2] == shown["street"][2] == shown["patients"][2] == "same"
    assert shown["city"] == ("Springfield", "", "unknown")
    assert shown["email"][2] == "different"
