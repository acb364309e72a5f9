"""The forms by which an owner corrects values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from pharmacy.records.update_rules import rule
from playbooks.engine.fields import Email
from playbooks.engine.validation import error_sentence

LONGEST = 200


@dataclass(frozen=True)
class Input:
    """One text input. `autocomplete` is its name for browsers."""

    name: str
    label: str
    autocomplete: str
    kind: str = "text"
    required: bool = True


@dataclass(frozen=True)
class Form:
    field: str
    title: str
    inputs: tuple[Input, ...]

    def read(self, given: Mapping[str, str]) -> dict[str, str]:
        """Returns the cleaned values by column. Raises `ValueError` with a sentence."""
        values = {each.name: " ".join(given.get(each.name, "").split()) for each in self.inputs}
        for each in self.inputs:
            if each.required and not values[each.name]:
                raise ValueError(f"{each.label} is missing.")
            if len(values[each.name]) > LONGEST:
                raise ValueError(f"{each.label} can have at most {LONGEST} characters.")
            if not values[each.name].isprintable():
                raise ValueError(f"{each.label} has characters that cannot be printed: type it again.")
        if self.field == "name" and not any(values.values()):
            raise ValueError("Please write at least one name.")
        if self.field == "email":
            try:
                values["email"] = TypeAdapter(Email).validate_python(values["email"])
            except ValidationError as error:
                raise ValueError(f"{error_sentence(error)}.") from None
        return values


FORMS: dict[str, Form] = {
    each.field: each
    for each in (
        Form(
            "name",
            "Name",
            (
                Input("given_name", "Given name", "given-name", required=False),
                Input("surname", "Surname", "family-name", required=False),
            ),
        ),
        Form(
            "address",
            "Address",
            (
                Input("street", "Street and number", "street-address"),
                Input("city", "City", "address-level2"),
                Input("state", "State", "address-level1", required=False),
                Input("postcode", "ZIP or postal code", "postal-code"),
            ),
        ),
        Form("phone", "Phone", (Input("phone", "Phone", "tel", "tel"),)),
        Form("email", "E-mail address", (Input("email", "E-mail address", "email", "email"),)),
    )
}
"""By field, in the order shown."""

assert all({each.name for each in form.inputs} == set(rule("client", name).columns) for name, form in FORMS.items())
