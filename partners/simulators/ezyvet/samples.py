"""A small practice to try things out with, which knows the ids of the source's example (RX12)."""

from __future__ import annotations

from partners.simulators.ezyvet.seeds import Animal, Consult, Contact, Records, User

SAMPLE = Records(
    users=(
        User(id=10, first_name="Vera", last_name="Okafor", is_vet=True),
        User(id=11, first_name="Tom", last_name="Nguyen", is_vet=True, active=False),
        User(id=12, first_name="Reception"),
        User(id=13, first_name="Wim", last_name="de Vries", is_vet=True),
    ),
    contacts=(
        Contact(id=5, first_name="Dana", last_name="Reyes"),
        Contact(id=7, first_name="Lee", last_name="Park"),
    ),
    animals=(
        Animal(id=6, name="Biscuit", contact_id=5),
        Animal(id=8, name="Juno", contact_id=7),
        Animal(id=9, name="Otis", contact_id=5, is_dead=True),
    ),
    consults=(
        Consult(id=15, animal_id=6, date=1720400000, description="Itchy ears"),
        Consult(id=16, animal_id=8, date=1720300000, description="Vaccination"),
    ),
)
