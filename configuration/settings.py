"""The pharmacy's settings, from `ONBOARD_*` variables and the file `onboard.toml`; a variable wins over the file.

    ONBOARD_SMTP_URL='smtp://user:password@mail.example.com:587?starttls=required'
    SMTP_URL = "smtp://..."        # the same in onboard.toml, in ONBOARD_HOME or else in the current directory

The connection to Temporal has Temporal's own variables (`TEMPORAL_*`). An invalid value raises SettingsProblem. No
error message and no repr shows a secret.
"""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from configuration.validators import (
    check_bounce_mailbox,
    check_database_url,
    check_payload_key,
    check_secret_key,
    check_smtp_url,
    check_web_address,
    check_webhook_secret,
    parse_duration,
    parse_people,
    split_list,
)
from playbooks.engine.fields import Email, Line, TimeZone

PREFIX = "ONBOARD_"
FILE = "onboard.toml"

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
WebAddress = Annotated[str, AfterValidator(check_web_address)]
Handle = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[\w.-]{1,64}$")]

MESSAGES = {
    ("PRIMARY_COLOR", "string_pattern_mismatch"): "must be a color, for example #14532d",
    ("ACCENT_COLOR", "string_pattern_mismatch"): "must be a color, for example #14532d",
    ("PEOPLE", "string_pattern_mismatch"): "must use handles of letters, digits, dots, hyphens and underscores",
    ("PEOPLE", "dict_type"): "must be a table of handles and addresses",
    ("", "too_short"): "must name at least one address",
    ("", "string_type"): "must be text in quotes",
    ("", "string_too_short"): "must not be blank",
}
"""Our message for an error of pydantic, by setting ("" for any) and type of error."""


class SettingsProblem(Exception):
    """A missing or invalid setting; the message is one sentence that says which, and what to do."""


class Brand(BaseModel):
    """The pharmacy's name, contacts and colors, as shown in mails and on pages (DP15)."""

    model_config = ConfigDict(frozen=True)

    name: str
    support_address: str
    support_phone: str
    care_phone: str
    privacy_policy_url: str
    color: str
    accent_color: str
    datapoint_sender: str
    public_url: str | None


