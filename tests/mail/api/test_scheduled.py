"""Letters for later as the web front end sends, lists and takes them back."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from grpc import StatusCode
from grpc.aio import AioRpcError
from workspace.mail.v1 import mail_pb2
from workspace.mail.v1 import scheduled_pb2 as pb

from chassis.errors import NotFound
from chassis.identity import acting_as
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

OWNER = "01AGENT1"


async def sent(api: Api, **when: Any) -> mail_pb2.Submission:
    async def requests() -> AsyncIterator[mail_pb2.SendMessageRequest]:
        source = HttpBody(data=letter(To="b@example.org"))
        yield mail_pb2.SendMessageRequest(source=source, last=True, **when)

    with acting_as(await api.identity(OWNER)):
        return await api.messages.SendMessage(requests())


async def listed(api: Api, owner: str = OWNER) -> list[pb.ScheduledMessage]:
    with acting_as(await api.identity(owner)):
        return list((await api.scheduled.ListScheduled(pb.ListScheduledRequest())).messages)


async def test_it_is_listed_given_another_time_and_taken_back(api: Api, house: House) -> None:
    at = house.clock() + timedelta(days=2)
    submission = await sent(api, send_at=at)
    assert submission.send_at.ToDatetime(UTC) == at
    (waiting,) = await listed(api)
    assert (waiting.id, waiting.subject, waiting.recipients) == (submission.id, "Note", ["b@example.org"])
    assert waiting.send_at.ToDatetime(UTC) == at
    with acting_as(await api.identity(OWNER)):
        later = at + timedelta(days=1)
        request = pb.RescheduleScheduledRequest(id=submission.id, send_at=later)
        assert (await api.scheduled.RescheduleScheduled(request)).send_at.ToDatetime(UTC) == later
        draft = await api.scheduled.CancelScheduled(pb.CancelScheduledRequest(id=submission.id))
        found = await api.messages.GetMessage(mail_pb2.GetMessageRequest(id=draft.message_id))
        assert (found.subject, sorted(found.flags)) == ("Note", ["\\Draft", "\\Seen"])
        with pytest.raises(NotFound):
            await api.scheduled.CancelScheduled(pb.CancelScheduledRequest(id=submission.id))
    assert await listed(api) == []


async def test_a_short_hold_is_for_taking_it_back(api: Api, house: House) -> None:
    submission = await sent(api, hold_seconds=20)
    assert submission.send_at.ToDatetime(UTC) == house.clock() + timedelta(seconds=20)
    assert house.queued.entries == []
    assert not (await sent(api)).HasField("send_at")
    assert len(house.queued.entries) == 1


async def test_another_accounts_is_as_what_does_not_exist(api: Api, house: House) -> None:
    submission = await sent(api, hold_seconds=20)
    assert await listed(api, "01AGENT2") == []
    told = set()
    with acting_as(await api.identity("01AGENT2")):
        for name in (submission.id, "01NOBODYS"):
            for call, request in (
                (api.scheduled.CancelScheduled, pb.CancelScheduledRequest(id=name)),
                (api.scheduled.RescheduleScheduled, pb.RescheduleScheduledRequest(id=name)),
            ):
                with pytest.raises(NotFound) as error:
                    await call(request)
                told.add(str(error.value))
    assert len(told) == 1
    assert len(await listed(api)) == 1


@pytest.mark.parametrize(
    "when", [{"hold_seconds": -1}, {"hold_seconds": 121}, {"send_at": 0}, {"send_at": 61 * 86400 + time.time()}]
)
async def test_times_that_are_none(api: Api, when: dict[str, Any]) -> None:
    if "send_at" in when:
        when = {"send_at": {"seconds": int(when["send_at"])}}
    with pytest.raises(AioRpcError) as error:
        await sent(api, **when)
    assert error.value.code() is StatusCode.INVALID_ARGUMENT
    assert await listed(api) == []
