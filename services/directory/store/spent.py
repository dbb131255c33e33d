"""What is good once and was used, as documents that the database forgets when nobody could use it again anyway."""

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database


class SpentStore:
    """The collection `spent`."""

    def __init__(self, database: Database) -> None:
        self._spent = database["spent"]

    async def spend(self, key: str, until: datetime) -> bool:
        """Use it; False when it was used before."""
        try:
            await self._spent.insert_one({"_id": key, "forgotten_at": until})
        except DuplicateKeyError:
            return False
        return True