class Settings(BaseSettings):
    """Every setting, by its name without `ONBOARD_`. Frozen; read it with `Settings.load()`.

    `load` passes the file's values to the constructor; variables win over those.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    home: Path = Path(".onboard")
    task_queue: Line = "onboarding"
    prescription_undo: Annotated[timedelta, BeforeValidator(parse_duration), Field(ge=timedelta(0))] = timedelta(
        minutes=15
    )
    """How long a decision about a prescription that ezyVet cannot take back is held before it is sent."""

    database_url: Annotated[SecretStr, AfterValidator(check_database_url)] | None = None
    secret_key: Annotated[SecretStr, AfterValidator(check_secret_key)] | None = None
    payload_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(check_payload_key)], ...], BeforeValidator(split_list), NoDecode
    ] = ()
    """Keys that encrypt what Temporal stores, 32 bytes each in URL-safe base64; the first encrypts, all decrypt."""

    datapoint_webhook_secret: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(check_webhook_secret)], ...], BeforeValidator(split_list), NoDecode
    ] = ()
    """What DataPoint signs its webhooks with. Each of several is accepted, so that one can replace another."""

    smtp_url: Annotated[SecretStr, AfterValidator(check_smtp_url)] | None = None
    bounce_mailbox: Annotated[SecretStr, AfterValidator(check_bounce_mailbox)] | None = None
    """The mailbox from which workers take in returned mail."""

    mail_from: Email = "onboarding@pharmacy.example"
    mail_redirect_all: Email | None = None
    """All mail goes here instead of to its recipients, for trials with real data."""

    team_address: Email = "onboarding-team@pharmacy.example"
    manager_address: Annotated[tuple[Email, ...], BeforeValidator(split_list), Field(min_length=1), NoDecode] = (
        "onboarding-manager@pharmacy.example",
    )
    people: Annotated[dict[Handle, Email], BeforeValidator(parse_people), NoDecode] = Field(default_factory=dict)
    """The address behind each handle that an onboarding can be assigned to: `ana=ana@example.com, bo=...`."""

    team_time_zone: TimeZone = "America/Chicago"
    team_country: Line | None = "US"
    team_state: Line | None = None
    public_url: WebAddress | None = None
    """Where people and DataPoint reach the web: the beginning of links in mails, and the only host answered."""

    link_days: Annotated[int, Field(ge=1, le=3650)] = 60
    """Days for which the link in a mail opens the practice's page."""

    feeds_folder: Path | None = None
    """The folder for feeds to import, with a folder for each practice's ID; by default `feeds` in the home."""

    temporal_ui_url: WebAddress | None = None
    api_token: Annotated[SecretStr, AfterValidator(check_secret_key)] | None = None
    """A token with an admin's rights for programs of this machine; `onboard up` creates one."""

    api_requests_a_minute: Annotated[int, Field(ge=1)] = 600
    """Requests of each API token to one web server, on average over a minute."""

    trusted_proxies: Annotated[tuple[Line, ...], BeforeValidator(split_list), NoDecode] = ()
    """Addresses of proxies whose forwarding headers are trusted."""

    development: bool = False
    """Shows what only the product's developers need."""

    dns_server: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:]+#[0-9]{1,5}$")] | None = None
    """The DNS server that is asked for the keys of signed e-mails, as ADDRESS#PORT; else the system's (RS2)."""

    datapoint_sender: Email = "no-reply@datapoint.example"
    """The address that DataPoint writes to a primary contact from (DP3)."""

    datapoint_address: Email | None = None
    datapoint_phone: Line | None = None
    """Where the team asks DataPoint how things stand (DP3, DP5)."""

    datapoint_url: WebAddress | None = None
    """The API of DataPoint's queue (DP1); without it the team sends requests by hand."""

    ezyvet_url: WebAddress | None = None
    """ezyVet's API: `https://api.ezyvet.com`, or `https://api.trial.ezyvet.com` for its sandbox (RX1)."""

    ezyvet_partner_id: Line | None = None
    """What ezyVet knows the pharmacy by. A practice's credentials may name another."""

    pharmacy_name: Line = "Example Veterinary Pharmacy"
    support_address: Email = "practice-support@pharmacy.example"
    support_phone: Line = "(800) 555-0142"
    pet_owner_care_phone: Line = "(800) 555-0167"
    privacy_policy_url: WebAddress = "https://pharmacy.example/privacy"
    primary_color: Color = "#14532d"
    accent_color: Color = "#0f766e"

    examples: ClassVar[dict[str, str]] = {
        "database_url": "for example postgresql://user:password@host/onboarding",
        "smtp_url": "for example smtp://user:password@host:587",
        "secret_key": "32 random characters or more",
    }

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @classmethod
    def load(cls, home: Path | str | None = None) -> Settings:
        """The settings of the system in `home` (else ONBOARD_HOME, else `.onboard`). Raises SettingsProblem."""
        _refuse_misspelt_variables()
        folder = Path(home or os.environ.get("ONBOARD_HOME") or cls.model_fields["home"].default).expanduser()
        file = next((path for path in (folder / FILE, Path(FILE)) if path.is_file()), None)
        values = _read(file) if file else {}
        try:
            return cls(**values).model_copy(update={"home": folder.absolute()})
        except ValidationError as error:
            raise SettingsProblem(_sentence(error, file)) from None

    @property
    def dns_address(self) -> tuple[str, int] | None:
        """The address and port of `dns_server`."""
        address, _, port = (self.dns_server or "").rpartition("#")
        return (address, int(port)) if address else None

    def required(self, name: str) -> str:
        """The value of a secret setting without a default, such as `database_url`. Raises SettingsProblem if unset."""
        value: SecretStr | None = getattr(self, name)
        if value is None:
            raise SettingsProblem(
                f"{PREFIX}{name.upper()} is not set: give it a value ({self.examples[name]}), "
                "or start everything on one machine with `onboard up`."
            )
        return value.get_secret_value()

    def require_links(self) -> None:
        """Raises SettingsProblem if the links in mails could not be made: they need a secret and an address."""
        self.required("secret_key")
        if self.public_url is None:
            raise SettingsProblem(
                f"{PREFIX}PUBLIC_URL is not set: set it to the public address of the web, "
                "for example https://onboarding.example.com."
            )

    @property
    def ezyvet_task_queue(self) -> str:
        """Calls to ezyVet have a queue of their own: they may wait long."""
        return f"{self.task_queue}-ezyvet"

    @property
    def brand(self) -> Brand:
        return Brand(
            name=self.pharmacy_name,
            support_address=self.support_address,
            support_phone=self.support_phone,
            care_phone=self.pet_owner_care_phone,
            privacy_policy_url=self.privacy_policy_url,
            color=self.primary_color,
            accent_color=self.accent_color,
            datapoint_sender=self.datapoint_sender,
            public_url=self.public_url,
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{file} is not valid TOML: {str(error)[:200]}.") from None
    except UnicodeDecodeError:
        raise SettingsProblem(f"{file} is not text in UTF-8: save it as such.") from None
    except OSError as error:
        raise SettingsProblem(f"{file} cannot be read ({error.strerror}): make it readable or remove it.") from None
    return {name.lower(): value for name, value in content.items() if value != ""}


def _refuse_misspelt_variables() -> None:
    """Refuses a variable that resembles a setting: a misspelt MAIL_REDIRECT_ALL would mail real people."""
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    for variable in os.environ:
        if variable.startswith(PREFIX) and variable not in names:
            similar = get_close_matches(variable, names, n=1, cutoff=0.9)
            if similar:
                raise SettingsProblem(f"{variable} is not a setting: did you mean {similar[0]}?")


def _sentence(error: ValidationError, file: Path | None) -> str:
    """What is wrong with each setting, named by its variable or its file; never with a secret's value."""
    clauses = []
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(detail["loc"][0]).upper().removeprefix(PREFIX)
        source = PREFIX + name if os.environ.get(PREFIX + name) else f"{name} in {file}"
        clauses.append(f"{source} {_message(name, detail['type'], detail['msg'])}")
    return "; ".join(dict.fromkeys(clauses)) + "."


def _message(name: str, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        similar = get_close_matches(name, [field.upper() for field in Settings.model_fields], n=1)
        return "is not a setting" + (f" (did you mean {similar[0]}?)" if similar else "")
    if own := MESSAGES.get((name, kind)) or MESSAGES.get(("", kind)):
        return own
    message = message.removeprefix("Value error, ").rstrip(".")
    return message if message.startswith(("must ", "is ")) else f"is wrong: {message[0].lower()}{message[1:]}"
