"""Settings from variables and from a file: which one wins, what is refused, and that secrets stay secret."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from configuration.settings import Settings, SettingsProblem

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, away from it the current directory, and no variables of the machine."""
    for name in [name for name in os.environ if name.startswith("ONBOARD_")]:
        monkeypatch.delenv(name)
    place, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    place.mkdir()
    elsewhere.mkdir()
    monkeypatch.setenv("ONBOARD_HOME", str(place))
    monkeypatch.chdir(elsewhere)
    return place


def problem() -> str:
    with pytest.raises(SettingsProblem) as caught:
        Settings.load()
    sentence = str(caught.value)
    assert sentence.endswith((".", "?"))
    assert "\n" not in sentence
    return sentence


def test_everything_has_a_neutral_default(home: Path) -> None:
    found = Settings.load()

    assert found.home == home
    assert found.task_queue == "onboarding"
    assert found.smtp_url is None
    assert found.brand.name == "Example Veterinary Pharmacy"
    addresses = [found.mail_from, found.team_address, *found.manager_address, found.datapoint_sender]
    assert all(address.endswith(".example") for address in addresses)


def test_variables_win_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "onboard.toml").write_text('TEAM_ADDRESS = "file@example.com"\nmail_from = "from@example.com"\n')
    monkeypatch.setenv("ONBOARD_TEAM_ADDRESS", "variable@example.com")

    found = Settings.load()

    assert found.team_address == "variable@example.com"
    assert found.mail_from == "from@example.com"


def test_an_empty_variable_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "onboard.toml").write_text('TEAM_ADDRESS = "file@example.com"\n')
    monkeypatch.setenv("ONBOARD_TEAM_ADDRESS", "")

    assert Settings.load().team_address == "file@example.com"


def test_the_file_of_the_home_comes_before_the_one_here(home: Path) -> None:
    Path("onboard.toml").write_text('SUPPORT_PHONE = "1"\n')
    assert Settings.load().support_phone == "1"

    (home / "onboard.toml").write_text('SUPPORT_PHONE = "2"\n')
    assert Settings.load().support_phone == "2"


def test_a_named_home_wins(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "onboard.toml").write_text('SUPPORT_PHONE = "3"\n')

    found = Settings.load(other)

    assert (found.home, found.support_phone) == (other, "3")


def test_lists_and_tables_from_variables_and_from_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "onboard.toml").write_text(
        'MANAGER_ADDRESS = ["a@example.com", "b@example.com"]\n[PEOPLE]\nAna = "ana@example.com"\n'
    )
    found = Settings.load()
    assert found.manager_address == ("a@example.com", "b@example.com")
    assert found.people == {"ana": "ana@example.com"}

    monkeypatch.setenv("ONBOARD_MANAGER_ADDRESS", "c@example.com, d@example.com,")
    monkeypatch.setenv("ONBOARD_PEOPLE", "ana=a@example.com, bo=b@example.com")
    monkeypatch.setenv("ONBOARD_PAYLOAD_KEYS", f"{KEY},{KEY}")
    found = Settings.load()
    assert found.manager_address == ("c@example.com", "d@example.com")
    assert found.people == {"ana": "a@example.com", "bo": "b@example.com"}
    assert [key.get_secret_value() for key in found.payload_keys] == [KEY, KEY]
    monkeypatch.setenv("ONBOARD_PAYLOAD_KEYS", KEY.rstrip("="))
    assert [key.get_secret_value() for key in Settings.load().payload_keys] == [KEY]

    monkeypatch.setenv("ONBOARD_PEOPLE", '{"cy": "cy@example.com"}')
    assert Settings.load().people == {"cy": "cy@example.com"}


def test_the_brand_is_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "PHARMACY_NAME": "Willow Pharmacy",
        "SUPPORT_ADDRESS": "help@willow.example",
        "SUPPORT_PHONE": "(800) 555-0123",
        "PET_OWNER_CARE_PHONE": "(800) 555-0177",
        "PRIVACY_POLICY_URL": "https://willow.example/privacy",
        "PRIMARY_COLOR": "#123456",
        "ACCENT_COLOR": "#abcdef",
        "DATAPOINT_SENDER": "hello@datapoint.example",
        "PUBLIC_URL": "https://onboarding.willow.example/",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"ONBOARD_{name}", value)

    assert tuple(Settings.load().brand.model_dump().values()) == (
        *list(given.values())[:-1],
        "https://onboarding.willow.example",
    )


