"""What happens once in the life of an installation, as documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, transaction
from chassis.errors import PreconditionFailed
from services.directory.domain.accounts import Account
from services.directory.store.accounts import AccountStore

_FIRST = "first-administrator"


class InstallationStore:
    """The collection `installation`."""

    def __init__(self, database: Database, accounts: AccountStore) -> None:
        self._database = database
        self._installation = database["installation"]
        self._accounts = accounts

    async def has_administrator(self) -> bool:
        """Whether the first administrator has been made."""
        return await self._installation.find_one({"_id": _FIRST}) is not None

    async def make_administrator(self, account: Account, now: datetime, facts: Sequence[dict[str, Any]]) -> None:
        """Insert the account and mark it as made, both or neither, whoever else tries at the same time.

        Raises `PreconditionFailed` when it has been made, `AlreadyExists` for its address.
        """
        mark = {"_id": _FIRST, "account": account.id, "at": now}

        async def write(session: Any) -> None:
            try:
                await self._installation.insert_one(mark, session=session)
            except DuplicateKeyError as error:
                raise PreconditionFailed("The first administrator has been made") from error
            await self._accounts.insert(account, facts, session)

        await transaction(self._database, write)
