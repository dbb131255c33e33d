"""A person's mail on lawful request: told, or erased once nobody can write to it any more."""

import json
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.documents import ensure_indexes
from chassis.errors import Unavailable
from chassis.people import INDEXES, People
from services.mail.usecases import list_mailboxes
from services.mail.usecases.erase_account import begin_erasure
from services.mail.usecases.personal_data import erase_personal_data, export_personal_data
from services.mail.usecases.reclaim import named_blobs
from tests.mail.house import House


async def noticed(house: House) -> list[dict[str, Any]]:
    """What the notices tell."""
    found = house.database["notices"].find({"pending": 1})
    return [json.loads(entry["body"])["data"] async for document in found for entry in document["outbox"]]


@pytest.fixture
async def people(house: House, owner: str) -> People:
    """Mail has heard of the account."""
    await ensure_indexes(house.database, INDEXES)
    people = People(house.database)
    await people.told(AccountFact(account_id=owner, address="agent@gouv.tg"), 1, house.clock())
    return people


async def test_an_export_says_what_is_in_each_mailbox(house: House, owner: str) -> None:
    await house.fill(owner, 2)
    await export_personal_data(house.mail, "r1", owner)
    (told,) = await noticed(house)
    assert (told["request_id"], told["account_id"]) == ("r1", owner)
    inbox = next(box for box in json.loads(told["document"])["mailboxes"] if box["name"] == "INBOX")
    assert inbox["messages"] == 4


async def test_an_erasure_leaves_nothing_once_the_account_is_gone(house: House, owner: str, people: People) -> None:
    await house.fill(owner, 2)
    await house.fill("01JSOMEBODYELSE", 1)
    with pytest.raises(Unavailable):
        await erase_personal_data(house.mail, people, "r1", owner)
    assert (await house.box(owner)).messages == 4
    await people.forgotten(owner, 2, house.clock())
    with pytest.raises(Unavailable):  # how long it has to be kept is not known yet
        await erase_personal_data(house.mail, people, "r1", owner)
    await begin_erasure(house.mail, owner)
    for _ in range(2):
        await erase_personal_data(house.mail, people, "r1", owner)
    first, again = await noticed(house)
    assert (int(first["mailboxes"]), int(first["messages"])) == (6, 4)
    assert again["request_id"] == "r1"
    assert await house.database["messages"].count_documents({"owner": owner}) == 0
    assert await house.mail.store.mailboxes.of(owner) == []
    assert (await house.box("01JSOMEBODYELSE")).messages == 2
    blobs = [
        document["_id"] async for document in house.database["blobs"].find({"touched": {"$gt": house.clock.moment.min}})
    ]
    assert len(await named_blobs(house.mail, blobs)) == 1
    assert len(await list_mailboxes(house.mail, "01JSOMEBODYELSE")) == 6
