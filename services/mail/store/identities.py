"""As whom accounts write, as documents."""

from typing import Any

from pymongo.errors import DuplicateKeyError

from services.mail.domain.composing.identities import Identity, Kept

_FIELDS = ("address", "name", "signature_text", "signature_html")


class Identities:
    """Collection `identities`: one document an account."""

    def __init__(self, database: Any) -> None:
        self._identities = database["identities"]

    async def of(self, owner: str) -> Kept:
        found = await self._identities.find_one({"_id": owner})
        if found is None:
            return Kept()
        known = [Identity(**{name: each[name] for name in _FIELDS}) for each in found["identities"]]
        return Kept({each.address: each for each in known}, found["default"], found["version"])

    async def keep(self, owner: str, kept: Kept) -> bool:
        """False when somebody else changed it since it was read."""
        said = {
            "identities": [{name: getattr(each, name) for name in _FIELDS} for each in kept.identities.values()],
            "default": kept.default,
            "version": kept.version + 1,
        }
        if not kept.version:
            try:
                await self._identities.insert_one({"_id": owner, **said})
            except DuplicateKeyError:
                return False
            return True
        updated = await self._identities.update_one({"_id": owner, "version": kept.version}, {"$set": said})
        return bool(updated.modified_count)

    async def remove(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._identities.delete_one({"_id": owner})
