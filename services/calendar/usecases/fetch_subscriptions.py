"""Fetch what is due of what people subscribed to, and change in their calendars what changed there."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from chassis.blocking import run_blocking
from chassis.errors import NotFound, WorkspaceError
from chassis.outside import body, field
from services.calendar.domain.calendars import Calendar
from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.subscriptions import MAX_OCTETS, Subscription, Taken, take
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.discard_object import discard
from services.calendar.usecases.keep_object import computed, keep

log = structlog.get_logger(__name__)
# Servers that are asked at the same time; of each one, one thing.
SERVERS = 10
# Whoever fetches has it for so long; after that another one tries.
CLAIMED = timedelta(minutes=15)
# Objects of one transaction.
_BATCH = 50
_ACCEPT = "text/calendar, text/plain;q=0.5, */*;q=0.1"


class _Refused(Exception):
    """The server has nothing for us: what is said of that, and after how long it may be asked again."""

    def __init__(self, why: str, retry_after: timedelta = timedelta()) -> None:
        super().__init__(why)
        self.why, self.retry_after = why, retry_after


async def fetch_due(agenda: Agenda) -> int:
    """How many were asked for, until none is due. Several processes may: each subscription is claimed. A server that
    takes its time delays nobody but those who subscribed there."""
    count = 0
    under_way: dict[asyncio.Task[None], str] = {}
    try:
        while True:
            while len(under_way) < SERVERS and (subscription := await _claimed(agenda, under_way.values())):
                under_way[asyncio.create_task(_seen_to(agenda, subscription))] = subscription.host
                count += 1
            if not under_way:
                return count
            done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del under_way[task]
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _claimed(agenda: Agenda, busy: Collection[str]) -> Subscription | None:
    """One that is due and ours to fetch."""
    while (found := await agenda.subscriptions.due(agenda.now(), busy)) is not None:
        if await agenda.subscriptions.claim(found, agenda.now() + CLAIMED):
            return found
    return None


async def _seen_to(agenda: Agenda, subscription: Subscription) -> None:
    """What breaks here breaks for nobody else; it is tried again when the claim has ended."""
    try:
        await fetch(agenda, subscription)
    except Exception as error:
        log.error("subscription_broken", calendar=subscription.calendar, error=type(error).__name__)


async def fetch(agenda: Agenda, subscription: Subscription) -> None:
    """Once; what went wrong is told its owner. The address, which may be a secret, is in no log."""
    calendar = await agenda.calendars.find(subscription.calendar)
    if calendar is None or calendar.epoch != subscription.epoch:
        await agenda.subscriptions.remove(subscription.calendar)
        return
    owner = await agenda.people.by_id(subscription.owner)
    if owner is None or owner.suspended:
        await agenda.subscriptions.keep(replace(subscription, due_at=agenda.now() + timedelta(days=1)))
        return
    try:
        after = await _fetched(agenda, subscription, calendar)
    except _Refused as refused:
        after = subscription.failed(refused.why, agenda.now(), refused.retry_after)
    except WorkspaceError as error:
        after = subscription.failed(str(error), agenda.now())
    if after.error:
        log.info("subscription_failed", calendar=calendar.id, failures=after.failures, error=after.error)
    await agenda.subscriptions.keep(after)


async def _fetched(agenda: Agenda, subscription: Subscription, calendar: Calendar) -> Subscription:
    now = agenda.now()
    async with _asked(agenda, subscription) as response:
        if response.status == 304:
            return subscription.fetched(now, subscription.every)
        if response.status != 200:
            raise _Refused(f"The server answers {response.status}", _retry_after(field(response, b"retry-after")))
        octets = await body(response, MAX_OCTETS)
        said: dict[str, Any] = {
            "etag": field(response, b"etag")[:500],
            "last_modified": field(response, b"last-modified")[:100],
        }
    digest = hashlib.sha256(octets).hexdigest()
    if digest == subscription.digest:
        return replace(subscription.fetched(now, subscription.every), **said)
    # Reading 8 MiB takes seconds, for which others are not held up.
    taken = await run_blocking(take, octets, subscription)
    changed = await _changed(agenda, calendar, taken)
    after = replace(subscription.fetched(now, taken.every), digest=digest, skipped=taken.skipped, **said)
    return replace(after, changed_at=now) if changed else after


@asynccontextmanager
async def _asked(agenda: Agenda, subscription: Subscription) -> AsyncIterator[Any]:
    if agenda.outside is None:
        raise _Refused("This platform fetches nothing from outside")
    headers = {"Accept": _ACCEPT}
    if subscription.etag:
        headers["If-None-Match"] = subscription.etag
    if subscription.last_modified:
        headers["If-Modified-Since"] = subscription.last_modified
    async with agenda.outside.get(subscription.url, headers) as response:
        yield response


def _retry_after(given: str) -> timedelta:
    """In seconds (RFC 9110 §10.2.3); a date waits as any failure does."""
    return timedelta(seconds=int(given)) if given.isascii() and given.isdigit() and len(given) < 8 else timedelta()


async def _changed(agenda: Agenda, calendar: Calendar, taken: Taken) -> int:
    """How many objects came, changed or went: only those are written, and nobody's cursor moves for the rest."""
    known = {row.name: row.etag for row in await agenda.objects.rows(calendar.id)}
    new = [name for name, each in taken.objects.items() if known.get(name) != each.etag]
    # A file of which nothing can be read says nothing of what is gone.
    gone = [] if taken.skipped and not taken.objects else [name for name in known if name not in taken.objects]
    for start in range(0, len(new), _BATCH):
        await _put(agenda, calendar.id, {name: taken.objects[name] for name in new[start : start + _BATCH]})
    for start in range(0, len(gone), _BATCH):
        await _remove(agenda, calendar.id, gone[start : start + _BATCH])
    return len(new) + len(gone)


async def _put(agenda: Agenda, calendar_id: str, objects: dict[str, CalendarObject]) -> None:
    before = {each.name: each async for each in agenda.objects.named_all(calendar_id, list(objects))}

    async def act(calendar: Calendar, session: Any) -> None:
        for name, given in objects.items():
            # A number of its own each: a cursor may come to stand between two.
            present = await agenda.calendars.advance(calendar.id, session)
            stored = computed(agenda, present, name, given, before.get(name))
            await keep(agenda, present, stored, before.get(name), session)

    await agenda.calendars.changing(calendar_id, act)


async def _remove(agenda: Agenda, calendar_id: str, names: Sequence[str]) -> None:
    async def act(calendar: Calendar, session: Any) -> None:
        for name in names:
            present = await agenda.objects.named(calendar_id, name, session)
            if present is None:
                raise NotFound("It is gone")
            await discard(agenda, await agenda.calendars.advance(calendar.id, session), present, session)

    await agenda.calendars.changing(calendar_id, act)
