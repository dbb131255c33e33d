"""Writing in the name of others, through the api: as somebody, on behalf of somebody, as a function."""

import json
from typing import Any

import pytest
from workspace.mail.v1 import mail_pb2 as pb
from workspace.mail.v1 import sharing_pb2 as sharing

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import Identity, acting_as
from services.mail.domain.sharing import Function
from services.mail.usecases.follow_function import follow_function
from tests.mail.api.conftest import Api
from tests.mail.api.test_api import upload, uploaded
from tests.mail.house import House, letter

MINISTER, SECRETARY, READER = "ministre@sante.gouv.tg", "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"
HOST, GUEST, FUNCTION = "01JACCOUNT0000000000000002", "01JACCOUNT0000000000000003", "01JFUNCTION000000000000001"
COURRIER = "courrier@sante.gouv.tg"


class Cabinet:
    """A minister, a secretary, somebody who reads, and the office's function."""

    def __init__(self, api: Api, house: House, secretary: Identity, minister: Identity) -> None:
        self.api, self.house, self.secretary, self.minister = api, house, secretary, minister

    async def let(self, capacity: int, name: str = MINISTER, by: Identity | None = None) -> None:
        given = sharing.PutDelegateRequest(
            name=name,
            delegate=sharing.Delegate(address=SECRETARY, capacity=capacity),  # type: ignore[arg-type]
        )
        with acting_as(by or self.minister):
            await self.api.delegations.PutDelegate(given)

    async def write(self, name: str, by: Identity | None = None, **fields: str) -> Any:
        source = letter("Courrier", From=name, To=READER, **fields)
        with acting_as(by or self.secretary):
            return await upload(self.api.messages.SendMessage, uploaded(pb.SendMessageRequest, source))

    async def sent(self, owner: str) -> int:
        return (await self.house.box(owner, "Sent")).messages

    async def received(self) -> bytes:
        """What the reader has got last."""
        box = await self.house.box(GUEST)
        rows = self.house.mail.store.messages.messages(GUEST, box.id, [(1, box.uid_next)])
        last = [message async for message in rows][-1]
        return await self.house.read(GUEST, last.id)


@pytest.fixture
async def cabinet(api: Api, house: House, owner: str) -> Cabinet:
    house.people.heard |= {SECRETARY: owner, MINISTER: HOST, READER: GUEST}
    return Cabinet(api, house, await api.identity(owner, SECRETARY), await api.identity(HOST, MINISTER))


async def test_nobody_writes_in_anothers_name_without_being_let(cabinet: Cabinet) -> None:
    for fields in ({"name": MINISTER}, {"name": SECRETARY, "Sender": MINISTER}, {"name": f"{SECRETARY}, {MINISTER}"}):
        with pytest.raises(Forbidden):
            await cabinet.write(**fields)
    assert (await cabinet.house.box(GUEST)).messages == 0


async def test_who_writes_on_behalf_of_somebody_says_so(cabinet: Cabinet, owner: str) -> None:
    await cabinet.let(sharing.CAPACITY_ON_BEHALF)
    await cabinet.write(MINISTER)
    octets = await cabinet.received()
    assert f"\r\nSender: <{SECRETARY}>\r\n".encode() in octets
    assert octets.startswith(f"Return-Path: <{SECRETARY}>\r\n".encode())
    assert (await cabinet.sent(owner), await cabinet.sent(HOST)) == (1, 1)
    for wrong in (MINISTER, READER):
        with pytest.raises(Forbidden):
            await cabinet.write(MINISTER, Sender=wrong)
    await cabinet.write(MINISTER, Sender=SECRETARY, Subject="Autre")
    assert (await cabinet.received()).lower().count(b"\r\nsender:") == 1
    acts = [json.loads(each["body"]) for each in await cabinet.house.facts("act_recorded")]
    assert [(each["actor"], each["data"]["details"]["how"]) for each in acts if each["data"]["act"] == "write_as"] == [
        (owner, "on_behalf"), (owner, "on_behalf"),
    ]  # fmt: skip


async def test_who_writes_as_somebody_is_not_seen(cabinet: Cabinet, owner: str) -> None:
    await cabinet.let(sharing.CAPACITY_AS)
    await cabinet.write(MINISTER, Sender=MINISTER, Subject="Deux fois")
    await cabinet.write(MINISTER)
    octets = await cabinet.received()
    assert b"\r\nSender:" not in octets
    assert SECRETARY.encode() not in octets
    assert octets.startswith(f"Return-Path: <{MINISTER}>\r\n".encode())
    assert (await cabinet.sent(owner), await cabinet.sent(HOST)) == (2, 2)


