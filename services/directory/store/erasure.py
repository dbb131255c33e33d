"""What hangs on an account in other collections, found by their own indexes: read for its owner, or erased."""

from typing import Any

from chassis.documents import Database

# By the field that names the account. Each has an index that begins with it.
OF_ACCOUNT = {
    "sessions": "account",
    "app_passwords": "account",
    "factors": "_id",
    "letters": "account",
    "consents": "account",
    "address_books": "owner",
    "contacts": "owner",
    "contact_tombstones": "owner",
    "jobs": "by",
    "approvals": "asked_by",
}
# What proves an identity is nobody's to read, not even its owner's.
_SECRET = frozenset(
    {"seed", "proof", "encoded", "credential", "outbox", "pending", "totp", "recovery", "passkeys", "sealed"}
)
_MOST = 20_000


class ErasureStore:
    """Those collections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def collected(self, account_id: str) -> dict[str, list[dict[str, Any]]]:
        """What is kept, by collection, without secrets."""
        found: dict[str, list[dict[str, Any]]] = {}
        account = await self._database["accounts"].find_one({"_id": account_id})
        if account is not None:
            found["accounts"] = [{key: value for key, value in account.items() if key not in _SECRET}]
        for name, field in OF_ACCOUNT.items():
            cursor = self._database[name].find({field: account_id}).limit(_MOST)
            rows = [{key: value for key, value in each.items() if key not in _SECRET} async for each in cursor]
            if rows:
                found[name] = rows
        return found

    async def erase(self, account_id: str) -> int:
        """How many documents went."""
        gone = 0
        for name, field in OF_ACCOUNT.items():
            answer = await self._database[name].delete_many({field: account_id})
            gone += int(answer.deleted_count)
        groups = self._database["groups"]
        await groups.update_many({"accounts": account_id}, {"$pull": {"accounts": account_id}})
        return gone
