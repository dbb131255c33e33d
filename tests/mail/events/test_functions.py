"""A function's mailboxes follow directory's facts, in a worker as it runs."""

from typing import Any

from workspace.directory.v1 import events_pb2

from chassis.events import fact
from chassis.events.publishing import Outgoing, Publisher, events_exchange
from services.mail.usecases.shared_mailboxes import shared_mailboxes
from tests.mail.events.conftest import NAMES, Worker

FUNCTION, FIRST, SECOND = "01JFUNCTION000000000000001", "01JACCOUNT0000000000000001", "01JACCOUNT0000000000000002"


def assigned(worker: Worker, version: int, *holders: str) -> None:
    message = events_pb2.FunctionAssigned(
        function_id=FUNCTION, address="courrier@sante.gouv.tg", holder_ids=holders, own_mailbox=True
    )
    entry = fact(message, subject=FUNCTION, version=version)
    publisher = Publisher(worker.settings.broker_url, [events_exchange("directory")])
    publisher.publish([Outgoing("directory.events", entry["type"], entry["body"])])
    publisher.close()


async def test_a_function_is_given_mailboxes_and_they_pass_from_holder_to_holder(worker: Worker, heard: Any) -> None:
    worker.start()
    await worker.until(worker.ready)
    assigned(worker, 2, FIRST)

    async def made() -> bool:
        return await worker.mailboxes(FUNCTION) == NAMES

    await worker.until(made)
    assert len(await shared_mailboxes(worker.mail, FIRST)) == len(NAMES)
    assigned(worker, 1, SECOND)  # older than what is known
    assigned(worker, 3, SECOND)

    async def passed() -> bool:
        return len(await shared_mailboxes(worker.mail, SECOND)) == len(NAMES)

    await worker.until(passed)
    assert await shared_mailboxes(worker.mail, FIRST) == []
    told: list[Any] = []

    async def all_told() -> bool:
        told.extend(each for each in heard() if each.type == "sharing_changed")
        return any(SECOND in each.audience for each in told)

    await worker.until(all_told)
    assert all(FUNCTION in each.audience for each in told)
