"""Rooms and equipment as documents, and what was asked of each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, Index
from chassis.errors import AlreadyExists, Conflict, NotFound
from chassis.events import Fact, outbox_index, with_facts
from services.calendar.domain.resources.deciding import Reason, State
from services.calendar.domain.resources.resource import Kind, OnClash, Policy, Resource, Shown, folded
from services.calendar.store.hours import hours_document, hours_of

NO_RESOURCE = "There is no such resource"
# Whatever is searched by, every resource has it.
EVERYTHING = "*"
AT_ONCE = 200
# Of a word, in the index; what follows is compared in what it finds.
LONGEST_BEGINNING = 12


@dataclass(frozen=True)
class Booking:
    """What a resource answered to a meeting, by the meeting's UID; `asked` is a digest of the message that it answered.
    `declined`: instances, by their start, of a series that it has otherwise."""

    owner: str
    id: str
    uid: str
    sequence: int
    stamp: int
    state: State
    asked: str
    account_id: str
    organizer: str
    updated_at: datetime
    reason: Reason | None = None
    comment: str = ""
    declined: tuple[tuple[int, Reason], ...] = ()
    version: int = 1

    @property
    def key(self) -> str:
        return f"{self.owner}.{self.id}"


class ResourceStore:
    """The collections `resources` and `resource_bookings`."""

    indexes = (
        Index("resources", (("address", 1),), unique=True),
        # By a unit above it, the beginning of a word, a feature, or everything; in the order of names.
        Index("resources", (("keys", 1), ("order", 1))),
        Index("resources", (("stewards", 1),), sparse=True),
        # Given up, and not yet told to whoever had booked it.
        Index("resources", (("retiring", 1),), sparse=True),
        Index("resource_bookings", (("owner", 1), ("state", 1), ("updated_at", 1))),
        outbox_index("resource_bookings"),
    )

    def __init__(self, database: Database) -> None:
        self._resources = database["resources"]
        self._bookings = database["resource_bookings"]

    async def insert(self, resource: Resource, session: Any) -> None:
        """Raises `AlreadyExists` for an address that another one has, or had."""
        document = {"_id": resource.id, "kind": resource.kind.value, "created_at": resource.created_at}
        try:
            await self._resources.insert_one({**document, **_said(resource)}, session=session)
        except DuplicateKeyError as error:
            raise AlreadyExists("Another resource has that address", fields={"address": "taken"}) from error

    async def find(self, resource_id: str, session: Any = None) -> Resource | None:
        found = await self._resources.find_one({"_id": resource_id}, session=session)
        return _resource(found) if found is not None and not found.get("deleted") else None

    async def get(self, resource_id: str, session: Any = None) -> Resource:
        """Raises `NotFound`."""
        found = await self.find(resource_id, session)
        if found is None:
            raise NotFound(NO_RESOURCE)
        return found

    async def by_addresses(self, addresses: Sequence[str]) -> list[Resource]:
        """Those that some addresses are of."""
        wanted = [address.lower() for address in addresses]
        found = self._resources.find({"address": {"$in": wanted}})
        return [_resource(each) async for each in found if not each.get("deleted")]

    async def those(self, ids: Sequence[str]) -> list[Resource]:
        found = self._resources.find({"_id": {"$in": list(ids)}})
        return [_resource(each) async for each in found if not each.get("deleted")]

    async def page(self, key: str, after: str, count: int = AT_ONCE) -> list[tuple[str, Resource]]:
        """Up to `count` that have a key, in the order of names, with their places in it, which follow `after`."""
        wanted = {"keys": key, "order": {"$gt": after}}
        found = await self._resources.find(wanted).sort("order", 1).limit(count).to_list(count)
        return [(each["order"], _resource(each)) for each in found]

    async def stewarded(self, account_id: str) -> list[Resource]:
        """Those that an account decides on."""
        found = self._resources.find({"stewards": account_id})
        return [_resource(each) async for each in found if not each.get("deleted")]

    async def change(self, resource: Resource, session: Any = None) -> None:
        """Write it as it is said now. Raises `Conflict` when it was changed since it was read."""
        which = {"_id": resource.id, "version": resource.version - 1, "deleted": {"$exists": False}}
        answer = await self._resources.update_one(which, {"$set": _said(resource)}, session=session)
        if not answer.matched_count:
            raise Conflict

    async def give_up(self, resource: Resource, session: Any) -> None:
        """Its address stays its own: what is sent to it reaches nobody else. Repeatable."""
        change = {
            "$set": {"deleted": True, "retiring": 1},
            "$unset": {"keys": "", "stewards": ""},
            "$inc": {"version": 1},
        }
        which = {"_id": resource.id, "deleted": {"$exists": False}}
        await self._resources.update_one(which, change, session=session)

    async def retiring(self, count: int) -> list[Resource]:
        found = self._resources.find({"retiring": 1}).limit(count)
        return [_resource(each) async for each in found]

    async def retired(self, resource_id: str) -> None:
        await self._resources.update_one({"_id": resource_id}, {"$unset": {"retiring": ""}})

    async def about(self, unit_id: str) -> list[Resource]:
        """Those in or below a unit, and those that its people may book."""
        keys = [unit_key(unit_id), booker_key(unit_id)]
        return [_resource(each) async for each in self._resources.find({"keys": {"$in": keys}})]

    async def booking(self, owner: str, booking_id: str, session: Any = None) -> Booking | None:
        found = await self._bookings.find_one({"_id": f"{owner}.{booking_id}"}, session=session)
        return _booking(found) if found is not None else None

    async def keep_booking(self, booking: Booking, session: Any, *facts: Fact) -> None:
        """In a transaction that has advanced the resource's calendar."""
        said = {
            "owner": booking.owner,
            "uid": booking.uid,
            "sequence": booking.sequence,
            "stamp": booking.stamp,
            "state": booking.state.value,
            "asked": booking.asked,
            "account_id": booking.account_id,
            "organizer": booking.organizer,
            "updated_at": booking.updated_at,
            "reason": booking.reason.value if booking.reason is not None else "",
            "comment": booking.comment,
            "declined": [[start, why.value] for start, why in booking.declined],
            "version": booking.version,
        }
        change = with_facts({"$set": said}, *facts)
        await self._bookings.update_one({"_id": booking.key}, change, upsert=True, session=session)

    async def pending(self, owners: Sequence[str], count: int, session: Any = None) -> list[Booking]:
        """What waits for a steward of some resources, the oldest first."""
        found: list[Booking] = []
        for owner in owners:
            wanted = {"owner": owner, "state": State.TENTATIVE.value}
            cursor = self._bookings.find(wanted, session=session).sort("updated_at", 1).limit(count)
            found += [_booking(each) for each in await cursor.to_list(count)]
        return sorted(found, key=lambda each: each.updated_at)[:count]


