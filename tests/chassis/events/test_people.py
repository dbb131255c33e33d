"""Who receives for an address, as a service knows it from directory's facts, in whatever order they come."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.documents import connect
from chassis.documents.connect import close
from chassis.people import People

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FUNCTION = "directeur@finances.gouv.tg"


def told(account_id: str, *aliases: str, functions: tuple[str, ...] = ()) -> AccountFact:
    address = f"{account_id}@finances.gouv.tg"
    return AccountFact(account_id=account_id, address=address, aliases=[*aliases, *functions], functions=functions)


@pytest.fixture
async def people(documents_url: str, database_name: str) -> AsyncIterator[People]:
    database = connect(documents_url, database_name)
    yield People(database)
    await close(database)


async def receiving(people: People, address: str) -> list[str]:
    return [person.account_id for person in await people.receiving(address)]


async def test_a_functions_address_is_each_holders_and_an_alias_one_persons(people: People) -> None:
    await people.told(told("a", functions=(FUNCTION,)), 1, NOW)
    await people.told(told("b", functions=(FUNCTION,)), 1, NOW + timedelta(seconds=1))
    assert await receiving(people, FUNCTION.upper()) == ["b", "a"]
    await people.told(told("a"), 2, NOW + timedelta(seconds=2))
    assert await receiving(people, FUNCTION) == ["b"]
    await people.told(told("a", functions=(FUNCTION,)), 1, NOW + timedelta(seconds=3))
    assert await receiving(people, FUNCTION) == ["b"]


async def test_while_an_alias_moves_the_newer_fact_wins(people: People) -> None:
    await people.told(told("a", "alias@finances.gouv.tg"), 1, NOW)
    await people.told(told("b", "alias@finances.gouv.tg"), 1, NOW + timedelta(seconds=1))
    assert await receiving(people, "alias@finances.gouv.tg") == ["b"]
    assert await receiving(people, "nobody@finances.gouv.tg") == []
