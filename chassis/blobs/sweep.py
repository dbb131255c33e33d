"""Reclaiming: blobs that no document names, objects that no record names, keys that are being replaced."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from ulid import ULID

from chassis.blobs.bucket import Bucket
from chassis.blobs.keys import KeyRing
from chassis.blobs.records import Record, now, record_of

log = structlog.get_logger(__name__)

GRACE = timedelta(days=2)
AT_ONCE = 200
# The document that remembers how far the objects have been compared with the records.
_POSITION = "position of the sweep"

StillNamed = Callable[[Sequence[str]], Awaitable[set[str]]]


class Sweeper:
    """The rounds that a service's worker makes over its blobs, one process at a time (a leased timer)."""

    def __init__(self, records: Any, objects: Bucket, keys: KeyRing) -> None:
        self._records = records
        self._objects = objects
        self._keys = keys

    async def sweep(self, still_named: StillNamed, grace: timedelta = GRACE) -> int:
        """Remove blobs untouched for `grace` that `still_named` does not return; how many went.

        `still_named` gets addresses and returns those that a document names. A blob that is put or touched meanwhile
        stays: the removal of its record is conditional on the time of its last touch. What is named is looked at
        again after another grace time.
        """
        before = now() - grace
        removed = 0
        while True:
            found = [record_of(item) async for item in self._records.find({"touched": {"$lt": before}}).limit(AT_ONCE)]
            if not found:
                return removed
            named = await still_named([record.address for record in found])
            if named:
                await self._records.update_many(
                    {"_id": {"$in": sorted(named)}, "touched": {"$lt": before}}, {"$set": {"touched": now()}}
                )
            gone = [record for record in found if record.address not in named and await self._claimed(record)]
            if gone:
                # A crash here leaves objects without record: `sweep_objects` finds them.
                await self._objects.remove_all([record.object for record in gone])
            removed += len(gone)

    async def _claimed(self, record: Record) -> bool:
        result = await self._records.delete_one({"_id": record.address, "touched": record.touched})
        return bool(result.deleted_count)

    async def sweep_objects(self, grace: timedelta = GRACE, pages: int = 100) -> int:
        """Remove objects older than `grace` that no record names (a crash between the two); how many went.

        Looks at `pages` thousand objects, going on where the last round ended, from the beginning again after the end.
        Names sort by the time of their making, so what is younger than `grace` is the end.
        """
        until = str(ULID.from_datetime(now() - grace))
        kept = await self._records.find_one({"_id": _POSITION})
        position, removed = (kept or {}).get("after", ""), 0
        for _ in range(pages):
            names = [name for name in await self._objects.list_after(position) if name < until]
            recorded = {item["object"] async for item in self._records.find({"object": {"$in": names}}, {"object": 1})}
            orphans = [name for name in names if name not in recorded]
            if orphans:
                log.warning("blob_orphans", count=len(orphans))
                await self._objects.remove_all(orphans)
            removed += len(orphans)
            position = names[-1] if names else ""
            await self._records.update_one({"_id": _POSITION}, {"$set": {"after": position}}, upsert=True)
            if not position:
                break
        return removed

    async def rewrap(self) -> int:
        """Wrap every data key under the sealing service key, after which the others can be dropped; how many."""
        count = 0
        while self._keys.retired_ids:
            retired = {"key_id": {"$in": self._keys.retired_ids}}
            found = [record_of(item) async for item in self._records.find(retired).limit(AT_ONCE)]
            if not found:
                return count
            for record in found:
                wrapped = self._keys.wrap(record.data_key(self._keys), record.bound_to)
                await self._records.update_one(
                    {"_id": record.address, "key_id": record.key_id},
                    {"$set": {"key_id": self._keys.sealing_id, "key": wrapped}},
                )
            count += len(found)
        return count
