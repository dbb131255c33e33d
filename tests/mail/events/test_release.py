"""The worker sends what was held when its time has come."""

from datetime import UTC, datetime, timedelta

from chassis.ids import new_id
from services.mail.domain.envelope import Sender
from services.mail.usecases import list_messages, send
from services.mail.usecases.hold import list_held
from tests.mail.events.conftest import NAMES, Worker
from tests.mail.house import chunked, letter

ADDRESS = "agent1@numerique.gouv.tg"


async def test_a_letter_that_was_held_leaves(worker: Worker) -> None:
    owner = new_id()
    worker.start()
    await worker.until(worker.ready)
    worker.tell(owner, ADDRESS)

    async def known() -> bool:
        return await worker.mailboxes(owner) == NAMES and await worker.mail.people.by_address(ADDRESS) is not None

    await worker.until(known)
    at = datetime.now(UTC) + timedelta(seconds=0.5)
    await send(worker.mail, Sender(owner, ADDRESS), chunked(letter("Plus tard", To=ADDRESS)), release_at=at)
    assert len(await list_held(worker.mail, owner)) == 1

    async def subjects(mailbox: str) -> list[str]:
        box = await worker.mail.store.mailboxes.named(owner, mailbox)
        assert box is not None
        return [each.subject for each in (await list_messages(worker.mail, owner, box.id, count=10)).messages]

    async def gone() -> bool:
        return not await list_held(worker.mail, owner) and await subjects("INBOX") != []

    await worker.until(gone)
    assert await subjects("INBOX") == await subjects("Sent") == ["Plus tard"]
