"""A real Temporal for the tests, as `onboard up` starts it, with time travel."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from machine.namespace import add_search_attributes
from machine.ports import free_port
from machine.processes import die_with_parent
from machine.temporal import NAMESPACE, TemporalServer
from tests.folders import new_folder
from tests.patience import PATIENCE


@asynccontextmanager
async def running_temporal() -> AsyncIterator[Client]:
    """A client of a server of its own, ended with the block and never outliving this process.

    Not the SDK's, which gives up after five seconds, on a busy machine too.
    """
    folder = new_folder("temporal")
    try:
        server = TemporalServer(folder, free_port(), free_port(), time_travel=True)
        child = server.child()
        process = await asyncio.create_subprocess_exec(
            *child.command,
            env=dict(child.environment),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not await server.answers():
                    assert process.returncode is None, "Temporal did not start"
                    await asyncio.sleep(0.05)
            await add_search_attributes(await server.client())
            yield await Client.connect(server.address, namespace=NAMESPACE, data_converter=pydantic_data_converter)
        finally:
            process.kill()
            await process.wait()
    finally:
        shutil.rmtree(folder)
