"""Mail domains as documents, by their names: written with the count of the tree, read from the tree in memory.

One that was deleted leaves its version, so that whoever knew it applies what comes after.
"""

from collections.abc import Sequence
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from chassis.errors import AlreadyExists
from chassis.events import document_with_facts, with_facts
from services.directory.domain.mail_domains import GONE, MailDomain
from services.directory.domain.tree import Tree
from services.directory.store.tree import TreeStore

Facts = Sequence[dict[str, Any]]


class DomainStore:
    """The collection `domains`."""

    def __init__(self, database: Database, tree: TreeStore) -> None:
        self._domains = database["domains"]
        self._accounts = database["accounts"]
        self._functions = database["functions"]
        self._groups = database["groups"]
        self._tree = tree

    async def insert(self, domain: MailDomain, facts: Facts, upon: Tree) -> bool:
        """A domain that there was not, or not any more; False when the tree is not `upon` any more.

        Raises `AlreadyExists`.
        """

        async def write(count: int, session: Any) -> None:
            document = {**document_of(domain), "tree": count}
            if domain.version == 1:
                whole = document_with_facts({"_id": domain.name, **document}, *facts)
                await self._domains.insert_one(whole, session=session)
                return
            before = {"_id": domain.name, "version": domain.version - 1, "state": GONE}
            answer = await self._domains.update_one(before, with_facts({"$set": document}, *facts), session=session)
            if not answer.matched_count:
                raise AlreadyExists("There is this mail domain already", fields={"name": "taken"})

        try:
            return await self._tree.write(upon, write)
        except DuplicateKeyError as error:
            raise AlreadyExists("There is this mail domain already", fields={"name": "taken"}) from error

    async def replace(self, domain: MailDomain, facts: Facts, upon: Tree) -> bool:
        """Write a domain one version further, also to its end; False when the tree is not `upon` any more."""

        async def write(count: int, session: Any) -> None:
            await self.write(domain, facts, count, session)

        return await self._tree.write(upon, write)

    async def write(self, domain: MailDomain, facts: Facts, count: int, session: Any) -> None:
        """The same within a change of the tree that is under way."""
        before = {"_id": domain.name, "version": domain.version - 1}
        update = {"$set": {**document_of(domain), "tree": count}}
        await self._domains.update_one(before, with_facts(update, *facts), session=session)

    async def find(self, name: str) -> MailDomain | None:
        return (await self._tree.refresh()).domain(name)

    async def last_version(self, name: str) -> int:
        """The version of a domain, be it gone; 0 of one that never was."""
        found = await self._domains.find_one({"_id": name}, {"version": 1})
        return int(found["version"]) if found else 0

    async def page(self, after: str, count: int) -> list[MailDomain]:
        """Up to `count` domains whose name follows `after`, by name."""
        names = (await self._tree.refresh()).domains()
        return [domain for domain in names if domain.name > after][:count]

    async def used_by(self, name: str) -> tuple[int, int, int]:
        """How many accounts, functions and groups have an address in a domain, retired ones among them."""
        accounts = await self._accounts.count_documents({"domains": name})
        functions = await self._functions.count_documents({"domain": name})
        return int(accounts), int(functions), int(await self._groups.count_documents({"domain": name}))


def document_of(domain: MailDomain) -> dict[str, Any]:
    return {
        "unit": domain.unit_id,
        "state": domain.state,
        "administrators": list(domain.administrators),
        "created_at": domain.created_at,
        "changed_at": domain.changed_at,
        "version": domain.version,
    }
