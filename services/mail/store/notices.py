"""Facts that change no document of their own: each is there until it is published."""

from collections.abc import Sequence
from typing import Any

from chassis.events import Fact, document_with_facts, outbox_index
from chassis.ids import new_id


class Notices:
    """Collection `notices`."""

    indexes = (outbox_index("notices"),)

    def __init__(self, database: Any) -> None:
        self._notices = database["notices"]

    async def tell(self, facts: Sequence[Fact], *, session: Any = None) -> None:
        # Deleted from the start: what is published is gone.
        await self._notices.insert_one(document_with_facts({"_id": new_id(), "deleted": True}, *facts), session=session)
