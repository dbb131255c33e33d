"""Moments of requests: what is of no year is refused by name, and no fault of ours."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.mail.v1 import (
    imports_pb2,
    imports_pb2_grpc,
    mail_pb2,
    matters_pb2,
    matters_pb2_grpc,
    queue_pb2,
    recovery_pb2,
    recovery_pb2_grpc,
    scheduled_pb2,
)

from chassis.errors import InvalidInput
from chassis.identity import acting_as
from chassis.rpc import translated
from tests.mail.api.conftest import Api
from tests.mail.house import letter

ADDRESS = "agent1@numerique.gouv.tg"
FAR = Timestamp(seconds=10**15)


async def pieces(*given: Any) -> AsyncIterator[Any]:
    for each in given:
        yield each


async def of_imports(api: Api) -> Any:
    stub = imports_pb2_grpc.ImportServiceStub(api.channel)
    begun = await stub.BeginImport(imports_pb2.BeginImportRequest(address=ADDRESS, source="imap:elsewhere"))
    first = imports_pb2.ImportMessageRequest(import_id=begun.id, key="1", mailbox="INBOX", received_at=FAR)
    last = imports_pb2.ImportMessageRequest(source=HttpBody(data=letter()), last=True)
    await stub.ImportMessage(pieces(first, last))


async def of_letters(api: Api) -> Any:
    source = HttpBody(data=letter(To="b@example.org"))
    await api.messages.SendMessage(pieces(mail_pb2.SendMessageRequest(source=source, last=True, send_at=FAR)))


async def of_held_letters(api: Api) -> Any:
    await api.scheduled.RescheduleScheduled(scheduled_pb2.RescheduleScheduledRequest(id="x", send_at=FAR))


async def of_the_queue(api: Api) -> Any:
    await api.queue.ListQueueEntries(queue_pb2.ListQueueEntriesRequest(accepted_before=FAR))


async def of_deletions(api: Api) -> Any:
    stub = recovery_pb2_grpc.RecoveryServiceStub(api.channel)
    await stub.RestorePeriod(recovery_pb2.RestorePeriodRequest(address=ADDRESS, deleted_from=FAR))


async def of_their_ends(api: Api) -> Any:
    stub = recovery_pb2_grpc.RecoveryServiceStub(api.channel)
    await stub.RestorePeriod(recovery_pb2.RestorePeriodRequest(address=ADDRESS, deleted_before=FAR))


async def of_matters(api: Api) -> Any:
    stub = matters_pb2_grpc.MatterServiceStub(api.channel)
    await stub.OpenMatter(matters_pb2.OpenMatterRequest(reason="x", address=ADDRESS, until=FAR))


async def of_matters_again(api: Api) -> Any:
    stub = matters_pb2_grpc.MatterServiceStub(api.channel)
    await stub.ChangeMatter(matters_pb2.ChangeMatterRequest(id="x", until=FAR))


ASKED = [
    (of_imports, "received_at"),
    (of_letters, "send_at"),
    (of_held_letters, "send_at"),
    (of_the_queue, "accepted_before"),
    (of_deletions, "deleted_from"),
    (of_their_ends, "deleted_before"),
    (of_matters, "until"),
    (of_matters_again, "until"),
]


@pytest.mark.parametrize(("ask", "field"), ASKED)
async def test_a_moment_of_no_year_is_refused_by_name(api: Api, owner: str, ask: Any, field: str) -> None:
    identity = await api.identity(owner, ADDRESS, administers="")
    with acting_as(identity), pytest.raises(InvalidInput) as refused, translated():
        await ask(api)
    assert refused.value.fields.keys() == {field}
