"""People as principals: whom the national address book lists, and no more of them than it takes to invite them."""

from dataclasses import dataclass
from typing import Any

import grpc
from workspace.directory.v1 import addressbook_pb2 as pb
from workspace.directory.v1 import addressbook_pb2_grpc

MOST = 50
_LONGEST = 200


@dataclass(frozen=True)
class Person:
    """Somebody else."""

    address: str
    name: str
    aliases: tuple[str, ...] = ()


class People:
    """Asks `AddressBookService` in the name of whoever asks: who is hidden there is nobody here."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._book: Any = addressbook_pb2_grpc.AddressBookServiceStub(channel)

    async def by_address(self, address: str) -> Person | None:
        wanted = address.strip().lower()
        found = await self.search(wanted) if wanted and len(wanted) <= _LONGEST else []
        return next((each for each in found if wanted in (each.address, *each.aliases)), None)

    async def search(self, text: str) -> list[Person]:
        """Nobody for an empty text: the nation is not listed."""
        query = text.strip()[:_LONGEST]
        if not query:
            return []
        answer = await self._book.SearchPeople(pb.SearchPeopleRequest(query=query, page_size=MOST))
        return [Person(each.address, each.display_name, tuple(each.aliases)) for each in answer.people]
