"""The keys by which domains sign, as documents; private halves are sealed before they come here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.errors import DuplicateKeyError

from chassis.documents import Index
from chassis.events import Fact, document_with_facts, outbox_index


class KeptKey(NamedTuple):
    """One key. `sealed_by` names the service's key; `generation` counts the pairs of a domain, `seen_at` is when DNS
    had it first."""

    domain: str
    generation: int
    kind: str
    sealed: bytes
    sealed_by: str
    created_at: datetime
    seen_at: datetime | None = None


class SigningKeys:
    """Collection `signing_keys`: one document a domain, generation and kind."""

    indexes = (Index("signing_keys", (("domain", 1), ("generation", 1))), outbox_index("signing_keys"))

    def __init__(self, database: Any) -> None:
        self._keys = database["signing_keys"]

    async def of(self, domain: str) -> list[KeptKey]:
        """A domain's keys, the newest generation first."""
        found = await self._keys.find({"domain": domain}).to_list(1000)
        kept = [KeptKey(*(each.get(name) for name in KeptKey._fields)) for each in found]
        return sorted(kept, key=lambda key: (-key.generation, key.kind))

    async def seen(self, domain: str, generation: int, at: datetime) -> None:
        """DNS has a generation."""
        which = {"domain": domain, "generation": generation}
        await self._keys.update_many(which, {"$set": {"seen_at": at}})

    async def insert(self, key: KeptKey, facts: Sequence[Fact] = ()) -> bool:
        """False when another process was faster."""
        document = {"_id": f"{key.domain} {key.generation} {key.kind}", **key._asdict()}
        try:
            await self._keys.insert_one(document_with_facts(document, *facts))
        except DuplicateKeyError:
            return False
        return True
