"""The Sieve scripts of accounts, as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pymongo.errors import DuplicateKeyError

from chassis.documents import Index
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from services.mail.domain.scripts import Scripts
from services.mail.store.burying import bury
from services.mail.store.rules import kept_rules, rules_of


class ActiveScript(NamedTuple):
    """What runs when something is delivered. A `version` never has two sources."""

    name: str
    source: bytes
    version: int


class ScriptStore:
    """Collection `scripts`: one document an account. The active script stands apart, so that a delivery reads no
    other."""

    indexes: tuple[Index, ...] = (outbox_index("scripts"),)

    def __init__(self, database: Any) -> None:
        self._scripts = database["scripts"]

    async def active(self, owner: str) -> ActiveScript | None:
        found = await self._scripts.find_one({"_id": owner}, {"active": 1, "version": 1})
        if found is None or not found.get("active"):
            return None
        return ActiveScript(found["active"]["name"], bytes(found["active"]["source"]), found["version"])

    async def of(self, owner: str, *, session: Any = None) -> Scripts:
        """All of an account; of one that has none, the beginning of them."""
        found = await self._scripts.find_one({"_id": owner}, {"outbox": 0}, session=session)
        return _scripts(found) if found else Scripts()

    async def keep(
        self, owner: str, seen: Scripts, changed: Scripts, facts: Sequence[Fact] = (), *, session: Any = None
    ) -> Scripts | None:
        """Put what changed in place of what was seen, its version one higher; None when it was changed meanwhile."""
        kept = replace(changed, version=seen.version + 1)
        document = _document(kept)
        if not seen.version:
            try:
                await self._scripts.insert_one(document_with_facts({"_id": owner, **document}, *facts), session=session)
            except DuplicateKeyError:
                return None
            return kept
        change = with_facts({"$set": document}, *facts)
        updated = await self._scripts.update_one({"_id": owner, "version": seen.version}, change, session=session)
        return kept if updated.modified_count else None

    async def remove(self, owner: str) -> bool:
        """Of an account that is erased: whether there was something. What was not published yet still will be."""
        return await bury(self._scripts, owner, ("active", "others", "rules"))


def _document(scripts: Scripts) -> dict[str, Any]:
    kept = [{"name": name, "source": source} for name, source in sorted(scripts.sources.items())]
    active = next((each for each in kept if each["name"] == scripts.active), None)
    return {
        "version": scripts.version,
        "active": active,
        "others": [each for each in kept if each is not active],
        "rules": kept_rules(scripts.rules),
    }


def _scripts(document: Mapping[str, Any]) -> Scripts:
    active = document.get("active")
    kept = [*document.get("others", ()), *([active] if active else [])]
    return Scripts(
        version=document["version"],
        active=active["name"] if active else "",
        sources={each["name"]: bytes(each["source"]) for each in kept},
        rules=rules_of(document.get("rules")),
    )
