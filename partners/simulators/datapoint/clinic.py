"""Made-up clients and patients of a practice, always the same ones for the same practice.

They are realistic: some share a house, a surname and a telephone, some have no e-mail address, some have accents in
their names. `Clinic.pass_days` changes them over time: pets grow and die; people move, marry, correct a name; new
clients come.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

_NAMES = """
Aaron Abigail Adam Alice Amelia Andrew Angela Anna Anthony Arthur Audrey Barbara Benjamin Bernard Bridget Caleb
Camila Carlos Caroline Catherine Charles Clara Claudia Connor Curtis Daniel Deborah Dennis Diego Dominic Edward
Eleanor Elias Emily Erin Ethan Felix Fiona Frances Gabriel George Grace Gregory Hannah Harold Hazel Helen Henry
Ingrid Isaac Isabel Jacob James Jasmine Joanna Jonathan José Joseph Julia Karen Kenneth Laura Lauren Leonard
Liam Lucas Lydia Malcolm Margaret Marcus Martha Matthew Megan Michael Miriam Nathan Nicole Nora Olivia Oscar
Patricia Patrick Paula Peter Philip Rachel Raymond René Richard Robert Rosa Ruth Samuel Sandra Sarah Simon Sofía
Stephen Susan Teresa Thomas Timothy Ursula Valerie Victor Vincent Walter Wendy William Yolanda Zoë

Ash Bar Black Brad Brook Cald Car Clay Cran Dal Den East Fair Fen Gar Hal Har Hol Kel Lang Lin Mar

berg bury by dale den er field ford ham hurst land ley man mere more ney sen shaw son stead ton well wood

Alvarez Chen Díaz García Haddad Ibarra Kowalski Müller Nguyen Okafor Park Patel Rossi Silva Tanaka

Maple Oak Cedar Willow Prairie River Lake Hill Park Church Mill Grove Spring Sunset Orchard Meadow

