"""The home directory: finding it, its secrets, its lock and its ports."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from machine import lock, ports
from machine.home import SECRETS, Home
from machine.problem import AlreadyRunning, MachineProblem, NotRunning


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_option_wins_over_the_environment_and_that_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ONBOARD_HOME", raising=False)
    assert Home.find().path == tmp_path / ".onboard"
    monkeypatch.setenv("ONBOARD_HOME", "elsewhere")
    assert Home.find().path == tmp_path / "elsewhere"
    assert Home.find(Path("/srv/onboard")).path == Path("/srv/onboard")


def test_secrets_are_created_once_and_for_their_owner_only(home: Home) -> None:
    made = {name: home.secret(name) for name in SECRETS}
    home.create()
    assert {name: home.secret(name) for name in SECRETS} == made
    assert len(set(made.values())) == len(SECRETS)
    assert all(len(secret) >= 43 for secret in made.values())
    assert {mode(home.secrets / name) for name in SECRETS} == {0o600}
    assert {mode(folder) for folder in (home.path, home.secrets, home.mailbox, home.logs, home.temporal)} == {0o700}


def test_a_path_that_cannot_be_a_home_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(MachineProblem, match=r"cannot be used as the home .*: name another with --home"):
        Home(file / "home").create()


def test_a_missing_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MachineProblem, match="start the system once"):
        Home(tmp_path / "home").secret("api_token")


def test_nothing_running_is_reported_with_what_to_do(home: Home) -> None:
    home.write_ready({"left": "by a start that was killed"})
    with pytest.raises(NotRunning, match=f"Nothing runs in {home.path}: start it with `onboard up`"):
        home.running()


def test_a_running_system_is_found_once_it_is_ready(home: Home) -> None:
    with lock.held(home.lock, "taken"):
        with pytest.raises(NotRunning, match="not ready yet"):
            home.running()
        home.write_ready({"temporal": "127.0.0.1:7233"})
        assert home.running() == {"temporal": "127.0.0.1:7233"}
    assert not home.is_running()


def test_the_lock_is_held_once(home: Home) -> None:
    with lock.held(home.lock, "first"):
        assert home.is_running()
        with pytest.raises(AlreadyRunning, match="second"), lock.held(home.lock, "second"):
            pass
        assert home.is_running()
    with lock.held(home.lock, "third"):
        pass


def test_asking_for_the_lock_does_not_keep_a_start_out(home: Home) -> None:
    for _ in range(200):
        assert not home.is_running()
        with lock.held(home.lock, "taken"):
            pass


def test_free_ports_are_remembered(home: Home) -> None:
    first = ports.choose(home.ports)
    assert ports.choose(home.ports) == first
    assert first.keys() == ports.DEFAULTS.keys()
    assert len(set(first.values())) == len(first)


def test_the_default_port_comes_first_and_a_taken_one_is_avoided(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = {name: ports.free_port() for name in ("temporal", "smtp")}
    monkeypatch.setattr(ports, "DEFAULTS", defaults)
    with socket.create_server(("127.0.0.1", defaults["smtp"])):
        chosen = ports.choose(home.ports)
        assert chosen["temporal"] == defaults["temporal"]
        assert chosen["smtp"] != defaults["smtp"]
    assert ports.choose(home.ports) == chosen, "addresses stay as they were, even when the default port is free again"


def test_a_port_asked_for_is_taken_or_refused(home: Home) -> None:
    free = ports.free_port()
    assert ports.choose(home.ports, {"web": free})["web"] == free
    with (
        socket.create_server(("127.0.0.1", free)),
        pytest.raises(MachineProblem, match=f"Port {free} for web is in use"),
    ):
        ports.choose(home.ports, {"web": free})
    with pytest.raises(MachineProblem, match="Port 70000 for web"):
        ports.choose(home.ports, {"web": 70000})


@pytest.mark.parametrize("content", ["", "[1]", '{"smtp": "x", "temporal": 99999999}', "{"])
def test_a_damaged_list_of_ports_does_not_matter(home: Home, content: str) -> None:
    home.ports.write_text(content)
    chosen = ports.choose(home.ports)
    assert json.loads(home.ports.read_text()) == chosen
