"""What mail's worker does when somebody leaves, as directory's facts tell it: late, twice, and across a SIGKILL."""

import signal
from typing import Any

from workspace.directory.v1 import events_pb2
from workspace.directory.v1.events_pb2 import MailboxHandedOver

from chassis.events import fact
from chassis.events.publishing import Outgoing, Publisher, events_exchange
from chassis.ids import new_id
from services.mail.domain.envelope import Delivery, Recipient
from services.mail.domain.uids import ALL
from services.mail.usecases import append, copy, deliver, find_mailbox, list_messages, store_source
from tests.mail.events.conftest import NAMES, Worker
from tests.mail.house import chunked, letter

ADDRESS = "agent1@finances.gouv.tg"
INBOX = f"Boîte de {ADDRESS}/INBOX"


def hand_over(worker: Worker, account: str, successor: str, version: int) -> None:
    """Publish directory's fact of it."""
    entry = fact(MailboxHandedOver(account_id=account, successor_id=successor), subject=account, version=version)
    publisher = Publisher(worker.settings.broker_url, [events_exchange("directory")])
    publisher.publish([Outgoing("directory.events", entry["type"], entry["body"])])
    publisher.close()


async def subjects(worker: Worker, owner: str, mailbox: str) -> list[str]:
    box = await worker.mail.store.mailboxes.named(owner, mailbox)
    if box is None:
        return []
    return [each.subject for each in (await list_messages(worker.mail, owner, box.id, count=5000)).messages]


async def arrive(worker: Worker, owner: str, subject: str) -> None:
    content = await store_source(worker.mail, chunked(letter(subject)))
    to = [Delivery(Recipient(owner, ADDRESS))]
    await deliver(worker.mail, sender="citoyen@example.org", content=content, deliveries=to)


async def test_a_successor_gets_all_of_it_once_even_after_kills(worker: Worker, heard: Any) -> None:
    left, successor = new_id(), new_id()
    inbox = await find_mailbox(worker.mail, left, "INBOX")
    await append(worker.mail, left, inbox.id, await store_source(worker.mail, chunked(letter("Une"))))
    for _ in range(9):
        await copy(worker.mail, left, inbox.id, ALL, inbox.id)

    async def given() -> int:
        box = await worker.mail.store.mailboxes.named(successor, INBOX)
        return box.messages if box else 0

    async def begun() -> bool:
        return await given() > 0

    async def whole() -> bool:
        return await given() == 512

    worker.start()
    await worker.until(worker.ready)
    # Told of twice, and before the two accounts themselves.
    for _ in range(2):
        hand_over(worker, left, successor, 5)
    worker.tell(left, ADDRESS, version=4, kind=events_pb2.AccountSuspended)
    worker.tell(successor, "agent2@finances.gouv.tg")
    await worker.until(begun)
    worker.end(signal.SIGKILL)
    # As if what the dead one had taken had fallen free already: its round, and this hand-over.
    now = worker.mail.now()
    await worker.database["leases"].update_one({"_id": "mail.hand_over.turns"}, {"$set": {"until": now}})
    await worker.database["handovers"].update_one({"_id": left}, {"$set": {"due": now}})
    worker.start()
    await worker.until(whole)
    hand_over(worker, left, successor, 5)
    await arrive(worker, left, "Plus tard")

    async def followed() -> bool:
        return "Plus tard" in await subjects(worker, successor, INBOX)

    await worker.until(followed)
    assert await given() == 513
    hand_over(worker, left, "", 6)
    hand_over(worker, left, successor, 5)

    async def undone() -> bool:
        kept = await worker.database["handovers"].find_one({"_id": left})
        return kept["version"] == 6 and "due" not in kept

    await worker.until(undone)
    await arrive(worker, left, "Encore")
    assert len(await subjects(worker, left, "INBOX")) == 514
    assert await given() == 513

    async def published() -> bool:
        return await worker.database["messages"].count_documents({"pending": 1}) == 0

    await worker.until(published)
    told = {envelope.id: envelope for envelope in heard() if envelope.type == "message_handed_over"}
    assert {tuple(envelope.audience) for envelope in told.values()} == {(successor,)}
    assert len(told) == 3
    assert worker.end() == 0


async def test_the_mail_of_a_deleted_account_is_erased_and_not_opened_again(worker: Worker) -> None:
    left, other = new_id(), new_id()
    worker.start()
    await worker.until(worker.ready)
    worker.tell(left, ADDRESS, version=1)
    worker.tell(other, "agent2@finances.gouv.tg")

    async def both() -> bool:
        return await worker.mailboxes(left) == NAMES and await worker.mailboxes(other) == NAMES

    await worker.until(both)
    for owner in (left, other):
        await arrive(worker, owner, "Une")
    for _ in range(2):
        worker.tell(left, ADDRESS, version=9, kind=events_pb2.AccountDeleted)

    async def gone() -> bool:
        mailboxes = await worker.database["mailboxes"].count_documents({"owner": left})
        return mailboxes + await worker.database["messages"].count_documents({"owner": left}) == 0

    await worker.until(gone)
    # What was told of before it comes after it.
    worker.tell(left, ADDRESS, version=1)
    hand_over(worker, left, other, 8)

    async def forgotten() -> bool:
        kept = await worker.database["handovers"].find_one({"_id": left})
        return kept is None and await worker.database["erasures"].find_one({"_id": left}) is not None

    third = new_id()
    worker.tell(third, "agent3@finances.gouv.tg")

    async def passed() -> bool:
        return await worker.mailboxes(third) == NAMES

    await worker.until(passed)
    await worker.until(forgotten)
    assert await gone()
    assert await subjects(worker, other, "INBOX") == ["Une"]
    assert await worker.mailboxes(other) == NAMES
    assert worker.end() == 0
