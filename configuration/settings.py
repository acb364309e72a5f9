"""The pharmacy's settings: `ONBOARD_*` variables, and a file `onboard.toml`; where both speak, the variable wins.

    ONBOARD_SMTP_URL='smtp://user:password@mail.example.com:587?starttls=required'
    SMTP_URL = "smtp://..."        # the same in onboard.toml, in ONBOARD_HOME or else in the current directory

What connects to Temporal is Temporal's own (`TEMPORAL_*`). A wrong value is a `SettingsProblem`; secrets are never
shown, neither in it nor in a repr.
"""

from __future__ import annotations

import os
import tomllib
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

from configuration.values import (
    address_table,
    check_database_url,
    check_payload_key,
    check_secret_key,
    check_smtp_url,
    check_web_address,
    check_webhook_secret,
    separate,
)
from playbooks.engine.fields import Email, Line, TimeZone

PREFIX = "ONBOARD_"
FILE = "onboard.toml"

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
WebAddress = Annotated[str, AfterValidator(check_web_address)]
Handle = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[\w.-]{1,64}$")]

SHAPES = {
    ("PRIMARY_COLOR", "string_pattern_mismatch"): "must be a color such as #14532d",
    ("ACCENT_COLOR", "string_pattern_mismatch"): "must be a color such as #14532d",
    ("PEOPLE", "string_pattern_mismatch"): "must use handles of letters, digits, dots, hyphens and underscores",
    ("PEOPLE", "dict_type"): "must be a table of handles and addresses",
    ("", "too_short"): "must name at least one address",
    ("", "string_type"): "must be text in quotes",
    ("", "string_too_short"): "must not be blank",
}


class SettingsProblem(Exception):
    """A setting that is missing or wrong; the message is one sentence that says which and what to do."""


class Brand(BaseModel):
    """How the pharmacy presents itself in what it writes, and where its readers reach it (DP15)."""

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

    Variables win over what is passed to the constructor, which is how the file comes in.
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
    database_url: Annotated[SecretStr, AfterValidator(check_database_url)] | None = None
    secret_key: Annotated[SecretStr, AfterValidator(check_secret_key)] | None = None
    payload_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(check_payload_key)], ...], BeforeValidator(separate), NoDecode
    ] = ()
    """Keys that encrypt what Temporal stores, 32 bytes each in URL-safe base64; the first encrypts, all decrypt."""

    datapoint_webhook_secret: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(check_webhook_secret)], ...], BeforeValidator(separate), NoDecode
    ] = ()
    """What DataPoint signs its webhooks with. Any of several is taken, so that one can be replaced by the next."""

    smtp_url: Annotated[SecretStr, AfterValidator(check_smtp_url)] | None = None
    mail_from: Email = "onboarding@pharmacy.example"
    mail_redirect_all: Email | None = None
    """All mail goes here instead of to its readers, for trials with real data."""

    team_address: Email = "onboarding-team@pharmacy.example"
    manager_address: Annotated[tuple[Email, ...], BeforeValidator(separate), Field(min_length=1), NoDecode] = (
        "onboarding-manager@pharmacy.example",
    )
    people: Annotated[dict[Handle, Email], BeforeValidator(address_table), NoDecode] = Field(default_factory=dict)
    """The address behind each handle that an onboarding can be assigned to: `ana=ana@example.com, bo=...`."""

    team_time_zone: TimeZone = "America/Chicago"
    team_country: Line | None = "US"
    team_state: Line | None = None
    public_url: WebAddress | None = None
    """Where people and DataPoint reach the web; links in mails begin with it, and it alone is answered to."""

    link_days: Annotated[int, Field(ge=1, le=3650)] = 60
    """For how many days the link in a mail leads a contact to the practice's page."""

    feeds_folder: Path | None = None
    """Where practices' feeds are laid, each in a folder named by the practice's ID; else `feeds` in the home."""

    temporal_ui_url: WebAddress | None = None
    api_token: Annotated[SecretStr, AfterValidator(check_secret_key)] | None = None
    """Lets in programs of this machine, with an admin's rights; `onboard up` makes one."""

    api_requests_a_minute: Annotated[int, Field(ge=1)] = 600
    """What each API token may ask of one web server, on average over a minute."""

    trusted_proxies: Annotated[tuple[Line, ...], BeforeValidator(separate), NoDecode] = ()
    """The addresses of proxies that are believed when they say for whom they ask."""

    development: bool = False
    """Shows what only those need who work on the product itself."""

    datapoint_sender: Email = "no-reply@datapoint.example"
    """The address that DataPoint writes to a primary contact from (DP3)."""

    datapoint_url: WebAddress | None = None
    """Where DataPoint takes requests into its queue (DP1); without it the team asks by hand."""

    pharmacy_name: Line = "Example Veterinary Pharmacy"
    support_address: Email = "practice-support@pharmacy.example"
    support_phone: Line = "(800) 555-0142"
    pet_owner_care_phone: Line = "(800) 555-0167"
    privacy_policy_url: WebAddress = "https://pharmacy.example/privacy"
    primary_color: Color = "#14532d"
    accent_color: Color = "#0f766e"

    needs: ClassVar[dict[str, str]] = {
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
        """The settings of the system in `home` (else ONBOARD_HOME, else `.onboard`). Raises `SettingsProblem`."""
        _refuse_slips()
        place = Path(home or os.environ.get("ONBOARD_HOME") or cls.model_fields["home"].default).expanduser()
        file = next((path for path in (place / FILE, Path(FILE)) if path.is_file()), None)
        written = _read(file) if file else {}
        try:
            return cls(**written).model_copy(update={"home": place.absolute()})
        except ValidationError as error:
            raise SettingsProblem(_sentence(error, file)) from None

    def needed(self, name: str) -> str:
        """The value of a setting without a default, such as `database_url`. Raises `SettingsProblem` if unset."""
        value: SecretStr | None = getattr(self, name)
        if value is None:
            raise SettingsProblem(
                f"{PREFIX}{name.upper()} is not set: give it a value ({self.needs[name]}), "
                "or start everything on one machine with `onboard up`."
            )
        return value.get_secret_value()

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


def _refuse_slips() -> None:
    """Refuses a variable that is nearly a setting: a misspelt MAIL_REDIRECT_ALL would write to real people."""
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    for variable in os.environ:
        if variable.startswith(PREFIX) and variable not in names:
            near = get_close_matches(variable, names, n=1, cutoff=0.9)
            if near:
                raise SettingsProblem(f"{variable} is no setting: did you mean {near[0]}?")


def _sentence(error: ValidationError, file: Path | None) -> str:
    """What is wrong, setting by setting, named as its author wrote it; never with the value of a secret."""
    parts = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(problem["loc"][0]).upper().removeprefix(PREFIX)
        written = PREFIX + name if os.environ.get(PREFIX + name) else f"{name} in {file}"
        parts.append(f"{written} {_complaint(name, problem['type'], problem['msg'])}")
    return "; ".join(dict.fromkeys(parts)) + "."


def _complaint(name: str, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        near = get_close_matches(name, [known.upper() for known in Settings.model_fields], n=1)
        return "is no setting" + (f" (did you mean {near[0]}?)" if near else "")
    if (fixed := SHAPES.get((name, kind)) or SHAPES.get(("", kind))) is not None:
        return fixed
    message = message.removeprefix("Value error, ").rstrip(".")
    return message if message.startswith(("must ", "is ")) else f"is wrong: {message[0].lower()}{message[1:]}"
