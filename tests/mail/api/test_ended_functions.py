"""What ended functions keep: seen and given away by who administers their unit, and by nobody else."""

import asyncio
import json
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import AccountFact
from workspace.mail.v1 import functions_pb2 as pb
from workspace.mail.v1 import functions_pb2_grpc

from chassis.documents import ensure_indexes
from chassis.errors import Conflict, InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.people import INDEXES, People
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.sharing import Function
from services.mail.usecases import list_mailboxes
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.hand_over import hand_over_due
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

PATH = ("01MINISTRY", "01DIRECTION")
FUNCTION, ADDRESS = "01JFUNCTION000000000000001", "courrier@numerique.gouv.tg"
HOLDER, SUCCESSOR, STRANGER = "01AGENT1", "01AGENT2", "01AGENT3"


@pytest.fixture
async def functions(api: Api, house: House) -> Any:
    """One of a directorate, which had a letter and has ended."""
    await ensure_indexes(house.database, INDEXES)
    for account, address, path in (
        (SUCCESSOR, "agent2@numerique.gouv.tg", PATH),
        (STRANGER, "agent3@sante.gouv.tg", ("01SANTE",)),
        ("01ADMIN", "admin@numerique.gouv.tg", PATH),
    ):
        house.people.heard[address] = account
        house.people.stands[account] = Whereabouts(address, path)
        await People(house.database).told(AccountFact(account_id=account, address=address), 1, house.clock())
    for unit, path in (("01MINISTRY", PATH[:1]), ("01DIRECTION", PATH), ("01SANTE", ("01SANTE",))):
        house.people.units[unit] = Whereabouts(unit, path)
    await follow_function(house.mail, Function(FUNCTION, ADDRESS, (HOLDER,), True, 1, PATH))
    await house.deliver(letter("Demande"), FUNCTION)
    await follow_function(house.mail, Function(FUNCTION, "", (), False, 2, PATH, ADDRESS))
    return functions_pb2_grpc.FunctionMailboxServiceStub(api.channel)


async def listed(api: Api, functions: Any, by: str, unit: str) -> list[Any]:
    with acting_as(await api.identity("01ADMIN", administers=by)):
        return list((await functions.ListEndedFunctions(pb.ListEndedFunctionsRequest(unit_id=unit))).functions)


async def hand_over(api: Api, functions: Any, by: str, successor: str, function: str = FUNCTION) -> Any:
    with acting_as(await api.identity("01ADMIN", administers=by)):
        request = pb.HandOverFunctionMailboxRequest(function_id=function, successor=successor)
        return await functions.HandOverFunctionMailbox(request)


async def test_its_administrators_see_what_it_keeps_and_give_it_to_somebody(
    api: Api, house: House, functions: Any
) -> None:
    for by, unit in (("01MINISTRY", "01MINISTRY"), ("01DIRECTION", "01DIRECTION"), ("", "01DIRECTION")):
        (found,) = await listed(api, functions, by, unit)
        assert (found.function_id, found.address, found.messages, found.successor_id) == (FUNCTION, ADDRESS, 1, "")
    assert await listed(api, functions, "01SANTE", "01SANTE") == []
    for _ in range(2):
        found = await hand_over(api, functions, "01DIRECTION", "agent2@numerique.gouv.tg")
        assert found.successor_id == SUCCESSOR
        await hand_over_due(house.mail, People(house.database))
    there = {box.name: box.messages for box in await list_mailboxes(house.mail, SUCCESSOR)}
    assert there[f"Boîte de {ADDRESS}/INBOX"] == 1
    acts = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert {(each["act"], each["target_name"], each["details"]["successor"]) for each in acts} == {
        ("hand_over_function_mailbox", ADDRESS, "agent2@numerique.gouv.tg")
    }
    assert acts[0]["unit_path"] == list(PATH)
    assert (await hand_over(api, functions, "01DIRECTION", "")).successor_id == ""


async def test_of_several_who_give_at_once_the_audit_log_hears_of_those_who_did(
    api: Api, house: House, functions: Any
) -> None:
    ways = [hand_over(api, functions, "01DIRECTION", "agent2@numerique.gouv.tg") for _ in range(6)]
    done = await asyncio.gather(*ways, return_exceptions=True)
    assert all(isinstance(each, pb.EndedFunction | Conflict) for each in done)
    assert len(await house.facts("act_recorded")) == sum(isinstance(each, pb.EndedFunction) for each in done) > 0


async def test_nobody_else_does_and_to_nobody_else(api: Api, house: House, functions: Any) -> None:
    for by in ("01SANTE", "01OTHERDIRECTION"):
        with pytest.raises(NotFound):
            await listed(api, functions, by, "01DIRECTION")
        with pytest.raises(NotFound):
            await hand_over(api, functions, by, "agent3@sante.gouv.tg")
    with pytest.raises(NotFound):
        await hand_over(api, functions, "", "agent2@numerique.gouv.tg", "01JNOFUNCTION")
    for successor in ("agent3@sante.gouv.tg", "admin@numerique.gouv.tg", "nobody@numerique.gouv.tg", "x"):
        with pytest.raises(InvalidInput):
            await hand_over(api, functions, "01MINISTRY", successor)
    assert await house.facts("act_recorded") == []


async def test_what_has_not_ended_is_nobodys_to_give(api: Api, house: House, functions: Any) -> None:
    await follow_function(house.mail, Function("01JOTHER", "cabinet@numerique.gouv.tg", (HOLDER,), True, 1, PATH))
    await house.deliver(letter("Note"), "01JOTHER")
    assert [each.function_id for each in await listed(api, functions, "01MINISTRY", "01MINISTRY")] == [FUNCTION]
    with pytest.raises(NotFound):
        await hand_over(api, functions, "01MINISTRY", "agent2@numerique.gouv.tg", "01JOTHER")
