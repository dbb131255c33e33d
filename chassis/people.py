"""Who works here: one projection of directory's facts, in the database of each service that needs it.

A service's worker hosts `PeopleListener`; its use cases ask `People`. Older facts never undo newer ones.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from workspace.directory.v1.events_pb2 import (
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
    AccountSuspended,
)
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.documents import Index
from chassis.events.listening import Listener, hears
from chassis.events.projections import apply_version

COLLECTION = "people"
_MOST_HOLDERS = 50
_MOST_ADMINISTRATORS = 200
INDEXES = (
    Index(COLLECTION, (("addresses", 1),)),
    Index(COLLECTION, (("name", 1),)),
    Index(COLLECTION, (("unit_path", 1), ("_id", 1))),
    Index(COLLECTION, (("administers", 1),)),
)


@dataclass(frozen=True)
class Person:
    """What directory told of an account. `addresses` begin with the primary one; all are lower case."""

    account_id: str
    addresses: tuple[str, ...]
    display_name: str
    unit_id: str
    unit_path: tuple[str, ...]
    suspended: bool
    version: int
    # Those of its addresses that are of functions: others may have them too.
    functions: tuple[str, ...] = ()
    # What rules of groups ask of a person.
    grade: str = ""
    place: str = ""
    # Units that it administers; an empty id is the whole administration.
    administers: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Empty for whom is gone, and for what is no person."""
        return self.addresses[0] if self.addresses else ""


class People:
    """The projection in a service's database."""

    def __init__(self, database: Any) -> None:
        self._people = database[COLLECTION]

    async def by_id(self, account_id: str) -> Person | None:
        found = await self._people.find_one({"_id": account_id})
        # Whoever has no address any more has been deleted.
        return _person(found) if found is not None and found["addresses"] else None

    async def by_ids(self, account_ids: Sequence[str]) -> list[Person]:
        """Those of some accounts that are there."""
        found = await self._people.find({"_id": {"$in": list(account_ids)}}).to_list(None)
        return [_person(each) for each in found if each["addresses"]]

    async def page(self, unit_id: str, after: str, count: int) -> list[Person]:
        """Up to `count` accounts in or below a unit (empty: everywhere), by their ids, which follow `after`; those that
        are gone among them, without an address."""
        wanted: dict[str, Any] = {"_id": {"$gt": after}}
        if unit_id:
            wanted["unit_path"] = unit_id
        return [_person(each) for each in await self._people.find(wanted).sort("_id", 1).limit(count).to_list(count)]

    async def by_address(self, address: str) -> Person | None:
        """By any of an account's addresses. While one moves between accounts, the newer fact wins."""
        receiving = await self.receiving(address)
        return receiving[0] if receiving else None

    async def by_addresses(self, addresses: Sequence[str]) -> dict[str, Person]:
        """Those of some addresses that somebody has, in one question; as `by_address` finds each."""
        return {address: people[0] for address, people in (await self.receiving_each(addresses)).items()}

    async def receiving(self, address: str) -> list[Person]:
        """Whoever receives for an address, who was told of last first: several only for that of a function."""
        wanted = address.lower()
        holders = await self._people.find({"addresses": wanted}).to_list(_MOST_HOLDERS)
        found = [_person(each) for each in sorted(holders, key=lambda each: each["told_at"], reverse=True)]
        return _receiving(wanted, found)

    async def receiving_each(self, addresses: Sequence[str]) -> dict[str, list[Person]]:
        """The same of several addresses in one question; who receives for none of them is not in it."""
        wanted = {address.lower() for address in addresses}
        holders = await self._people.find({"addresses": {"$in": sorted(wanted)}}).to_list(None)
        found: dict[str, list[Person]] = {}
        for person in map(_person, sorted(holders, key=lambda each: each["told_at"], reverse=True)):
            for address in wanted.intersection(person.addresses):
                found.setdefault(address, []).append(person)
        return {address: _receiving(address, people) for address, people in found.items()}

    async def administrators(self, unit_path: Sequence[str]) -> list[Person]:
        """Whoever administers the unit at the end of a path, or where nobody does the nearest above it."""
        above = [*reversed(unit_path), ""]
        found = await self._people.find({"administers": {"$in": above}}).to_list(_MOST_ADMINISTRATORS)
        people = [_person(each) for each in found if each["addresses"] and not each["suspended"]]
        levels = ([person for person in people if unit_id in person.administers] for unit_id in above)
        return next((level for level in levels if level), [])

    async def bears(self, name: str) -> bool:
        """Whether somebody has that name, whatever the order of its words, their case and accents."""
        wanted = _name(name)
        return bool(wanted) and await self._people.find_one({"name": wanted}, {"_id": 1}) is not None

    async def told(self, account: Any, version: int, told_at: datetime) -> bool:
        """Apply a fact's account; False when as much is known already."""
        fields = {
            "addresses": [account.address, *account.aliases],
            "display_name": account.display_name,
            "name": _name(account.display_name),
            "unit_id": account.unit_id,
            "unit_path": list(account.unit_path),
            "suspended": account.suspended,
            "functions": list(account.functions),
            "grade": account.grade,
            "place": account.place,
            "administers": list(account.administers),
            "told_at": told_at,
        }
        return await apply_version(self._people, account.account_id, version, fields)

    async def forgotten(self, account_id: str, version: int, told_at: datetime) -> bool:
        """An account is gone: what is left says so to older facts that come late."""
        bare = {
            "addresses": [],
            "functions": [],
            "display_name": "",
            "name": "",
            "unit_id": "",
            "unit_path": [],
            "grade": "",
            "place": "",
            "administers": [],
            "suspended": True,
        }
        return await apply_version(self._people, account_id, version, {**bare, "told_at": told_at})


Told: TypeAlias = AccountCreated | AccountChanged | AccountSuspended | AccountRestored | AccountDeleted


class PeopleListener(Listener):
    """Keeps the projection. The first time it listens it asks directory for everybody."""

    def __init__(self, service: str, people: People) -> None:
        self.name = service
        self._people = people

    @hears(
        AccountCreated, AccountChanged, AccountSuspended, AccountRestored, AccountDeleted, idempotent=True,
        announced=True,
    )  # fmt: skip
    async def people(self, fact: Told, envelope: Envelope) -> None:
        told_at = envelope.time.ToDatetime(UTC)
        if isinstance(fact, AccountDeleted):
            await self._people.forgotten(fact.account.account_id, envelope.version, told_at)
        else:
            await self._people.told(fact.account, envelope.version, told_at)


def _name(display_name: str) -> str:
    """What two spellings of a name have in common."""
    bare = unicodedata.normalize("NFKD", display_name[:500].casefold())
    letters = "".join(each if each.isalnum() else " " for each in bare if not unicodedata.combining(each))
    return " ".join(sorted(letters.split()))


def _receiving(address: str, holders: list[Person]) -> list[Person]:
    """Of those who have an address, who was told of last first."""
    if holders and address not in holders[0].functions:
        return holders[:1]
    return [person for person in holders if address in person.functions]


def _person(document: dict[str, Any]) -> Person:
    return Person(
        account_id=document["_id"],
        addresses=tuple(document["addresses"]),
        display_name=document["display_name"],
        unit_id=document["unit_id"],
        unit_path=tuple(document["unit_path"]),
        suspended=document["suspended"],
        version=document["version"],
        functions=tuple(document.get("functions", ())),
        grade=document.get("grade", ""),
        place=document.get("place", ""),
        administers=tuple(document.get("administers", ())),
    )
