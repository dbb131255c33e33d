"""Whose mailboxes are nearly full finds a letter about it, which the worker wrote when it heard of that."""

from dataclasses import replace

from chassis.ids import new_id
from services.mail.domain.options import Options
from services.mail.domain.quota import Quota
from services.mail.usecases import append, find_mailbox, store_source
from tests.mail.events.conftest import NAMES, Worker
from tests.mail.house import chunked, letter


async def test_the_owner_finds_a_letter_about_it(worker: Worker) -> None:
    owner = new_id()
    mail = replace(worker.mail, options=Options(quota=Quota(messages=1)))
    worker.start()
    await worker.until(worker.ready)
    worker.tell(owner, "agent1@numerique.gouv.tg")

    async def made() -> bool:
        return await worker.mailboxes(owner) == NAMES

    await worker.until(made)
    archive = await find_mailbox(mail, owner, "Archive")
    await append(mail, owner, archive.id, await store_source(mail, chunked(letter("Seul"))))

    async def told() -> bool:
        return (await find_mailbox(mail, owner, "INBOX")).messages == 1

    await worker.until(told)
    (found,) = await worker.database["messages"].find({"owner": owner, "subject": {"$ne": "Seul"}}).to_list(5)
    assert found["subject"] == "Votre boîte est presque pleine / Your mailbox is nearly full"
    assert worker.end() == 0
