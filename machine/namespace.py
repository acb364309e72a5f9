"""Temporal's namespace as the product needs it: its retention and its search attributes.

Used at every start, on our own server and on external ones. It only adds, and never removes or lowers anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    DescribeTaskQueueRequest,
    UpdateNamespaceRequest,
)
from temporalio.service import ConnectConfig, OperatorService, RPCError, ServiceClient, WorkflowService

from machine.problem import MachineProblem

RETENTION = timedelta(days=90)
SEARCH_ATTRIBUTES = {
    "Playbook": "Keyword",
    "Stage": "Keyword",
    "WaitingOn": "Keyword",
    "Sla": "Keyword",
    "Assignee": "Keyword",
    "DueAt": "Datetime",
    "Practice": "Text",
}
TIMEOUT = timedelta(seconds=2)


class Client(Protocol):
    """What is needed of Temporal's client here."""

    @property
    def namespace(self) -> str: ...

    @property
    def workflow_service(self) -> WorkflowService: ...

    @property
    def operator_service(self) -> OperatorService: ...


@dataclass(frozen=True)
class SmallClient:
    """Asks about a namespace, and takes half the time to import of the client that also starts workflows."""

    namespace: str
    workflow_service: WorkflowService
    operator_service: OperatorService


async def connect(address: str, namespace: str) -> SmallClient:
    """Returns a client that connects when first used."""
    service = await ServiceClient.connect(ConnectConfig(address, lazy=True))
    return SmallClient(namespace, service.workflow_service, service.operator_service)


async def exists(client: Client) -> bool:
    """Whether the server answers and has the client's namespace."""
    try:
        await _describe(client)
    except (RPCError, RuntimeError):
        # The client reports a connection that cannot be made as RuntimeError.
        return False
    return True


async def retention(client: Client) -> timedelta:
    """How long Temporal keeps closed onboardings. Raises RPCError or RuntimeError without an answer."""
    response = await _describe(client)
    return response.config.workflow_execution_retention_ttl.ToTimedelta()


async def ensure_retention(client: Client) -> None:
    """Raise the retention to RETENTION if it is shorter (one day on a development server)."""
    if await retention(client) >= RETENTION:
        return
    request = UpdateNamespaceRequest(namespace=client.namespace)
    request.config.workflow_execution_retention_ttl.FromTimedelta(RETENTION)
    await client.workflow_service.update_namespace(request)


async def add_search_attributes(client: Client) -> None:
    """Register those of SEARCH_ATTRIBUTES that are missing.

    Raises MachineProblem if one exists with another type, which the server itself ignores silently, or if the server
    does not let us add one.
    """
    missing = await _missing(client)
    if not missing:
        return
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for name in missing:
        request.search_attributes[name] = _type_number(SEARCH_ATTRIBUTES[name])
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        raise MachineProblem(
            f"Temporal does not let search attributes be added ({error.message}): {_advice(client.namespace, missing)}."
        ) from error


async def check_search_attributes(client: Client) -> None:
    """Raises MachineProblem if one of SEARCH_ATTRIBUTES is missing or has another type; adds nothing."""
    if missing := await _missing(client):
        raise MachineProblem(
            f"Search attributes are missing: start `onboard up`, or {_advice(client.namespace, missing)}."
        )


async def last_polls(client: Client, task_queue: str) -> dict[str, datetime]:
    """When each worker that Temporal knows last polled this task queue, by the worker's name."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    response = await client.workflow_service.describe_task_queue(request, timeout=TIMEOUT)
    return {poller.identity: poller.last_access_time.ToDatetime(UTC) for poller in response.pollers}


async def compare_search_attributes(client: Client) -> tuple[list[str], dict[str, str]]:
    """Those of SEARCH_ATTRIBUTES that are missing, and those of another type, with that type.

    Raises RPCError or RuntimeError without an answer.
    """
    response = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=TIMEOUT
    )
    existing = dict(response.custom_attributes)
    missing = [name for name in SEARCH_ATTRIBUTES if name not in existing]
    mistyped = {
        name: IndexedValueType.Name(existing[name]).removeprefix("INDEXED_VALUE_TYPE_").title().replace("_L", "L")
        for name, kind in SEARCH_ATTRIBUTES.items()
        if name in existing and existing[name] != _type_number(kind)
    }
    return missing, mistyped


async def _describe(client: Client) -> DescribeNamespaceResponse:
    return await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace), timeout=TIMEOUT
    )


async def _missing(client: Client) -> list[str]:
    missing, mistyped = await compare_search_attributes(client)
    if mistyped:
        raise MachineProblem(_mistyped_sentence(client.namespace, mistyped))
    return missing


def _mistyped_sentence(namespace: str, mistyped: dict[str, str]) -> str:
    list_ = ", ".join(f"{name} is {kind} and must be {SEARCH_ATTRIBUTES[name]}" for name, kind in mistyped.items())
    names = " ".join(f"--name {name}" for name in mistyped)
    return (
        f"Search attributes of Temporal's namespace {namespace} have another type ({list_}): remove them with "
        f"`temporal operator search-attribute remove --namespace {namespace} {names}` and start again, "
        "or use another namespace."
    )


def _advice(namespace: str, missing: list[str]) -> str:
    wanted = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in missing)
    return f"add them with `temporal operator search-attribute create --namespace {namespace} {wanted}`"


def _type_number(kind: str) -> IndexedValueType.ValueType:
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
