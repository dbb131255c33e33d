"""A person's data on lawful request: put together by every service, taken once, or erased."""

import asyncio
import io
import json
import secrets
import zipfile
from typing import Any

import pytest
from google.protobuf.message import Message
from workspace.calendar.v1.events_pb2 import PersonalDataErased as CalendarErased
from workspace.calendar.v1.events_pb2 import PersonalDataExported as CalendarExported
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import life_pb2 as pb
from workspace.mail.v1.events_pb2 import PersonalDataErased, PersonalDataExported

from chassis.documents import scans
from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.events import fact, fact_in, parse_envelope
from chassis.rpc import translated
from services.directory.events import DirectoryEvents
from tests.directory.conftest import PASSWORD, Land, Person, Stack

EXPORT, ERASURE = pb.PERSONAL_DATA_KIND_EXPORT, pb.PERSONAL_DATA_KIND_ERASURE


async def asked(stack: Stack, by: Person, who: Person, kind: int, reason: str = "loi 2019-014") -> Any:
    request = pb.CreatePersonalDataRequestRequest(account_id=who.account.id, kind=kind, reason=reason)
    return await stack.cli.personal.CreatePersonalDataRequest(request, **by.said)


async def seen(stack: Stack, by: Person, request: Any) -> Any:
    return await stack.cli.personal.GetPersonalDataRequest(pb.GetPersonalDataRequestRequest(id=request.id), **by.said)


async def heard(stack: Stack, request: Any, answer: Message | None = None) -> None:
    """What directory's worker does with a request, and with the others' answers; twice, as events may come."""
    events = DirectoryEvents(stack.directory)
    waiting = await stack.database["personal_requests"].find_one({"_id": request.id})
    envelope = parse_envelope(waiting["outbox"][0]["body"])
    handle = events.erase_personal_data if request.kind == ERASURE else events.export_personal_data
    for _ in range(2):
        await handle(fact_in(envelope), envelope)
        if answer is not None:
            told = parse_envelope(fact(answer, subject=request.id, version=1)["body"])
            await events.keep_personal_data(fact_in(told), told)
            own = _of_calendar(answer)
            told = parse_envelope(fact(own, subject=request.id, version=1)["body"])
            await events.keep_personal_data_of_calendar(fact_in(told), told)


def _of_calendar(answer: Any) -> Message:
    """What calendar answers to the same request."""
    said = {"request_id": answer.request_id, "account_id": answer.account_id}
    if isinstance(answer, PersonalDataErased):
        return CalendarErased(**said)
    return CalendarExported(**said, document=json.dumps({"calendars": [{"name": "agenda"}]}))


async def archive(stack: Stack, by: Person, request: Any) -> dict[str, Any]:
    wanted = pb.GetPersonalDataArchiveRequest(id=request.id)
    with translated():
        octets = b"".join([body.data async for body in stack.cli.personal.GetPersonalDataArchive(wanted, **by.said)])
    with zipfile.ZipFile(io.BytesIO(octets)) as whole:
        return {name: json.loads(whole.read(name)) for name in whole.namelist()}


async def test_an_export_is_put_together_by_all_services_and_taken_once(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    request = await asked(stack, by, agent, EXPORT)
    assert list(request.waiting_for) == ["directory", "mail", "calendar"]
    await heard(stack, request)
    with pytest.raises(PreconditionFailed):
        await archive(stack, by, request)
    document = json.dumps({"mailboxes": [{"name": "INBOX", "messages": 3}]})
    answer = PersonalDataExported(request_id=request.id, account_id=agent.account.id, document=document)
    await heard(stack, request, answer)
    assert not (await seen(stack, by, request)).waiting_for
    for other in (land.health_administrator, agent):
        with pytest.raises((NotFound, Forbidden)):
            await archive(stack, other, request)
    found = await archive(stack, by, request)
    assert found["mail.json"]["mailboxes"][0]["messages"] == 3
    assert found["directory.json"]["accounts"][0]["address"] == agent.account.address
    assert found["directory.json"]["sessions"]
    assert found["calendar.json"]["calendars"] == [{"name": "agenda"}]
    text = json.dumps(found)
    assert "argon2" not in text
    assert "seed" not in text
    with pytest.raises(PreconditionFailed):
        await archive(stack, by, request)
    assert await stack.database["personal_parts"].count_documents({"_id": {"$gt": ""}}) == 0


async def test_a_download_that_breaks_off_was_none(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    request = await asked(stack, by, agent, EXPORT)
    # More than HTTP/2 takes for somebody who does not read.
    noise = json.dumps(secrets.token_hex(4_000_000))
    answer = PersonalDataExported(request_id=request.id, account_id=agent.account.id, document=noise)
    await heard(stack, request, answer)
    wanted = pb.GetPersonalDataArchiveRequest(id=request.id)
    call = stack.cli.personal.GetPersonalDataArchive(wanted, **by.said)
    await call.read()
    call.cancel()
    async with asyncio.timeout(20):
        while (await seen(stack, by, request)).taken:
            await asyncio.sleep(0.02)
    assert (await archive(stack, by, request))["mail.json"]


async def test_an_erasure_deletes_the_account_and_is_answered_by_all(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    with pytest.raises(PreconditionFailed):
        await asked(stack, by, agent, ERASURE)
    await stack.cli.accounts.SuspendAccount(directory_pb2.SuspendAccountRequest(id=agent.account.id), **by.said)
    request = await asked(stack, by, agent, ERASURE)
    answer = PersonalDataErased(request_id=request.id, account_id=agent.account.id, mailboxes=6, messages=12)
    await heard(stack, request, answer)
    done = await seen(stack, by, request)
    assert not done.waiting_for
    assert done.answers["mail"] == "6 mailboxes with 12 messages erased"
    with pytest.raises(NotFound):
        await stack.cli.accounts.GetAccount(directory_pb2.GetAccountRequest(id=agent.account.id), **by.said)
    with pytest.raises(AlreadyExists):
        await stack.person(by, agent.account.address, land.treasury.id)
    for collection in ("sessions", "accounts"):
        left = [each async for each in stack.database[collection].find({"_id": {"$gt": ""}})]
        assert agent.account.id not in repr(left)


async def test_nobody_asks_for_the_data_of_whom_it_may_not_change(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    higher = await stack.person(administrator, "national@economie.gouv.tg", land.economy.id, administers="")
    for call, error in (
        (asked(stack, by, land.health_agent, EXPORT), NotFound),
        (asked(stack, by, higher, EXPORT), Forbidden),
        (asked(stack, agent, agent, EXPORT), Forbidden),
        (asked(stack, by, by, ERASURE), PreconditionFailed),
        (asked(stack, by, agent, EXPORT, reason=""), InvalidInput),
        (asked(stack, by, agent, 0), InvalidInput),
    ):
        with pytest.raises(error):
            await call
    assert (await stack.log_in(agent.account.address, PASSWORD)).access_token


async def test_every_query_of_personal_data_has_an_index(stack: Stack, land: Land) -> None:
    await test_an_export_is_put_together_by_all_services_and_taken_once(stack, land)
    await test_an_erasure_deletes_the_account_and_is_answered_by_all(stack, land)
    assert "personal_requests" in {shape.split(" ")[0] for shape in stack.recorder.commands}
    assert await scans(stack.database, stack.recorder) == []
