"""The projection of people: what was deleted is nobody's any more, in whatever order that is heard."""

from collections.abc import AsyncIterator
from itertools import permutations
from typing import Any

import pytest
from google.protobuf.message import Message
from workspace.directory.v1.events_pb2 import (
    AccountCreated,
    AccountDeleted,
    AccountFact,
    AccountRestored,
    AccountSuspended,
)

from chassis.documents import connect, ensure_indexes
from chassis.documents.connect import close
from chassis.events import fact, fact_in, parse_envelope
from chassis.people import INDEXES, People, PeopleListener

ADDRESS = "agent@gouv.tg"


@pytest.fixture
async def people(documents_url: str, database_name: str) -> AsyncIterator[People]:
    database = connect(documents_url, database_name)
    await ensure_indexes(database, INDEXES)
    yield People(database)
    await close(database)


def told(kind: type[Message], version: int, account: str = "a1", **changed: Any) -> str:
    account_fact = AccountFact(account_id=account, address=ADDRESS, display_name="Agent", **changed)
    return str(fact(kind(account=account_fact), subject=account, version=version)["body"])


async def hear(people: People, *bodies: str) -> None:
    listener = PeopleListener("mail", people)
    for body in bodies:
        envelope = parse_envelope(body)
        await listener.people(fact_in(envelope), envelope)


async def test_a_restored_account_may_log_in_again(people: People) -> None:
    await hear(people, told(AccountCreated, 1), told(AccountSuspended, 2, suspended=True), told(AccountRestored, 3))
    person = await people.by_address(ADDRESS)
    assert person is not None
    assert not person.suspended


async def test_a_deleted_account_receives_nothing_in_whatever_order_that_is_heard(people: People) -> None:
    for number, kinds in enumerate(permutations([(AccountCreated, 1), (AccountSuspended, 2), (AccountDeleted, 3)])):
        account = f"a{number}"
        bodies = [told(kind, version, account) for kind, version in kinds]
        await hear(people, *bodies, *bodies)
        assert await people.by_id(account) is None
    assert await people.by_address(ADDRESS) is None


async def test_who_administers_a_unit_or_else_the_nearest_above(people: People) -> None:
    await hear(
        people,
        told(AccountCreated, 1, "a1", administers=["ministry"]),
        told(AccountCreated, 1, "a2", administers=["other", "directorate"]),
        told(AccountCreated, 1, "a3", administers=[""]),
        told(AccountCreated, 1, "a4"),
    )

    async def found(*path: str) -> list[str]:
        return [person.account_id for person in await people.administrators(path)]

    assert await found("ministry", "directorate") == ["a2"]
    assert await found("ministry", "office") == ["a1"]
    assert await found("elsewhere") == ["a3"]
    await hear(people, told(AccountSuspended, 2, "a2", administers=["directorate"], suspended=True))
    assert await found("ministry", "directorate") == ["a1"]
    await hear(people, told(AccountDeleted, 2, "a1"), told(AccountDeleted, 2, "a3"))
    assert await found("ministry", "directorate") == []