Abby Apollo Bailey Bandit Bella Biscuit Bruno Buddy Charlie Chloe Cleo Coco Cooper Daisy Duke Ella Finn Ginger
Gus Hazel Jack Jasper Juno Kiki Leo Lola Lucky Lucy Luna Maggie Max Mia Milo Misty Moose Nala Oliver Oreo Oscar
Otis Peanut Pepper Pip Rocky Rosie Ruby Sadie Sam Shadow Simba Smokey Sophie Stella Teddy Tiger Toby Willow
Winnie Zeus
"""
"""Given names; beginnings of surnames; endings of surnames; other surnames; streets; pets."""

GIVEN_NAMES, SURNAME_BEGINNINGS, SURNAME_ENDINGS, SURNAMES, STREETS, PETS = (
    tuple(block.split()) for block in _NAMES.split("\n\n")
)
STREET_TYPES = ("Street", "Avenue", "Road", "Lane", "Drive", "Court", "Place")
TOWNS = (("Springfield", "62701"), ("Riverton", "62561"), ("Chatham", "62629"), ("Rochester", "62563"))
BREEDS = {
    "canine": ("Labrador Retriever", "Beagle", "Boxer", "Poodle", "Mixed breed", "Dachshund"),
    "feline": ("Domestic Shorthair", "Domestic Longhair", "Maine Coon", "Siamese"),
}
GRAMS = {"canine": (4_000, 42_000), "feline": (2_600, 7_400)}


@dataclass(frozen=True, slots=True)
class Patient:
    id: str
    client: str
    name: str
    species: str
    breed: str
    birth_date: date
    grams: int
    deceased: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    given_name: str
    surname: str
    street: str
    city: str
    postcode: str
    phone: str
    email: str


@dataclass
class Clinic:
    """A practice's clients and patients, as its own system has them on one day."""

    clients: dict[str, Client] = field(default_factory=dict)
    patients: dict[str, Patient] = field(default_factory=dict)

    @classmethod
    def create(cls, practice: str, count: int, today: date) -> Clinic:
        """`count` clients, with about three patients for two of them."""
        clinic = cls()
        clinic.add(random.Random(f"{practice} at first"), count, today)  # noqa: S311
        return clinic

    def pass_days(self, practice: str, days: int, today: date) -> None:
        """Lets days pass up to `today`. In a hundred days one client in ten changes, and two patients in five."""
        rng = random.Random(f"{practice} {today}")  # noqa: S311
        for client in _sample(rng, self.clients, 0.001 * days):
            self.clients[client] = _change_client(rng, self.clients[client])
        for patient in _sample(rng, self.patients, 0.004 * days):
            self.patients[patient] = _change_patient(rng, self.patients[patient])
        self.add(rng, max(1, len(self.clients) * days // 2_000), today)

    def add(self, rng: random.Random, count: int, today: date) -> None:
        before: Client | None = None
        for number in range(len(self.clients), len(self.clients) + count):
            client = _client(rng, f"C{number + 1:05}", before)
            self.clients[client.id] = before = client
            for _ in range(rng.choices((1, 2, 3), (65, 25, 10))[0]):
                patient = _patient(rng, f"P{len(self.patients) + 1:05}", client.id, today)
                self.patients[patient.id] = patient


def _sample(rng: random.Random, keys: Iterable[str], share: float) -> Iterator[str]:
    yield from (key for key in tuple(keys) if rng.random() < share)


def _client(rng: random.Random, id: str, before: Client | None) -> Client:
    given = rng.choice(GIVEN_NAMES)
    if before and given != before.given_name and rng.random() < 0.12:
        # Somebody of the same household: only the given name and sometimes the e-mail address differ.
        email = before.email if rng.random() < 0.5 else _email(rng, given, before.surname)
        return replace(before, id=id, given_name=given, email=email)
    surname = rng.choice(SURNAMES) if rng.random() < 0.2 else _compound_surname(rng)
    city, postcode = rng.choice(TOWNS)
    phone = f"(217) 555-{rng.randrange(10_000):04}"
    return Client(id, given, surname, _street(rng), city, postcode, phone, _email(rng, given, surname))


def _compound_surname(rng: random.Random) -> str:
    return rng.choice(SURNAME_BEGINNINGS) + rng.choice(SURNAME_ENDINGS)


def _street(rng: random.Random) -> str:
    flat = f", Apt {rng.randrange(1, 40)}" if rng.random() < 0.15 else ""
    name = rng.choice(STREETS) + rng.choice(("", "wood", " View"))
    return f"{rng.randrange(1, 1_900)} {name} {rng.choice(STREET_TYPES)}{flat}"


def _email(rng: random.Random, given: str, surname: str) -> str:
    if rng.random() < 0.15:
        return ""
    mailer = f"{given}.{surname}".lower().translate(str.maketrans("áéíëöüç", "aeieouc"))
    return f"{mailer}{rng.randrange(100)}@mail.example"


def _patient(rng: random.Random, id: str, client: str, today: date) -> Patient:
    species = rng.choices(("canine", "feline"), (6, 4))[0]
    born = today - timedelta(days=rng.randrange(90, 16 * 365))
    grams = rng.randrange(*GRAMS[species])
    return Patient(id, client, rng.choice(PETS), species, rng.choice(BREEDS[species]), born, grams)


def _change_client(rng: random.Random, client: Client) -> Client:
    match rng.choices(("moved", "phone", "email", "married", "given"), (30, 25, 30, 10, 5))[0]:
        case "moved":
            city, postcode = rng.choice(TOWNS)
            return replace(client, street=_street(rng), city=city, postcode=postcode)
        case "phone":
            return replace(client, phone=f"(217) 555-{rng.randrange(10_000):04}")
        case "email":
            return replace(client, email=_email(rng, client.given_name, client.surname))
        case "married":
            return replace(client, surname=_compound_surname(rng))
    return replace(client, given_name=f"{client.given_name} {rng.choice('ABCDEJLMR')}.")


def _change_patient(rng: random.Random, patient: Patient) -> Patient:
    match rng.choices(("weight", "died", "renamed"), (90, 7, 3))[0]:
        case "died":
            return replace(patient, deceased=True)
        case "renamed":
            return replace(patient, name=rng.choice(PETS))
    return replace(patient, grams=int(patient.grams * rng.uniform(0.92, 1.08)))
