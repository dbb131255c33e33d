"""Accounts as documents: addresses unique across all of them, one write for a change and its facts."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import BulkWriteError, DuplicateKeyError

from chassis.documents import Database, transaction
from chassis.errors import AlreadyExists
from chassis.events import document_with_facts, with_facts
from services.directory.domain.accounts import Account
from services.directory.store.account_documents import account_kept, account_read, kept_where_it_stands
from services.directory.store.receipts import written
from services.directory.store.shown import SHOWN, shown_account
from services.directory.store.tree import TreeStore
from services.directory.store.windows import windows

Facts = Sequence[dict[str, Any]]
_PUBLIC = {"credential": 0, "outbox": 0}
_STREAMED = 1000
_DUPLICATE = 11000
# Absent rather than empty: only accounts that have them stand in their indexes.
_SOMETIMES = ("staff_number", "retires_at", "departure", "delete_at", "photo")
# Their ids begin with a digit, as those of this millennium do; what is kept for functions begins with a letter.
_ACCOUNTS = {"_id": {"$gt": "", "$lt": ":"}}
# Before the id of a function or a group whose address is kept here.
_RESERVED = "function."


class AccountStore:
    """The collection `accounts`."""

    def __init__(self, database: Database, tree: TreeStore) -> None:
        self._database = database
        self._accounts = database["accounts"]
        self._reserved = database["reserved_addresses"]
        self._acts = database["acts"]
        self._tree = tree

    async def insert(self, account: Account, facts: Facts, session: Any = None) -> None:
        """Raises `AlreadyExists` naming the field that another account has."""
        await self.refuse_reserved((account.address, *account.aliases))
        document = document_with_facts({"_id": account.id, **account_kept(account)}, *facts)

        async def write(within: Any) -> None:
            await self._accounts.insert_one(document, session=within)

        try:
            await (write(session) if session is not None else written(self._database, write))
        except DuplicateKeyError as error:
            raise _taken(*(error.details or {}).get("keyPattern", ())) from error

    async def insert_many(self, made: Sequence[tuple[Account, Facts]]) -> dict[str, AlreadyExists]:
        """Insert what can be; why each of the others cannot, by its id. One that is there under its id already was
        inserted by an earlier try, and is no failure."""
        reserved = await self.reserved([name for each, _ in made for name in (each.address, *each.aliases)])
        refused = {
            each.id: _taken("addresses") for each, _ in made if not reserved.isdisjoint((each.address, *each.aliases))
        }
        documents = [
            document_with_facts({"_id": each.id, **account_kept(each)}, *facts)
            for each, facts in made
            if each.id not in refused
        ]
        try:
            if documents:
                await self._accounts.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            failed = (error.details or {}).get("writeErrors", [])
            if any(each.get("code") != _DUPLICATE for each in failed):
                raise
            keys = {documents[each["index"]]["_id"]: each.get("keyPattern") or () for each in failed}
            return refused | {id_: _taken(*key) for id_, key in keys.items() if "_id" not in key}
        return refused

    async def of_staff_numbers(self, numbers: Sequence[str]) -> dict[str, Account]:
        """Accounts by staff number."""
        cursor = self._accounts.find({"staff_number": {"$in": list(numbers)}}, _PUBLIC)
        return {document["staff_number"]: await self._placed(document) async for document in cursor}

    async def of_addresses(self, addresses: Sequence[str]) -> dict[str, Account]:
        """Accounts by primary address."""
        cursor = self._accounts.find({"address": {"$in": list(addresses)}}, _PUBLIC)
        return {document["address"]: await self._placed(document) async for document in cursor}

    async def reserve(self, address: str, holder_id: str, session: Any) -> None:
        """Keep an address for a function or a group: what is unique is unique in this collection. Raises
        `AlreadyExists`."""
        await self.refuse_reserved([address])
        try:
            await self._accounts.insert_one({"_id": _reservation(holder_id), "addresses": [address]}, session=session)
        except DuplicateKeyError as error:
            raise _taken("addresses") from error

    async def holder_of(self, address: str) -> str:
        """The function or the group that an address is kept for; empty for none."""
        found = await self._accounts.find_one({"addresses": address}, {"_id": 1})
        return _holder(found["_id"]) if found is not None else ""

    async def release(self, holder_id: str, session: Any) -> None:
        """Give the address of a function or a group free."""
        await self._accounts.delete_one({"_id": _reservation(holder_id)}, session=session)

    async def replace(self, account: Account, facts: Facts, session: Any = None) -> bool:
        """Write an account one version further; False when somebody else was faster. Raises `AlreadyExists`."""
        await self.refuse_reserved((account.address, *account.aliases))
        document = account_kept(account)
        absent = {field: "" for field in _SOMETIMES if field not in document}
        update: dict[str, Any] = {"$set": document, **({"$unset": absent} if absent else {})}
        whole, before = with_facts(update, *facts), {"_id": account.id, "version": account.version - 1}

        async def write(within: Any) -> bool:
            return bool((await self._accounts.update_one(before, whole, session=within)).matched_count)

        try:
            return await (write(session) if session is not None else written(self._database, write))
        except DuplicateKeyError as error:
            raise _taken(*(error.details or {}).get("keyPattern", ())) from error

    async def find(self, account_id: str) -> Account | None:
        return await self._read(await self._accounts.find_one({"_id": account_id}, _PUBLIC))

    async def find_with_credential(self, account_id: str) -> Account | None:
        return await self._read(await self._accounts.find_one({"_id": account_id}, {"outbox": 0}))

    async def by_address(self, address: str) -> Account | None:
        """The account that has an address, primary or alias, with its credential."""
        return await self._read(await self._accounts.find_one({"addresses": address}, {"outbox": 0}))

    async def rehash(self, account: Account, encoded: str) -> None:
        """Keep the same password under another hash, unless it was changed meanwhile."""
        if account.credential is not None:
            await self._accounts.update_one(
                {"_id": account.id, "credential.encoded": account.credential.encoded},
                {"$set": {"credential.encoded": encoded}},
            )

    async def to_delete(self, now: datetime, count: int) -> list[Account]:
        """Accounts whose time is over."""
        cursor = self._accounts.find({"delete_at": {"$lte": now}}, _PUBLIC).limit(count)
        return [await self._placed(document) async for document in cursor]

    async def delete(self, account: Account, now: datetime, facts: Facts) -> bool:
        """Take an account away and keep its addresses from everybody; False when it was changed meanwhile."""
        names = (account.address, *account.aliases, *(each.address for each in account.retired))
        kept = [{"_id": name, "account": account.id, "at": now} for name in names]

        async def write(session: Any) -> bool:
            gone = await self._accounts.delete_one({"_id": account.id, "version": account.version}, session=session)
            if not gone.deleted_count:
                return False
            await self._reserved.insert_many(kept, session=session)
            # What it had still to tell goes with it; what is to be told of its end is told.
            told = document_with_facts({"_id": f"{account.id}.deleted", "deleted": True}, *facts)
            await self._acts.insert_one(told, session=session)
            return True

        return await transaction(self._database, write)

    async def refuse_reserved(self, addresses: Sequence[str]) -> None:
        """Raise `AlreadyExists` for an address that a deleted account had."""
        if await self.reserved(addresses):
            raise _taken("addresses")

    async def reserved(self, addresses: Sequence[str]) -> set[str]:
        """Those among some addresses that deleted accounts had."""
        return {found["_id"] async for found in self._reserved.find({"_id": {"$in": list(addresses)}}, {"_id": 1})}

    async def refuse_taken(self, account: Account, *, but: str = "") -> None:
        """Raise `AlreadyExists` as writing it now would; what the account `but` has is not taken."""
        await self.refuse_reserved((account.address, *account.aliases))
        for address in (account.address, *account.aliases):
            found = await self._accounts.find_one({"addresses": address}, {"_id": 1})
            if found and found["_id"] != but:
                raise _taken("addresses")
        if account.staff_number:
            found = await self._accounts.find_one({"staff_number": account.staff_number}, {"_id": 1})
            if found and found["_id"] != but:
                raise _taken("staff_number")

    async def page(self, units: Sequence[str] | None, after: str, count: int) -> list[Account]:
        """Up to `count` accounts in or below the units (None: all) whose address follows `after`.

        One question a unit: the embedded database reads a whole collection for `$in` upon an array.
        """
        if units is None:
            return await self._window({}, None, after, count)
        tree = await self._tree.current()
        pages = [
            await self._window({"unit_path": kept}, unit, after, count)
            for unit in units
            for kept in (unit, *tree.strays(unit))
        ]
        each = {account.address: account for page in pages for account in page}
        return [each[address] for address in sorted(each)][:count]

    async def _window(self, among: dict[str, Any], below: str | None, after: str, count: int) -> list[Account]:
        """A page of those kept under a unit who stand below `below` now, wherever they were when that was kept."""
        found: list[Account] = []
        while True:
            page = await self._kept(among, after, count - len(found))
            found += [account for account in page if below is None or below in account.unit_path]
            if not page or len(found) >= count:
                return found
            after = page[-1].address

    async def _kept(self, among: dict[str, Any], after: str, count: int) -> list[Account]:
        found: list[Account] = []
        lower = "$gt"
        for above, up_to in windows(after):
            within = {lower: above} if up_to is None else {lower: above, "$lt": up_to}
            cursor = self._accounts.find({**among, "address": within}, _PUBLIC)
            ordered = cursor.sort("address", 1).limit(count - len(found))
            found.extend([await self._placed(document) async for document in ordered])
            if len(found) >= count:
                break
            lower = "$gte"
        return found

    async def provisioned_page(self, units: Sequence[str] | None, after: str, count: int) -> list[Account]:
        """The same as `page` of those that provisioners see."""
        if units is None:
            return await self._window({"provisioned": True}, None, after, count)
        tree = await self._tree.current()
        pages = [
            await self._window({"unit_path": kept, "provisioned": True}, unit, after, count)
            for unit in units
            for kept in (unit, *tree.strays(unit))
        ]
        each = {account.address: account for page in pages for account in page}
        return [each[address] for address in sorted(each)][:count]

    async def settled(self) -> bool:
        """Whether the index says of every account where it stands now: no unit is being moved."""
        return not (await self._tree.current()).in_transit

    async def count_provisioned(self, unit: str) -> int:
        """How many provisioners see in or below a unit; everywhere without one."""
        return int(await self._accounts.count_documents(_provisioned_in(unit)))

    async def provisioned_after(self, unit: str, offset: int) -> str:
        """The address of the account that stands before all but the first `offset`, of those seen there."""
        if not offset:
            return ""
        cursor = self._accounts.find(_provisioned_in(unit), {"address": 1}).sort("address", 1)
        found = [document["address"] async for document in cursor.skip(offset - 1).limit(1)]
        return found[0] if found else "\U0010ffff"

    async def with_external_id(self, unit: str, external_id: str, most: int) -> list[Account]:
        """Up to `most` accounts in or below a unit that a provisioner calls so; everywhere without one."""
        return await self._some(unit, {"provisioning.external_id": external_id}, most)

    async def by_staff_number(self, staff_number: str) -> Account | None:
        found = await self._accounts.find_one({"staff_number": staff_number}, _PUBLIC)
        return await self._read(found)

    async def changed_since(self, unit: str, since: datetime, most: int) -> list[Account]:
        """Up to `most` accounts there changed at or after a time, in no order."""
        return await self._some(unit, {"changed_at": {"$gte": since}}, most)

    async def _some(self, unit: str, wanted: dict[str, Any], most: int) -> list[Account]:
        if not unit:
            cursor = self._accounts.find(wanted, _PUBLIC).limit(most)
            return [await self._placed(document) async for document in cursor]
        found: dict[str, Account] = {}
        for kept in (unit, *(await self._tree.current()).strays(unit)):
            cursor = self._accounts.find({"unit_path": kept, **wanted}, _PUBLIC).limit(most)
            each = [await self._placed(document) async for document in cursor]
            found.update({account.id: account for account in each if unit in account.unit_path})
        return list(found.values())

    async def kept_below(self, unit_id: str, after: str, count: int) -> list[tuple[Account, bool]]:
        """Up to `count` accounts kept under a unit whose address follows `after`; whether each is kept where it stands.

        Kept under it, wherever they stand now: those that a reorganisation has to bring along.
        """
        among = {"unit_path": unit_id, "address": {"$gt": after}}
        cursor = self._accounts.find(among, {"outbox": 0}).sort("address", 1).limit(count)
        found = [(await self._placed(document), document) async for document in cursor]
        return [(account, kept_where_it_stands(account, document)) for account, document in found]

    async def everybody(self) -> AsyncIterator[Account]:
        """All accounts with what an address book shows of them and no more, streamed."""
        tree = await self._tree.current()
        async for document in self._accounts.find(_ACCOUNTS, SHOWN, batch_size=_STREAMED):
            path = document["unit_path"]
            if path and not tree.knows(path[-1]):
                tree = await self._tree.refresh()
            yield shown_account(document, tree)

    async def below(self, unit_id: str) -> AsyncIterator[Account]:
        """The accounts of a unit and of all below it, streamed."""
        async for document in self._accounts.find({"unit_path": unit_id}, _PUBLIC, batch_size=_STREAMED):
            yield await self._placed(document)

    async def among(self, ids: Sequence[str]) -> list[Account]:
        """The accounts of some ids, by id."""
        found = self._accounts.find({"_id": {"$in": list(ids)}}, _PUBLIC)
        accounts = [await self._placed(document) async for document in found if "address" in document]
        return sorted(accounts, key=lambda account: account.id)

    async def _read(self, document: Mapping[str, Any] | None) -> Account | None:
        """None for what is no account: nothing, or an address kept for a function or a group."""
        return await self._placed(document) if document is not None and "address" in document else None

    async def _placed(self, document: Mapping[str, Any]) -> Account:
        """An account as it stands in the tree of now, whatever tree it was written in."""
        tree = await self._tree.current()
        kept = [document["unit_path"], *(grant["unit_path"] for grant in document["roles"])]
        if not all(tree.knows(path[-1]) for path in kept if path):
            tree = await self._tree.refresh()
        return account_read(document, tree)

    async def count(self) -> int:
        return int(await self._accounts.count_documents(_ACCOUNTS))

    async def retiring(self, now: datetime, count: int) -> list[Account]:
        """Some accounts of which an address has forwarded for long enough."""
        cursor = self._accounts.find({"retires_at": {"$lte": now}}, _PUBLIC).limit(count)
        return [await self._placed(document) async for document in cursor]

    async def sessions_ended(self, since: datetime) -> list[tuple[str, datetime]]:
        """Accounts all of whose sessions ended at or after `since`."""
        cursor = self._accounts.find({"sessions_end": {"$gte": since}}, {"sessions_end": 1})
        return [(document["_id"], document["sessions_end"]) async for document in cursor]


def _provisioned_in(unit: str) -> dict[str, Any]:
    return {"unit_path": unit, "provisioned": True} if unit else {"provisioned": True}


def _reservation(holder_id: str) -> str:
    return f"{_RESERVED}{holder_id}"


def _holder(reservation: str) -> str:
    return reservation.removeprefix(_RESERVED) if reservation.startswith(_RESERVED) else ""


def _taken(*keys: str) -> AlreadyExists:
    if "staff_number" in keys:
        return AlreadyExists("Another account has this staff number", fields={"staff_number": "taken"})
    return AlreadyExists("Another account has this address", fields={"address": "taken"})