def unit_key(unit_id: str) -> str:
    return f"u|{unit_id}"


def booker_key(unit_id: str) -> str:
    return f"b|{unit_id}"


def word_key(word: str) -> str:
    """Of a word or its beginning: those that are being typed are found too."""
    return f"w|{word[:LONGEST_BEGINNING]}"


def _beginnings(word: str) -> list[str]:
    return [word[:length] for length in range(1, min(len(word), LONGEST_BEGINNING) + 1)]


def feature_key(feature: str) -> str:
    return f"f|{folded(feature)}"


def _keys(resource: Resource) -> list[str]:
    return [
        EVERYTHING,
        *map(unit_key, resource.unit_path),
        *dict.fromkeys(word_key(beginning) for word in resource.terms for beginning in _beginnings(word)),
        *map(feature_key, resource.features),
        *map(booker_key, resource.policy.bookers),
    ]


def _said(resource: Resource) -> dict[str, Any]:
    policy = resource.policy
    return {
        "name": resource.name,
        "address": resource.address,
        "unit_id": resource.unit_id,
        "unit_path": list(resource.unit_path),
        "description": resource.description,
        "capacity": resource.capacity,
        "features": list(resource.features),
        "building": resource.building,
        "floor": resource.floor,
        "hours": hours_document(resource.hours),
        "policy": {
            "automatic": policy.automatic,
            "bookers": list(policy.bookers),
            "horizon_days": policy.horizon_days,
            "longest_minutes": policy.longest_minutes,
            "recurring": policy.recurring,
            "on_holidays": policy.on_holidays,
            "on_clash": policy.on_clash.value,
            "shown": policy.shown.value,
        },
        "stewards": list(policy.stewards),
        "keys": _keys(resource),
        "order": f"{folded(resource.name)}|{resource.id}",
        "version": resource.version,
        "placed": resource.placed,
    }


def _resource(document: Mapping[str, Any]) -> Resource:
    policy = document["policy"]
    return Resource(
        id=document["_id"],
        kind=Kind(document["kind"]),
        name=document["name"],
        address=document["address"],
        unit_id=document["unit_id"],
        unit_path=tuple(document["unit_path"]),
        created_at=document["created_at"],
        description=document["description"],
        capacity=document["capacity"],
        features=tuple(document["features"]),
        building=document["building"],
        floor=document["floor"],
        hours=hours_of(document["hours"]),
        policy=Policy(
            automatic=policy["automatic"],
            stewards=tuple(document.get("stewards", ())),
            bookers=tuple(policy["bookers"]),
            horizon_days=policy["horizon_days"],
            longest_minutes=policy["longest_minutes"],
            recurring=policy["recurring"],
            on_holidays=policy["on_holidays"],
            on_clash=OnClash(policy["on_clash"]),
            shown=Shown(policy["shown"]),
        ),
        version=document["version"],
        placed=document["placed"],
    )


def _booking(document: Mapping[str, Any]) -> Booking:
    return Booking(
        owner=document["owner"],
        id=document["_id"].partition(".")[2],
        uid=document["uid"],
        sequence=document["sequence"],
        stamp=document["stamp"],
        state=State(document["state"]),
        asked=document["asked"],
        account_id=document["account_id"],
        organizer=document["organizer"],
        updated_at=document["updated_at"],
        reason=Reason(document["reason"]) if document["reason"] else None,
        comment=document["comment"],
        declined=tuple((start, Reason(why)) for start, why in document["declined"]),
        version=document["version"],
    )
