"""Temporal's namespace as the product needs it: how long it keeps closed onboardings, and what they are found by.

Used at every start, on our own server and on others; it only ever adds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    DescribeTaskQueueRequest,
    UpdateNamespaceRequest,
)
from temporalio.service import RPCError

from machine.problem import Problem

if TYPE_CHECKING:
    from temporalio.client import Client

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
ANSWER_WITHIN = timedelta(seconds=2)


async def exists(client: Client) -> bool:
    """Whether the server answers and has the client's namespace."""
    try:
        await _describe(client)
    except (RPCError, RuntimeError):
        # RuntimeError is what a connection that cannot be made is reported as.
        return False
    return True


async def retention(client: Client) -> timedelta:
    """How long closed onboardings stay to be looked at. Raises RPCError or RuntimeError without an answer."""
    answer = await _describe(client)
    return answer.config.workflow_execution_retention_ttl.ToTimedelta()


async def keep_for_retention(client: Client) -> None:
    """Let closed onboardings be kept for RETENTION at least (a development server says one day)."""
    if await retention(client) >= RETENTION:
        return
    request = UpdateNamespaceRequest(namespace=client.namespace)
    request.config.workflow_execution_retention_ttl.FromTimedelta(RETENTION)
    await client.workflow_service.update_namespace(request)


async def add_search_attributes(client: Client) -> None:
    """Register what is missing of SEARCH_ATTRIBUTES.

    Raises Problem if one exists with another type, which the server itself passes over in silence, or if the server
    does not let us add one.
    """
    missing = await _missing(client)
    if not missing:
        return
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for name in missing:
        request.search_attributes[name] = _number(SEARCH_ATTRIBUTES[name])
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        raise Problem(
            f"Temporal does not let search attributes be added ({error.message}): {_advice(client.namespace, missing)}."
        ) from error


async def check_search_attributes(client: Client) -> None:
    """Raises Problem if one of SEARCH_ATTRIBUTES is missing or has another type; adds nothing."""
    if missing := await _missing(client):
        raise Problem(f"Search attributes are missing: start `onboard up`, or {_advice(client.namespace, missing)}.")


async def pollers(client: Client, task_queue: str) -> list[datetime]:
    """When each worker that Temporal knows last asked for work in this queue."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request, timeout=ANSWER_WITHIN)
    return [poller.last_access_time.ToDatetime(UTC) for poller in answer.pollers]


async def compare_search_attributes(client: Client) -> tuple[list[str], dict[str, str]]:
    """Which of SEARCH_ATTRIBUTES are missing, and which exist with another type (and which type that is).

    Raises RPCError or RuntimeError without an answer.
    """
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=ANSWER_WITHIN
    )
    have = dict(answer.custom_attributes)
    missing = [name for name in SEARCH_ATTRIBUTES if name not in have]
    mistaken = {
        name: _word(have[name])
        for name, kind in SEARCH_ATTRIBUTES.items()
        if name in have and have[name] != _number(kind)
    }
    return missing, mistaken


async def _describe(client: Client) -> DescribeNamespaceResponse:
    return await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace), timeout=ANSWER_WITHIN
    )


async def _missing(client: Client) -> list[str]:
    missing, mistaken = await compare_search_attributes(client)
    if mistaken:
        raise Problem(_mistaken_sentence(client.namespace, mistaken))
    return missing


def _mistaken_sentence(namespace: str, mistaken: dict[str, str]) -> str:
    list_ = ", ".join(f"{name} is {kind} and must be {SEARCH_ATTRIBUTES[name]}" for name, kind in mistaken.items())
    names = " ".join(f"--name {name}" for name in mistaken)
    return (
        f"Search attributes of Temporal's namespace {namespace} have another type ({list_}): remove them with "
        f"`temporal operator search-attribute remove --namespace {namespace} {names}` and start again, "
        "or use another namespace."
    )


def _advice(namespace: str, missing: list[str]) -> str:
    wanted = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in missing)
    return f"add them with `temporal operator search-attribute create --namespace {namespace} {wanted}`"


def _number(kind: str) -> IndexedValueType.ValueType:
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")


def _word(number: IndexedValueType.ValueType) -> str:
    return IndexedValueType.Name(number).removeprefix("INDEXED_VALUE_TYPE_").title().replace("_L", "L")
