"""What the accounts of a unit share: given from above, seen by who administers it, told to its accounts."""

import json
from typing import Any

import pytest
from workspace.mail.v1 import pools_pb2 as pb
from workspace.mail.v1 import pools_pb2_grpc, quotas_pb2, quotas_pb2_grpc

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.people import Person
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from services.mail.usecases import append
from services.mail.usecases.tend_pools import tend_pools
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

GIB = 1024**3
PATH = ("01MINISTRY", "01DIRECTION")
AGENT = "01AGENT1"


@pytest.fixture
def pools(api: Api, house: House) -> Any:
    house.people.stands[AGENT] = Whereabouts("agent1@numerique.gouv.tg", PATH)
    house.people.persons = [Person(AGENT, ("agent1@numerique.gouv.tg",), "", PATH[-1], PATH, False, 1)]
    house.people.units["01MINISTRY"] = Whereabouts("Ministère du numérique", PATH[:1])
    house.people.units["01DIRECTION"] = Whereabouts("Direction", PATH)
    return pools_pb2_grpc.PoolServiceStub(api.channel)


async def give(api: Api, pools: Any, by: str, unit: str, octets: int | None) -> Any:
    with acting_as(await api.identity("01ADMIN", administers=by)):
        return await pools.SetPool(pb.SetPoolRequest(unit_id=unit, given=pb.PoolGift(octets=octets)))


async def see(api: Api, pools: Any, by: str, unit: str) -> Any:
    with acting_as(await api.identity("01ADMIN", administers=by)):
        return await pools.GetPool(pb.GetPoolRequest(unit_id=unit))


async def test_whoever_administers_the_unit_above_gives_and_the_unit_sees(api: Api, house: House, pools: Any) -> None:
    found = await give(api, pools, "", "01MINISTRY", 500 * GIB)
    assert found == pb.Pool(
        unit_id="01MINISTRY", name="Ministère du numérique", given=pb.PoolGift(octets=500 * GIB), counting=True
    )
    await give(api, pools, "01MINISTRY", "01DIRECTION", 5 * GIB)
    for by, unit in (("01MINISTRY", "01MINISTRY"), ("01DIRECTION", "01DIRECTION")):
        with pytest.raises(Forbidden):
            await give(api, pools, by, unit, 1000 * GIB)
        assert (await see(api, pools, by, unit)).given.octets in {500 * GIB, 5 * GIB}
    house.clock.advance(seconds=20)
    assert await tend_pools(house.mail) == 2
    box = await house.box(AGENT)
    await append(house.mail, AGENT, box.id, await house.content(letter("Note")))
    found = await see(api, pools, "01MINISTRY", "01MINISTRY")
    assert (found.octets_taken, found.counting, found.HasField("full_since")) == (5 * GIB // 16384, False, False)
    # None any more.
    assert await give(api, pools, "", "01MINISTRY", None) == pb.Pool(
        unit_id="01MINISTRY", name="Ministère du numérique", given=pb.PoolGift()
    )
    acts = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert [each["details"] for each in acts if each["target_id"] == "01MINISTRY"] == [
        {"pool": f"- > {500 * GIB}"},
        {"pool": f"{500 * GIB} > -"},
    ]


async def test_who_administers_something_else_finds_nothing(api: Api, house: House, pools: Any) -> None:
    for by in ("01SANTE", "01OTHERDIRECTION", AGENT):
        for unit in ("01MINISTRY", "01DIRECTION", "01NOWHERE", ""):
            with pytest.raises(NotFound):
                await see(api, pools, by, unit)
            with pytest.raises(NotFound):
                await give(api, pools, by, unit, GIB)
    with pytest.raises(NotFound):
        await see(api, pools, "01DIRECTION", "01MINISTRY")
    for octets in (0, -1, 1024**2 - 1, 2**63 - 1):
        with pytest.raises(InvalidInput):
            await give(api, pools, "", "01MINISTRY", octets)
    assert await house.facts("act_recorded") == []


async def test_an_agent_sees_what_is_shared_with_whom(api: Api, pools: Any) -> None:
    await give(api, pools, "", "01MINISTRY", 500 * GIB)
    with acting_as(await api.identity(AGENT)):
        quotas = quotas_pb2_grpc.QuotaServiceStub(api.channel)
        usage = await quotas.GetOwnUsage(quotas_pb2.GetOwnUsageRequest())
    assert list(usage.shared) == [
        quotas_pb2.SharedRoom(unit_id="01MINISTRY", unit_name="Ministère du numérique", octets_allowed=500 * GIB)
    ]


async def test_workspace_mail_quota_pool(api: Api, house: House, pools: Any, authority: Authority) -> None:
    unit = "01UNIT".ljust(26, "X")
    house.people.units[unit] = Whereabouts("Bureau", ("01MINISTRY", unit))
    workspace = CommandLine(
        api, authority, await api.identity("01ADMIN", administers="01MINISTRY"), "quota", "pool", unit
    )

    assert "still counting" in await workspace("--octets", "20G")
    assert json.loads(await workspace("--json"))["given"] == {"octets": str(20 * GIB)}
    assert "nothing" in await workspace("--clear")
    await workspace("--clear", "--octets", "1G", code=2)