SECRETS = {
    "ONBOARD_DATABASE_URL": "postgresql://user:hush@db.example/onboarding",
    "ONBOARD_SMTP_URL": "smtp://user:hush@mail.example",
    "ONBOARD_SECRET_KEY": "hush" * 8,
    "ONBOARD_PAYLOAD_KEYS": KEY,
}


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    found = Settings.load()

    assert found.required("smtp_url") == SECRETS["ONBOARD_SMTP_URL"]
    for text in (repr(found), str(found), found.model_dump_json(), repr(found.brand)):
        assert "hush" not in text
        assert KEY not in text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "mysql://user:hush@db/x", "must be the address of a PostgreSQL database"),
        ("DATABASE_URL", "postgresql://user:hu/hush@db:x/x", "must be the address of a PostgreSQL database"),
        ("SMTP_URL", "http://hush@mail.example", "must be the address of a mail server"),
        ("SMTP_URL", "smtp://user:hush/hush@mail.example", "must be the address of a mail server"),
        ("SMTP_URL", "smtp://user:hush@mail.example:99999", "must be the address of a mail server"),
        ("SECRET_KEY", "hush", "must have at least 32 characters"),
        ("PAYLOAD_KEYS", f"{KEY},hush", "must list keys of 32 random bytes"),
        ("MAIL_FROM", "nobody", "'nobody' is not an e-mail address"),
        ("MAIL_REDIRECT_ALL", "Ana <ana@example.com>", "is not an e-mail address"),
        ("MANAGER_ADDRESS", "a@example.com, b", "'b' is not an e-mail address"),
        ("MANAGER_ADDRESS", ",", "must name at least one address"),
        ("PEOPLE", "ana", "must be written as ana=ana@example.com"),
        ("PEOPLE", "{ana}", "must be a JSON object"),
        ("PEOPLE", "ana=nobody", "'nobody' is not an e-mail address"),
        ("TEAM_TIME_ZONE", "Chicago", "'Chicago' is not a time zone; use a name like America/Chicago"),
        ("PUBLIC_URL", "onboarding.example.com", "must be a web address"),
        ("PUBLIC_URL", "javascript:alert(1)", "must be a web address"),
        ("PRIVACY_POLICY_URL", 'https://x.example/" onclick', "must be a web address"),
        ("PRIMARY_COLOR", "green", "must be a color, for example #14532d"),
        ("ACCENT_COLOR", "#fff;} body{display:none", "must be a color"),
        ("PHARMACY_NAME", "Willow\nBcc: all@example.com", "must be one line"),
        ("MAIL_REDIRECT_AL", "me@example.com", "did you mean ONBOARD_MAIL_REDIRECT_ALL?"),
    ],
)
def test_a_wrong_variable_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(f"ONBOARD_{name}", value)

    sentence = problem()

    assert sentence.startswith(f"ONBOARD_{name} ")
    assert said in sentence
    assert "hush" not in sentence


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("TEAM_ADDRESS = ", "onboard.toml is not valid TOML: "),
        ('TEAM_ADRESS = "a@example.com"', "onboard.toml is not a setting (did you mean TEAM_ADDRESS?)."),
        ("TEAM_ADDRESS = 7", "must be text in quotes"),
        ('TASK_QUEUE = " "', "must not be blank"),
        ("PEOPLE = 7", "must be a table of handles and addresses"),
        ('PEOPLE = {"a b" = "a@example.com"}', "must use handles of letters"),
        ("MANAGER_ADDRESS = [1]", "MANAGER_ADDRESS in "),
        ('MAIL_FROM = "x"\nTEAM_ADDRESS = "y"', "; TEAM_ADDRESS in "),
    ],
)
def test_a_wrong_file_is_one_sentence(home: Path, written: str, said: str) -> None:
    (home / "onboard.toml").write_text(written)

    assert said in problem()


def test_a_file_that_is_no_text(home: Path) -> None:
    (home / "onboard.toml").write_bytes(b"\xff\xfe\x00")

    assert "not text in UTF-8" in problem()


@pytest.mark.parametrize("name", ["database_url", "smtp_url", "secret_key"])
def test_what_is_needed_and_missing_is_asked_for(name: str) -> None:
    with pytest.raises(SettingsProblem, match=rf"^ONBOARD_{name.upper()} is not set: .*onboard up"):
        Settings.load().required(name)
