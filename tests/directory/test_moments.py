"""Moments of requests: what is of no year is refused by name, and no fault of ours."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.directory.v1 import audit_pb2, directory_pb2, provisioning_pb2

from chassis.errors import InvalidInput
from chassis.rpc import translated
from tests.directory.conftest import Person, Stack
from tests.directory.test_audit import auditing

FAR = Timestamp(seconds=10**15)


async def of_revocations(stack: Stack, _by: Person) -> Any:
    await stack.mail.sessions.ListRevocations(directory_pb2.ListRevocationsRequest(since=FAR))


async def of_records(stack: Stack, by: Person) -> Any:
    auditor = await auditing(stack, by, "audit@gouv.tg")
    await stack.cli.audit.ListRecords(audit_pb2.ListRecordsRequest(since=FAR), **auditor.said)


async def of_their_ends(stack: Stack, by: Person) -> Any:
    auditor = await auditing(stack, by, "audit@gouv.tg")
    await stack.cli.audit.ListRecords(audit_pb2.ListRecordsRequest(until=FAR), **auditor.said)


async def of_exports(stack: Stack, by: Person) -> Any:
    auditor = await auditing(stack, by, "audit@gouv.tg")
    with translated():
        async for _ in stack.cli.audit.ExportRecords(audit_pb2.ExportRecordsRequest(until=FAR), **auditor.said):
            pass


async def of_searches(stack: Stack, by: Person) -> Any:
    since = provisioning_pb2.Comparison(attribute="changed_at", operator="ge", time=FAR)
    request = provisioning_pb2.SearchAccountsRequest(condition=provisioning_pb2.Condition(comparison=since))
    await stack.cli.provisioning.SearchAccounts(request, **by.said)


ASKED = [
    (of_revocations, "since"),
    (of_records, "since"),
    (of_their_ends, "until"),
    (of_exports, "until"),
    (of_searches, "time"),
]


@pytest.mark.parametrize(("ask", "field"), ASKED)
async def test_a_moment_of_no_year_is_refused_by_name(
    stack: Stack, administrator: Person, ask: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await ask(stack, administrator)
    assert refused.value.fields.keys() == {field}
