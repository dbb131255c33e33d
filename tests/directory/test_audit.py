"""The audit log: what it keeps, who reads it, and that whatever is done to it in the database is found."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from workspace.calendar.v1.events_pb2 import ActRecorded as CalendarActRecorded
from workspace.directory.v1 import audit_pb2 as pb
from workspace.directory.v1 import directory_pb2
from workspace.mail.v1.events_pb2 import ActRecorded as MailActRecorded

from chassis.chain import canonical, digest_of, hash_of
from chassis.documents import scans
from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.events import fact_as, parse_envelope
from services.calendar.usecases.facts import acted as calendar_acted
from services.directory.events import DirectoryEvents
from services.directory.usecases import facts
from services.directory.usecases.keep_acts import keep_checkpoint
from services.mail.usecases.facts import acted
from tests.directory.conftest import Land, Person, Stack

AUDITOR = directory_pb2.ROLE_AUDITOR


async def auditing(stack: Stack, by: Person, address: str, unit: str = "", over: str = "") -> Person:
    """An auditor of a unit; over all without."""
    roles = [directory_pb2.RoleGrant(role=AUDITOR, unit_id=over)]
    account = directory_pb2.Account(address=address, display_name="Auditeur", unit_id=unit, roles=roles)
    request = directory_pb2.CreateAccountRequest(account=account, password="correct horse battery")
    made = await stack.cli.accounts.CreateAccount(request, **by.said)
    return Person(made, await stack.log_in(address))


@pytest.fixture
async def auditor(stack: Stack, land: Land, administrator: Person) -> Person:
    return await auditing(stack, administrator, "audit@gouv.tg")


async def records(stack: Stack, by: Person, **search: Any) -> list[pb.AuditRecord]:
    await stack.keep_acts()
    found: list[pb.AuditRecord] = []
    token = ""
    for _ in range(50):
        request = pb.ListRecordsRequest(page_token=token, **{"page_size": 7, **search})
        answer = await stack.cli.audit.ListRecords(request, **by.said)
        found.extend(answer.records)
        token = answer.next_page_token
        if not token:
            return found
    raise AssertionError("the list does not end")


async def verified(stack: Stack, by: Person) -> list[tuple[int, str]]:
    answer = await stack.cli.audit.VerifyRecords(pb.VerifyRecordsRequest(), **by.said)
    assert answer.complete
    return [(finding.sequence, finding.kind) for finding in answer.findings]


async def exported(stack: Stack, by: Person) -> bytes:
    return b"".join([body.data async for body in stack.cli.audit.ExportRecords(pb.ExportRecordsRequest(), **by.said)])


async def test_privileged_acts_are_kept_with_who_what_and_whom(
    stack: Stack, land: Land, administrator: Person, auditor: Person
) -> None:
    agent = land.economy_agent.account
    await stack.cli.accounts.SuspendAccount(
        directory_pb2.SuspendAccountRequest(id=agent.id), **land.economy_administrator.said
    )
    agent.roles.append(directory_pb2.RoleGrant(role=directory_pb2.ROLE_HELP_DESK, unit_id=land.treasury.id))
    await stack.update(administrator, agent, "roles")
    found = await records(stack, auditor, target="Agent@economie.gouv.tg")
    assert [record.act for record in found] == ["update_account", "suspend_account", "create_account"]
    assert found[0].details["roles"] == f"none → help_desk over {land.treasury.id}"
    assert found[1].actor == "admin@economie.gouv.tg"
    assert found[1].actor_id == land.economy_administrator.account.id
    assert list(found[1].unit_path) == [land.economy.id, land.treasury.id]
    assert {record.outcome for record in found} == {"done"}
    everything = await records(stack, auditor)
    assert [record.sequence for record in everything] == list(range(len(everything), 0, -1))
    acts = {record.act for record in everything}
    assert acts >= {"create_first_administrator", "create_unit", "create_account", "log_in", "suspend_account"}
    assert not any(record.act == "log_in" and record.target == agent.address for record in everything)


async def test_an_act_is_kept_with_where_it_came_from_and_the_gateway_alone_is_believed(
    stack: Stack, land: Land, auditor: Person
) -> None:
    by = land.economy_administrator
    for caller, address in ((stack.gateway, "un@economie.gouv.tg"), (stack.cli, "deux@economie.gouv.tg")):
        account = directory_pb2.Account(address=address, display_name="Agent", unit_id=land.economy.id)
        metadata = (*by.said["metadata"], ("workspace-remote-address", "203.0.113.9"))
        await caller.accounts.CreateAccount(directory_pb2.CreateAccountRequest(account=account), metadata=metadata)
    (first,) = await records(stack, auditor, target="un@economie.gouv.tg")
    (second,) = await records(stack, auditor, target="deux@economie.gouv.tg")
    assert (first.remote_address, second.remote_address) == ("203.0.113.9", "")


async def test_refused_attempts_are_kept_even_where_the_target_does_not_exist_for_who_tried(
    stack: Stack, land: Land, auditor: Person
) -> None:
    by, other = land.economy_administrator, land.health_agent.account
    for _ in range(9):
        with pytest.raises(NotFound):
            await stack.cli.accounts.SuspendAccount(directory_pb2.SuspendAccountRequest(id=other.id), **by.said)
    with pytest.raises(Forbidden):
        await stack.cli.accounts.ListAccounts(directory_pb2.ListAccountsRequest(), **land.health_agent.said)
    with pytest.raises(NotFound):
        await stack.cli.accounts.SuspendAccount(directory_pb2.SuspendAccountRequest(id="nobody"), **by.said)
    found = await records(stack, auditor, act="suspend_account")
    # Repeating it in the same minute fills no log.
    assert [(record.outcome, record.target, record.actor) for record in found] == [
        ("refused", "agent@sante.gouv.tg", "admin@economie.gouv.tg")
    ] * 5
    (listing,) = await records(stack, auditor, act="list_accounts")
    assert (listing.outcome, listing.actor_id) == ("refused", other.id)


async def test_an_auditor_reads_of_its_units_only(
    stack: Stack, land: Land, administrator: Person, auditor: Person
) -> None:
    own = await auditing(stack, administrator, "audit@sante.gouv.tg", land.health.id, land.health.id)
    found = await records(stack, own)
    assert found
    assert all(land.health.id in record.unit_path for record in found)
    assert len(found) < len(await records(stack, auditor))
    assert await records(stack, own, target="agent@economie.gouv.tg") == []
    assert await records(stack, own, unit_id=land.health.id) == found
    with pytest.raises(NotFound):
        await records(stack, own, unit_id=land.economy.id)
    with pytest.raises(Forbidden):
        await verified(stack, own)
    for nobody in (land.health_agent, land.economy_administrator, administrator):
        with pytest.raises(Forbidden):
            await records(stack, nobody)
    lines = [json.loads(line) for line in (await exported(stack, own)).splitlines()]
    seen = [line for line in lines if "sequence" in line]
    assert {land.health.id in line["record"]["unit_path"] for line in seen if "record" in line} == {True}
    assert any("record" not in line for line in seen)


async def test_an_auditor_of_two_units_reads_both_in_one_order(stack: Stack, land: Land, administrator: Person) -> None:
    both = await auditing(stack, administrator, "audit@sante.gouv.tg", land.health.id, land.health.id)
    roles = [directory_pb2.RoleGrant(role=AUDITOR, unit_id=unit) for unit in (land.health.id, land.treasury.id)]
    await stack.update(administrator, directory_pb2.Account(id=both.account.id, roles=roles), "roles")
    both = Person(both.account, await stack.log_in(both.account.address))
    found = await records(stack, both, page_size=2)
    sequences = [record.sequence for record in found]
    assert sequences == sorted(set(sequences), reverse=True)
    units = {unit for record in found for unit in record.unit_path}
    assert units == {land.health.id, land.treasury.id, land.economy.id}
    assert all({land.health.id, land.treasury.id} & set(record.unit_path) for record in found)


async def test_records_are_searched_by_time_actor_act_and_target(stack: Stack, land: Land, auditor: Person) -> None:
    await stack.keep_acts()
    stack.clock.pass_by(days=3)
    middle = stack.clock()
    told = [
        facts.recorded("reset_credentials", f"t{number}", f"agent{number}@gouv.tg", (land.health.id,))
        for number in range(30)
    ]
    await stack.directory.acts.tell(told)
    every = await records(stack, auditor, page_size=500)
    assert await records(stack, auditor, page_size=1) == every
    (one,) = await records(stack, auditor, target="t7", act="reset_credentials")
    assert one.target == "agent7@gouv.tg"
    assert await records(stack, auditor, target="agent7@gouv.tg", act="create_unit") == []
    by_admin = await records(stack, auditor, actor="admin@gouv.tg", act="create_unit")
    assert [record.target for record in by_admin] == ["Trésor", "Santé", "Économie"]
    # The clock that kept them is three days ahead of when they were done.
    since = pb.ListRecordsRequest()
    since.since.FromDatetime(middle)
    assert await records(stack, auditor, since=since.since) == []
    # What was kept more than a day after the end that is asked for is not looked for any more.
    until = pb.ListRecordsRequest()
    for ahead, expected in ((0, len(every)), (2, len(every) - 30), (4, 0)):
        until.until.FromDatetime(middle - timedelta(days=ahead))
        assert len(await records(stack, auditor, until=until.until)) == expected
    for wrong in ("x", "bm90IG91cnM", "WyJyZWNvcmRzIiwiIiwiMSJd"):
        with pytest.raises(InvalidInput):
            await stack.cli.audit.ListRecords(pb.ListRecordsRequest(page_token=wrong), **auditor.said)


async def test_an_act_that_is_told_again_is_kept_once_whoever_keeps_it(stack: Stack, auditor: Person) -> None:
    for _ in range(3):
        await asyncio.gather(*(stack.keep_acts() for _ in range(3)))
    found = await records(stack, auditor, page_size=500)
    assert len({record.hash for record in found}) == len(found)
    assert await verified(stack, auditor) == []


Tampering = Callable[[Any], Awaitable[object]]


def altered(found: Any) -> Awaitable[object]:
    return found.update_one({"seq": 3}, {"$set": {"body": '{"act":"nothing"}'}})


def removed(found: Any) -> Awaitable[object]:
    return found.delete_one({"seq": 3})


def cut(found: Any) -> Awaitable[object]:
    return found.delete_many({"seq": {"$gt": 3}})


def emptied(found: Any) -> Awaitable[object]:
    return found.delete_many({"seq": {"$gt": 0}})


def found_otherwise(found: Any) -> Awaitable[object]:
    return found.update_one({"seq": 3}, {"$set": {"targets": ["somebody else"]}})


async def inserted(found: Any) -> None:
    last = [each async for each in found.find({"seq": {"$gt": 0}}).sort("seq", 1)][-1]
    await found.insert_one({**last, "_id": "another", "seq": last["seq"] + 1, "previous": last["hash"]})


async def exchanged(found: Any) -> None:
    for number, to in ((3, 900), (4, 3), (900, 4)):
        await found.update_one({"seq": number}, {"$set": {"seq": to}})


async def rewritten(found: Any) -> None:
    """By somebody who knows how the chain is made, and has no key."""
    previous = ""
    async for each in found.find({"seq": {"$gte": 3}}).sort("seq", 1):
        body = canonical({**json.loads(each["body"]), "actor": "somebody@else"})
        digest = digest_of(body)
        previous = previous or each["previous"]
        own = hash_of(each["seq"], previous, digest)
        actors = [json.loads(body)["actor_id"], "somebody@else"]
        change = {"body": body, "digest": digest, "previous": previous, "hash": own, "actors": actors}
        await found.update_one({"_id": each["_id"]}, {"$set": change})
        previous = own


@pytest.mark.parametrize("tamper", [altered, removed, cut, emptied, found_otherwise, inserted, exchanged, rewritten])
async def test_whatever_is_done_to_the_log_is_found(stack: Stack, auditor: Person, tamper: Tampering) -> None:
    await stack.keep_acts()
    assert await verified(stack, auditor) == []
    await tamper(stack.database["audit"])
    assert await verified(stack, auditor)


async def test_a_head_that_was_put_back_is_found_by_the_checkpoints(stack: Stack, auditor: Person) -> None:
    await stack.keep_acts()
    before = await stack.database["audit_heads"].find_one({"_id": "head"})
    await stack.directory.acts.tell([facts.recorded("reset_credentials", "t", "t@gouv.tg", ())])
    await stack.keep_acts()
    for _ in range(2):
        await keep_checkpoint(stack.directory)
    assert await stack.database["audit_checkpoints"].count_documents({"_id": {"$gt": 0}}) == 1
    await stack.database["audit"].delete_many({"seq": {"$gt": before["sequence"]}})
    await stack.database["audit_heads"].replace_one({"_id": "head"}, before)
    assert (before["sequence"] + 1, "cut") in await verified(stack, auditor)
    # A checkpoint that nobody of ours signed counts for nothing, and is told.
    await stack.database["audit_checkpoints"].update_many({"_id": {"$gt": 0}}, {"$set": {"signature": "A" * 86}})
    assert (before["sequence"] + 1, "forged") in await verified(stack, auditor)


async def test_a_long_log_is_verified_stretch_by_stretch(
    stack: Stack, auditor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.directory.usecases.verify_records.STRETCH", 4)
    await stack.keep_acts()

    async def all_of_it() -> list[int]:
        found: list[int] = []
        request = pb.VerifyRecordsRequest()
        for _ in range(20):
            answer = await stack.cli.audit.VerifyRecords(request, **auditor.said)
            found += [finding.sequence for finding in answer.findings]
            if answer.complete:
                return found
            request = pb.VerifyRecordsRequest(after_sequence=answer.last_sequence, after_hash=answer.last_hash)
        raise AssertionError("it does not end")

    assert await all_of_it() == []
    await stack.database["audit"].delete_many({"seq": {"$gt": 3, "$lt": 10}})
    assert 4 in await all_of_it()


async def test_every_search_has_an_index(stack: Stack, land: Land, administrator: Person, auditor: Person) -> None:
    await test_an_auditor_reads_of_its_units_only(stack, land, administrator, auditor)
    for search in ({"actor": "admin@gouv.tg"}, {"act": "log_in"}, {"target": "x"}, {"unit_id": land.health.id}):
        await records(stack, auditor, **search)
    await verified(stack, auditor)
    await keep_checkpoint(stack.directory)
    await exported(stack, auditor)
    assert {shape.split(" ")[0] for shape in stack.recorder.commands} >= {"audit", "audit_heads", "audit_checkpoints"}
    assert await scans(stack.database, stack.recorder) == []


async def test_what_administrators_do_to_mail_is_kept_once(stack: Stack, auditor: Person) -> None:
    entry = acted("rotate_signing_keys", "finances.gouv.tg", {"generation": "2"})
    envelope = parse_envelope(entry["body"])
    for _ in range(2):
        await DirectoryEvents(stack.directory).keep_acts_of_mail(fact_as(envelope, MailActRecorded), envelope)
    (record,) = await records(stack, auditor, act="rotate_signing_keys")
    assert (record.source, record.target, record.outcome) == ("mail", "finances.gouv.tg", "done")
    assert dict(record.details) == {"generation": "2"}
    assert await verified(stack, auditor) == []


async def test_what_is_done_to_rooms_is_kept_once_for_the_auditors_of_their_unit(
    stack: Stack, land: Land, auditor: Person
) -> None:
    entry = calendar_acted("create_resource", "room-1", "Salle Kara", [land.health.id], {"capacity": "12"})
    envelope = parse_envelope(entry["body"])
    for _ in range(2):
        fact = fact_as(envelope, CalendarActRecorded)
        await DirectoryEvents(stack.directory).keep_acts_of_calendar(fact, envelope)
    (record,) = await records(stack, auditor, act="create_resource", unit_id=land.health.id)
    assert (record.source, record.target, record.outcome) == ("calendar", "Salle Kara", "done")
    assert dict(record.details) == {"capacity": "12"}
