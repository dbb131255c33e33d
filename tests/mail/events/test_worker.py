"""Mail's worker as a process of its own: what it hears, what it publishes, what a SIGKILL leaves."""

import base64
import os
import signal
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr
from workspace.directory.v1 import events_pb2

from chassis.ids import new_id
from chassis.people import People
from services.mail.domain.envelope import Delivery, Recipient
from services.mail.known_people import KnownPeople
from services.mail.usecases import append, create_mailbox, delete_mailbox, deliver, find_mailbox, store_source
from tests.mail.events.conftest import NAMES, Worker
from tests.mail.house import chunked, letter


async def test_an_account_that_is_created_gets_its_mailboxes_once(worker: Worker) -> None:
    worker.start()
    owner = new_id()

    async def made() -> bool:
        return await worker.mailboxes(owner) == NAMES

    await worker.until(worker.ready)
    worker.tell(owner, "agent1@numerique.gouv.tg")
    await worker.until(made)
    before = await find_mailbox(worker.mail, owner, "INBOX")
    worker.tell(owner, "agent1@numerique.gouv.tg")
    other = new_id()
    worker.tell(other, "agent2@sante.gouv.tg")

    async def passed() -> bool:
        return await worker.mailboxes(other) == NAMES

    await worker.until(passed)
    assert await worker.mailboxes(owner) == NAMES
    assert await find_mailbox(worker.mail, owner, "INBOX") == before
    assert worker.end() == 0


async def test_an_old_fact_of_a_person_undoes_no_newer_one(worker: Worker) -> None:
    worker.start()
    owner, people = new_id(), People(worker.database)

    async def known() -> bool:
        return await people.by_address("new@numerique.gouv.tg") is not None

    await worker.until(worker.ready)
    worker.tell(owner, "new@numerique.gouv.tg", version=5, kind=events_pb2.AccountChanged)
    await worker.until(known)
    worker.tell(owner, "old@numerique.gouv.tg", version=4, kind=events_pb2.AccountChanged)
    worker.tell(owner, "suspended@numerique.gouv.tg", version=6, kind=events_pb2.AccountSuspended)

    async def suspended() -> bool:
        return await people.by_address("suspended@numerique.gouv.tg") is not None

    await worker.until(suspended)
    assert await people.by_address("old@numerique.gouv.tg") is None
    assert await people.by_address("new@numerique.gouv.tg") is None


async def test_an_address_that_passes_to_another_account_is_followed_within_seconds(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KnownPeople, "SECONDS", 0.3)
    worker.start()
    await worker.until(worker.ready)
    first, second = new_id(), new_id()

    async def receives(account: str) -> bool:
        found = await worker.mail.people.by_address("directeur@numerique.gouv.tg")
        return found is not None and found.account_id == account

    worker.tell(first, "directeur@numerique.gouv.tg", version=1, kind=events_pb2.AccountChanged)
    await worker.until(partial(receives, first))
    worker.tell(first, "ancien@numerique.gouv.tg", version=2, kind=events_pb2.AccountChanged)
    worker.tell(second, "directeur@numerique.gouv.tg", version=1, kind=events_pb2.AccountChanged)
    await worker.until(partial(receives, second))


async def test_what_was_delivered_is_published_even_after_a_kill(worker: Worker, heard: Any) -> None:
    owner, count = new_id(), 30
    to = [Delivery(Recipient(owner, "agent1@numerique.gouv.tg"))]
    worker.start()
    uids = []
    for number in range(count):
        content = await store_source(worker.mail, chunked(letter(f"Note {number}")))
        (outcome,) = await deliver(worker.mail, sender="a@example.org", content=content, deliveries=to)
        uids.append(outcome.uid)
        if number == count // 2:
            worker.end(signal.SIGKILL)
            worker.start()

    async def published() -> bool:
        return await worker.database["messages"].count_documents({"pending": 1}) == 0

    await worker.until(published)
    received = [envelope for envelope in heard() if envelope.type == "message_received"]
    told = {envelope.id: envelope for envelope in received}
    assert sorted(envelope.version for envelope in told.values()) == list(range(2, count + 2))
    assert {tuple(envelope.audience) for envelope in told.values()} == {(owner,)}
    assert uids == list(range(1, count + 1))


async def test_what_is_left_of_a_deleted_mailbox_goes(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = new_id()
    box = await create_mailbox(worker.mail, owner, "Dossiers")
    await append(worker.mail, owner, box.id, await store_source(worker.mail, chunked(letter())))

    async def dying(*args: object, **named: object) -> None:
        raise ConnectionResetError("the process dies here")

    with monkeypatch.context() as dead:
        dead.setattr(worker.mail.store.messages, "some_in", dying)
        with pytest.raises(ConnectionResetError):
            await delete_mailbox(worker.mail, owner, box.id)
    assert await worker.database["messages"].count_documents({"owner": owner}) == 1
    worker.start()

    async def cleared() -> bool:
        left = await worker.database["messages"].count_documents({"owner": owner})
        buried = await worker.database["mailboxes"].count_documents({"owner": owner, "deleted": True})
        return left == buried == 0

    await worker.until(cleared)
    assert await worker.database["recoverable"].count_documents({"owner": owner}) == 1


async def test_blobs_come_under_the_newest_key(worker: Worker) -> None:
    content = await store_source(worker.mail, chunked(letter()))
    keys = f"k2:{base64.b64encode(os.urandom(32)).decode()},{worker.settings.service_keys.get_secret_value()}"
    worker.settings = worker.settings.model_copy(update={"service_keys": SecretStr(keys)})
    worker.start()

    async def wrapped_anew() -> bool:
        record = await worker.database["blobs"].find_one({"_id": content.blob})
        return record["key_id"] == "k2"

    await worker.until(wrapped_anew)
