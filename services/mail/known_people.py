"""Who receives for an address, by what mail has heard from directory."""

from collections.abc import Sequence

from cachetools import TTLCache

from chassis.people import People, Person
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Recipient
from services.mail.domain.sharing import Function
from services.mail.store.functions import Functions
from services.mail.store.groups import Groups


class KnownPeople:
    """The shared projection, as delivery asks it; an answer is good for some seconds, as events take that long too."""

    SECONDS, MOST = 5.0, 10_000

    def __init__(self, people: People, functions: Functions, groups: Groups) -> None:
        self._people = people
        self._functions = functions
        self._groups = groups
        self._found: TTLCache[str, Recipient] = TTLCache(self.MOST, self.SECONDS)
        # Where those stand who were found: what holds for an account is asked right after who it is.
        self._stand: TTLCache[str, Whereabouts] = TTLCache(self.MOST, self.SECONDS)

    async def bears(self, name: str) -> bool:
        return await self._people.bears(name)

    async def by_ids(self, account_ids: Sequence[str]) -> list[Person]:
        return await self._people.by_ids(account_ids)

    async def page(self, unit_id: str, after: str, count: int) -> list[Person]:
        return await self._people.page(unit_id, after, count)

    async def administrators(self, unit_path: Sequence[str]) -> list[Person]:
        return await self._people.administrators(unit_path)

    async def by_address(self, address: str) -> Recipient | None:
        if known := self._found.get(address):
            return known
        found = await self._recipient(address)
        if found is not None:
            self._found[address] = found
        return found

    async def _recipient(self, address: str) -> Recipient | None:
        """A function with a mailbox of its own receives itself, whoever holds it, and so does a list."""
        people = await self._people.receiving(address)
        if not people or address in people[0].functions:
            functions = await self._functions.of_addresses([address])
            if functions and functions[0].own_mailbox:
                self._stand[functions[0].id] = _of_function(functions[0])
                return Recipient(functions[0].id, address)
        if not people:
            group = await self._groups.list_by_address(address)
            return Recipient(group.receiver, address) if group is not None else None
        for each in people:
            self._stand[each.account_id] = Whereabouts(each.address, each.unit_path)
        return Recipient(people[0].account_id, address, tuple(each.account_id for each in people[1:]))

    async def account_of(self, address: str) -> str | None:
        person = await self._people.by_address(address)
        return person.account_id if person is not None and address.lower() not in person.functions else None

    async def addresses(self, account_ids: Sequence[str]) -> dict[str, str]:
        people = await self._people.by_ids(account_ids)
        return {each.account_id: each.address for each in people if not each.suspended}

    async def whereabouts(self, account_id: str) -> Whereabouts | None:
        if stands := self._stand.get(account_id):
            return stands
        found = await self._whereabouts(account_id)
        if found is not None:
            self._stand[account_id] = found
        return found

    async def _whereabouts(self, account_id: str) -> Whereabouts | None:
        person = await self._people.by_id(account_id)
        if person is not None:
            return Whereabouts(person.address, person.unit_path)
        function = await self._functions.get(account_id)
        return _of_function(function) if function is not None and function.own_mailbox else None


def _of_function(function: Function) -> Whereabouts:
    return Whereabouts(function.address, of_function=True, holders=function.standing)
