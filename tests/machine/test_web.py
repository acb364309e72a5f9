"""The web server as a component of the whole system: its address, the first admin's link, its restart."""

from __future__ import annotations

import os
import signal
from typing import Any

import httpx2

from cli.doctor import doctor
from cli.doctor_check import Check
from cli.doctor_servers import server_checks
from configuration.settings import Settings
from machine.home import Home
from machine.ports import free_port
from tests.machine.trial_system import System, eventually, is_gone, system
from tests.patience import PATIENCE
from tests.web.browser import PASSWORD, form_on


def answers(addresses: dict[str, Any]) -> bool:
    try:
        return httpx2.get(f"{addresses['web']}/readyz", timeout=PATIENCE).status_code == 200
    except httpx2.TransportError:
        return False


def web_process(running: System) -> int:
    [pid] = [pid for pid, command in running.children().items() if "web.server" in command]
    return pid


def test_the_whole_system_lets_in_its_first_admin_and_keeps_them_in(used_home: Home) -> None:
    browser = httpx2.Client(follow_redirects=True, timeout=PATIENCE)
    with system(used_home, components="whole") as running, browser:
        addresses = running.addresses()
        assert answers(addresses)
        link = addresses["first_admin"]
        assert link.startswith(f"{addresses['web']}/welcome/")
        assert addresses["api_token"] == used_home.secret("api_token")
        form = form_on(browser.get(link).text)
        given = {"handle": "fay", "name": "Fay", "email": "fay@pharmacy.test", "password": PASSWORD}
        browser.post(link, data={**form, **given})
        assert browser.get(f"{addresses['web']}/people").status_code == 200

        killed = web_process(running)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: is_gone(killed) and answers(addresses))
        assert browser.get(f"{addresses['web']}/people").status_code == 200

        log = (used_home.logs / "web.log").read_text()
        assert "GET /welcome/{token} 200" in log
        assert link.rpartition("/")[2] not in log and PASSWORD not in log

        assert Check("web", True, f"{addresses['web']} answers.") in doctor(used_home.path)

        child = web_process(running)
        status, errors = running.end(signal.SIGINT)
        assert status == 0 and "web was ended by SIGKILL; it is started again" in errors
        assert is_gone(child)

    with system(used_home, components="whole") as again:
        addresses = again.addresses()
        assert addresses["first_admin"] is None
        with httpx2.Client(cookies=browser.cookies, timeout=PATIENCE) as later:
            assert later.get(f"{addresses['web']}/people").status_code == 200


async def test_a_web_that_does_not_answer_is_found() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    [check] = await server_checks({"web": address}, False, Settings())
    assert not check.ok and "see logs/web.log" in check.sentence
