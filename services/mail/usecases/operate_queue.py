"""What operators do to letters that wait to leave. Each act stands in the audit log with the change itself."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from chassis.errors import Conflict, NotFound
from chassis.identity import current_identity
from services.mail.domain.queue import failed, moment
from services.mail.store.queue_view import Destination, Seen, Wanted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted

_TAKEN_OUT = failed("5.7.1", "An operator took it out of the queue")


async def list_queue(mail: Mail, wanted: Wanted, after: str, count: int) -> list[Seen]:
    return await mail.store.queue_view.page(wanted, after, count)


async def list_destinations(mail: Mail) -> list[Destination]:
    return await mail.store.queue_view.destinations()


async def find_queued(mail: Mail, id_: str) -> Seen:
    """Raises `NotFound` for what is not in the queue, or left it."""
    seen = await mail.store.queue_view.find(id_)
    if seen is None:
        raise NotFound("Nothing in the queue has this id")
    return seen


async def hold_queued(mail: Mail, id_: str) -> Seen:
    """Raises `NotFound`, and `Conflict` while it is being tried."""
    seen = await find_queued(mail, id_)
    if seen.entry.held is not None:
        return seen
    now, by = moment(mail.now()), current_identity().account_id
    await _change(mail, "hold_letter", seen, lambda told: mail.store.queue_view.hold(seen, now, by, told))
    return await find_queued(mail, id_)


async def release_queued(mail: Mail, id_: str) -> Seen:
    """Raises `NotFound`."""
    seen = await find_queued(mail, id_)
    if seen.entry.held is None:
        return seen
    now = moment(mail.now())
    await _change(mail, "release_letter", seen, lambda told: mail.store.queue_view.try_at(seen, now, told))
    return await find_queued(mail, id_)


async def retry_queued(mail: Mail, id_: str) -> Seen:
    """What is held stays held. Raises `NotFound`, and `Conflict` while it is held or being tried."""
    seen = await find_queued(mail, id_)
    if seen.entry.held is not None:
        raise Conflict("It is held; release it")
    now = moment(mail.now())
    await _change(mail, "retry_letter", seen, lambda told: mail.store.queue_view.try_at(seen, now, told))
    return await find_queued(mail, id_)


async def drop_queued(mail: Mail, id_: str, *, tell_sender: bool) -> None:
    """Raises `NotFound`, and `Conflict` while it is being tried."""
    seen, now = await find_queued(mail, id_), moment(mail.now())

    async def change(told: Sequence[Any]) -> bool:
        if tell_sender:
            return await mail.store.queue_view.fail(seen, _TAKEN_OUT, now, told)
        return await mail.store.queue_view.end(seen, now, told)

    await _change(mail, "drop_letter", seen, change, sender_told="yes" if tell_sender else "no")


async def _change(
    mail: Mail, act: str, seen: Seen, change: Callable[[Sequence[Any]], Awaitable[bool]], **details: str
) -> None:
    entry = seen.entry
    if being_tried(mail, seen):
        raise Conflict("It is being tried now; come again in a moment")
    about = {"sender": entry.sender, "domain": entry.domain, "recipients": str(len(entry.recipients)), **details}
    if not await change([acted(act, seen.id, about)]):
        raise Conflict("It changed meanwhile; look again")


def being_tried(mail: Mail, seen: Seen) -> bool:
    """A relay that let its claim run out is dead."""
    return seen.claimed and seen.entry.due > mail.now()
