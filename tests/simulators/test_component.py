"""The DataPoint simulator as a component of the machine, with the local mailbox."""

from __future__ import annotations

from pathlib import Path

import httpx2
from standardwebhooks.webhooks import Webhook

from machine.components import ExternalServers, Machine, start_components
from machine.datapoint_simulator import DATAPOINT, webhook_secret
from machine.home import Home
from machine.ports import free_port
from machine.servers import MAILBOX
from machine.supervisor import Supervisor
from partners.datapoint import DataPoint
from tests.patience import PATIENCE
from tests.simulators.trial import RIVERSIDE


def a_machine(place: Path, supervisor: Supervisor) -> Machine:
    home = Home(place)
    home.create()
    return Machine(home, supervisor, {"smtp": free_port(), "web": free_port(), "datapoint": free_port()})


async def test_it_mails_to_the_local_mailbox_and_is_found_again(tmp_path: Path) -> None:
    spoken: list[str] = []
    async with Supervisor(tmp_path, tmp_path / "children.json", spoken.append) as supervisor:
        machine = a_machine(tmp_path / "home", supervisor)
        await start_components(machine, [DATAPOINT, MAILBOX])
        await DataPoint(machine.addresses["datapoint"]).request(RIVERSIDE)
        async with httpx2.AsyncClient(
            base_url=machine.addresses["datapoint"], trust_env=False, timeout=PATIENCE
        ) as http:
            step = "/control/practices/riverside-vet/steps/invitation_sent"
            (await http.post(step, json={"do": True})).raise_for_status()
            seen = (await http.get("/control")).json()
    [mail] = (machine.home.mailbox / "new").iterdir()
    assert f"{machine.addresses['datapoint']}/registration/" in mail.read_text()
    assert (seen["program"]["automatic"], seen["webhooks"][0]["type"]) == (False, "invitation.sent")
    assert spoken == []


async def test_it_stays_out_where_mail_leaves_for_real_or_nobody_wants_it(tmp_path: Path) -> None:
    async with Supervisor(tmp_path, tmp_path / "children.json", lambda _: None) as supervisor:
        for number, machine in enumerate(a_machine(tmp_path / f"home-{n}", supervisor) for n in range(2)):
            if number:
                machine.extra["ONBOARD_STANDINS"] = "false"
            else:
                machine.external = ExternalServers(smtp_url="smtp://mail.example")
            await start_components(machine, [DATAPOINT])
            assert "datapoint" not in machine.addresses
        assert supervisor.pids() == {}


def test_the_secret_is_made_once_for_a_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    secret = webhook_secret(home)
    assert webhook_secret(home) == secret
    assert Webhook(secret)
    [path] = [path for path in home.secrets.iterdir() if path.read_text() == secret]
    assert path.stat().st_mode & 0o077 == 0
    assert secret.startswith("whsec_")