@pytest.mark.parametrize("capacity", [sharing.CAPACITY_ON_BEHALF, sharing.CAPACITY_AS])
async def test_nobody_is_said_to_have_sent_what_another_one_wrote(cabinet: Cabinet, capacity: int) -> None:
    """Sender is the writer's own, or names whoever From names."""
    await cabinet.let(capacity)
    with pytest.raises(Forbidden):
        await cabinet.write(SECRETARY, Sender=MINISTER)
    await cabinet.write(SECRETARY, Sender=SECRETARY)
    assert await cabinet.sent(HOST) == 0


async def test_what_is_written_as_a_function_stays_with_it(cabinet: Cabinet, owner: str) -> None:
    with pytest.raises(Forbidden):
        await cabinet.write(COURRIER)
    await follow_function(cabinet.house.mail, Function(FUNCTION, COURRIER, (owner,), True, 1))
    await cabinet.write(COURRIER)
    assert (await cabinet.sent(FUNCTION), await cabinet.sent(owner)) == (1, 0)
    with acting_as(cabinet.secretary):
        (name,) = (await cabinet.api.delegations.ListNames(sharing.ListNamesRequest())).names
    assert (name.address, name.capacity, name.of_function) == (COURRIER, sharing.CAPACITY_AS, True)
    await follow_function(cabinet.house.mail, Function(FUNCTION, COURRIER, (HOST,), True, 2))
    late = Identity(
        **{**{each: getattr(cabinet.secretary, each) for each in Identity.__dataclass_fields__}, "aliases": (COURRIER,)}
    )
    with pytest.raises(Forbidden):  # a token that is older than the appointment of another one
        await cabinet.write(COURRIER, by=late, Subject="Tard")


async def test_a_holder_lets_others_answer_as_the_function_as_long_as_nobody_takes_it_away(
    cabinet: Cabinet, owner: str
) -> None:
    await follow_function(cabinet.house.mail, Function(FUNCTION, COURRIER, (HOST,), True, 1))
    await cabinet.let(sharing.CAPACITY_ON_BEHALF, COURRIER)
    await cabinet.write(COURRIER)
    assert b"\r\nSender:" in await cabinet.received()
    with acting_as(cabinet.minister):
        asked = sharing.ListDelegatesRequest(name=COURRIER)
        (found,) = (await cabinet.api.delegations.ListDelegates(asked)).delegates
        assert (found.address, found.capacity) == (SECRETARY, sharing.CAPACITY_ON_BEHALF)
        ended = sharing.DeleteDelegateRequest(name=COURRIER, address=SECRETARY)
        await cabinet.api.delegations.DeleteDelegate(ended)
        with pytest.raises(NotFound):
            await cabinet.api.delegations.DeleteDelegate(ended)
    with pytest.raises(Forbidden):
        await cabinet.write(COURRIER, Subject="Fini")
    await cabinet.let(sharing.CAPACITY_AS, COURRIER)
    await follow_function(cabinet.house.mail, Function(FUNCTION, COURRIER, (owner,), True, 2))
    await follow_function(cabinet.house.mail, Function(FUNCTION, COURRIER, (HOST,), True, 3))
    with pytest.raises(Forbidden):
        await cabinet.write(COURRIER, Subject="Fini aussi")


async def test_names_are_their_owners_to_give(cabinet: Cabinet) -> None:
    await cabinet.let(sharing.CAPACITY_AS)
    for name in (MINISTER, READER, COURRIER, "personne@gouv.tg", ""):
        with pytest.raises(NotFound):
            await cabinet.let(sharing.CAPACITY_AS, name, by=cabinet.secretary)
        with acting_as(cabinet.secretary), pytest.raises(NotFound):
            await cabinet.api.delegations.ListDelegates(sharing.ListDelegatesRequest(name=name))
    with pytest.raises(InvalidInput):
        await cabinet.let(sharing.CAPACITY_UNSPECIFIED)
    for address in (MINISTER, "anyone", "personne@gouv.tg"):
        given = sharing.Delegate(address=address, capacity=sharing.CAPACITY_AS)
        with acting_as(cabinet.minister), pytest.raises(InvalidInput):
            await cabinet.api.delegations.PutDelegate(sharing.PutDelegateRequest(name=MINISTER, delegate=given))
    cabinet.house.people.heard.pop(MINISTER)  # suspended
    with pytest.raises(Forbidden):
        await cabinet.write(MINISTER)
