"""Made-up clients and patients of a practice: the same for the same practice, however often they are asked for.

They live as people do: some share a house, a surname and a telephone, some have no e-mail address, some write
themselves with accents. `Clinic.live` lets days pass: pets grow and die, people move, marry, correct a name, come new.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

_WORDS = """
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
"""Given names; how surnames begin, and end; other surnames; streets; pets."""

GIVEN, FIRST, LAST, FAMILIES, STREETS, PETS = (tuple(part.split()) for part in _WORDS.split("\n\n"))
KINDS = ("Street", "Avenue", "Road", "Lane", "Drive", "Court", "Place")
TOWNS = (("Springfield", "62701"), ("Riverton", "62561"), ("Chatham", "62629"), ("Rochester", "62563"))
BREEDS = {
    "canine": ("Labrador Retriever", "Beagle", "Boxer", "Poodle", "Mixed breed", "Dachshund"),
    "feline": ("Domestic Shorthair", "Domestic Longhair", "Maine Coon", "Siamese"),
}
HEAVY = {"canine": (4_000, 42_000), "feline": (2_600, 7_400)}


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
    """A practice's clients and patients, as its own system has them on a day."""

    clients: dict[str, Client] = field(default_factory=dict)
    patients: dict[str, Patient] = field(default_factory=dict)

    @classmethod
    def of(cls, practice: str, count: int, today: date) -> Clinic:
        """`count` clients, with some three patients for two of them."""
        clinic = cls()
        clinic.add(random.Random(f"{practice} at first"), count, today)  # noqa: S311
        return clinic

    def live(self, practice: str, days: int, today: date) -> None:
        """Lets days pass up to `today`: in a hundred of them one client in ten changes, and two patients in five."""
        pick = random.Random(f"{practice} {today}")  # noqa: S311
        for client in _some(pick, self.clients, 0.001 * days):
            self.clients[client] = _changed(pick, self.clients[client])
        for patient in _some(pick, self.patients, 0.004 * days):
            self.patients[patient] = _aged(pick, self.patients[patient])
        self.add(pick, max(1, len(self.clients) * days // 2_000), today)

    def add(self, pick: random.Random, count: int, today: date) -> None:
        """So many new clients, with their patients."""
        before: Client | None = None
        for number in range(len(self.clients), len(self.clients) + count):
            client = _client(pick, f"C{number + 1:05}", before)
            self.clients[client.id] = before = client
            for _ in range(pick.choices((1, 2, 3), (65, 25, 10))[0]):
                patient = _patient(pick, f"P{len(self.patients) + 1:05}", client.id, today)
                self.patients[patient.id] = patient


def _some(pick: random.Random, of: Iterable[str], share: float) -> Iterator[str]:
    yield from (key for key in tuple(of) if pick.random() < share)


def _client(pick: random.Random, id: str, before: Client | None) -> Client:
    given = pick.choice(GIVEN)
    if before and given != before.given_name and pick.random() < 0.12:
        # A housemate: all the same but the given name and, now and then, the e-mail address.
        email = before.email if pick.random() < 0.5 else _email(pick, given, before.surname)
        return replace(before, id=id, given_name=given, email=email)
    surname = pick.choice(FAMILIES) if pick.random() < 0.2 else pick.choice(FIRST) + pick.choice(LAST)
    city, postcode = pick.choice(TOWNS)
    phone = f"(217) 555-{pick.randrange(10_000):04}"
    return Client(id, given, surname, _street(pick), city, postcode, phone, _email(pick, given, surname))


def _street(pick: random.Random) -> str:
    flat = f", Apt {pick.randrange(1, 40)}" if pick.random() < 0.15 else ""
    name = pick.choice(STREETS) + pick.choice(("", "wood", " View"))
    return f"{pick.randrange(1, 1_900)} {name} {pick.choice(KINDS)}{flat}"


def _email(pick: random.Random, given: str, surname: str) -> str:
    if pick.random() < 0.15:
        return ""
    letters = f"{given}.{surname}".lower().translate(str.maketrans("áéíëöüç", "aeieouc"))
    return f"{letters}{pick.randrange(100)}@mail.example"


def _patient(pick: random.Random, id: str, client: str, today: date) -> Patient:
    species = pick.choices(("canine", "feline"), (6, 4))[0]
    born = today - timedelta(days=pick.randrange(90, 16 * 365))
    grams = pick.randrange(*HEAVY[species])
    return Patient(id, client, pick.choice(PETS), species, pick.choice(BREEDS[species]), born, grams)


def _changed(pick: random.Random, client: Client) -> Client:
    match pick.choices(("moved", "phone", "email", "married", "given"), (30, 25, 30, 10, 5))[0]:
        case "moved":
            city, postcode = pick.choice(TOWNS)
            return replace(client, street=_street(pick), city=city, postcode=postcode)
        case "phone":
            return replace(client, phone=f"(217) 555-{pick.randrange(10_000):04}")
        case "email":
            return replace(client, email=_email(pick, client.given_name, client.surname))
        case "married":
            return replace(client, surname=pick.choice(FIRST) + pick.choice(LAST))
    return replace(client, given_name=f"{client.given_name} {pick.choice('ABCDEJLMR')}.")


def _aged(pick: random.Random, patient: Patient) -> Patient:
    match pick.choices(("weight", "died", "renamed"), (90, 7, 3))[0]:
        case "died":
            return replace(patient, deceased=True)
        case "renamed":
            return replace(patient, name=pick.choice(PETS))
    return replace(patient, grams=int(patient.grams * pick.uniform(0.92, 1.08)))
