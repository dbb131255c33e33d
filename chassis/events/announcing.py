"""Announcing present state to one queue: a service that starts to listen later asks the owner, which answers in facts.

The newcomer's request lies in the owner's own queue `<source>.announce` until a worker of the owner writes it down; the
facts go page by page to the asking queue alone, and the owner remembers how far it is.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pymongo.errors import DuplicateKeyError

from chassis.blocking import run_blocking
from chassis.errors import InvalidInput
from chassis.events.leases import Lease, utc_now
from chassis.events.listening import Announcing, Hearing, Listener
from chassis.events.outbox import Fact
from chassis.events.publishing import Outgoing, Publisher, durable_queue

log = structlog.get_logger(__name__)
ASKED, ANNOUNCEMENTS = "asked", "announcing"
PAGE = 500
_LEASE_SECONDS = 30.0


def announce_queue_of(source: str) -> str:
    return f"{source}.announce"


class Announcer:
    """Publishes facts to one queue, whatever the exchange's bindings are."""

    def __init__(self, broker_url: str) -> None:
        self._publisher = Publisher(broker_url)
        self._one_at_a_time = asyncio.Lock()

    async def tell(self, queue: str, facts: Sequence[Fact]) -> None:
        """When this returns, the broker has them. Raises `Unavailable`."""
        async with self._one_at_a_time:
            await run_blocking(self._publisher.publish, [Outgoing("", queue, entry["body"]) for entry in facts])

    async def close(self) -> None:
        await run_blocking(self._publisher.close)


class Asking:
    """The newcomer's side: each queue asks each of its sources once."""

    def __init__(self, database: Any, broker_url: str) -> None:
        self._asked = database[ASKED]
        self._url = broker_url
        # Which are known to have asked: it is looked at every second.
        self._done: set[str] = set()

    async def ask(self, listener: Listener) -> None:
        """For each handler that wants present state and has not asked; its queue is there already."""
        for method, hearing in listener.declared():
            if isinstance(hearing, Hearing) and hearing.announced:
                for source in sorted({contract.source for contract in hearing.contracts}):
                    await self._once(listener.queue_of(method), source, hearing)

    async def _once(self, queue: str, source: str, hearing: Hearing) -> None:
        own = f"{queue}<{source}"
        if own in self._done:
            return
        if await self._asked.find_one({"_id": own}, {"_id": 1}) is not None:
            self._done.add(own)
            return
        types = sorted(contract.type for contract in hearing.contracts if contract.source == source)
        target = announce_queue_of(source)
        # Declared from this side too: the owner may never have run yet.
        publisher = Publisher(self._url, [durable_queue(target)])
        request = json.dumps({"queue": queue, "types": types})
        try:
            await run_blocking(publisher.publish, [Outgoing("", target, request)])
        finally:
            await run_blocking(publisher.close)
        await self._asked.update_one({"_id": own}, {"$set": {"at": utc_now()}}, upsert=True)


class Announcements:
    """The owner's side."""

    def __init__(self, service: str, database: Any, broker_url: str, listeners: Sequence[Listener]) -> None:
        self._wanted = database[ANNOUNCEMENTS]
        self._lease = Lease(database, f"{service}.announce", _LEASE_SECONDS)
        self._announcer = Announcer(broker_url)
        self._sources = [
            (method, listener, frozenset(contract.type for contract in declared.contracts))
            for listener in listeners
            for method, declared in listener.declared()
            if isinstance(declared, Announcing)
        ]

    @property
    def any(self) -> bool:
        return bool(self._sources)

    async def asked(self, body: bytes) -> None:
        """Write a request down; one that is no request is passed over."""
        try:
            queue, types = _request(body)
        except InvalidInput as error:
            log.error("announce_request_unreadable", error=str(error))
            return
        for method, _, offered in self._sources:
            if offered & types:
                wish = {"queue": queue, "method": method, "after": "", "at": utc_now()}
                try:
                    await self._wanted.insert_one({"_id": f"{queue}<{method}", **wish})
                except DuplicateKeyError:
                    await self._wanted.update_one({"_id": f"{queue}<{method}"}, {"$set": wish})

    async def fulfil(self) -> int:
        """Tell what was asked for, as far as this worker gets to do it; how many facts that were."""
        told = 0
        for wish in await self._wanted.find({"_id": {"$gt": ""}}).to_list(100):
            while await self._lease.hold():
                count, more = await self._page(wish)
                told += count
                if not more:
                    break
        return told

    async def close(self) -> None:
        await self._lease.release()
        await self._announcer.close()

    async def _page(self, wish: Mapping[str, Any]) -> tuple[int, bool]:
        found = await self._wanted.find_one({"_id": wish["_id"]})
        source = next((each for method, each, _ in self._sources if method == wish["method"]), None)
        if found is None or source is None:
            return 0, False
        facts, after = await getattr(source, wish["method"])(found["after"], PAGE)
        await self._announcer.tell(found["queue"], facts)
        unchanged = {"_id": found["_id"], "after": found["after"], "at": found["at"]}
        if after:
            await self._wanted.update_one(unchanged, {"$set": {"after": after}})
            return len(facts), True
        await self._wanted.delete_one(unchanged)
        return len(facts), False


def _request(body: bytes) -> tuple[str, frozenset[str]]:
    try:
        value = json.loads(body)
        queue, types = value["queue"], frozenset(value["types"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("Not a request to announce") from error
    if not isinstance(queue, str) or not queue:
        raise InvalidInput("A request to announce names a queue")
    return queue, types
