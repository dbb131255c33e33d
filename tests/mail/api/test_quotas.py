"""Quotas and sending limits: seen by their owner, given by who administers, and by nobody else."""

import asyncio
import json
from time import monotonic
from typing import Any

import pytest
from workspace.mail.v1 import quotas_pb2 as pb
from workspace.mail.v1 import quotas_pb2_grpc

from chassis.errors import Forbidden, InvalidInput, NotFound, OverQuota, TooManyRequests, WorkspaceError
from chassis.identity import acting_as
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender
from services.mail.usecases import append, send
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House, chunked, letter

GIB = 1024**3
PATH = ("01MINISTRY", "01DIRECTION")
AGENT = "01AGENT1"


@pytest.fixture
def quotas(api: Api, house: House) -> Any:
    """Stubs; one agent in a directorate of a ministry, another one in another ministry."""
    house.people.stands[AGENT] = Whereabouts("agent1@numerique.gouv.tg", PATH)
    house.people.stands["01OTHER"] = Whereabouts("agent2@sante.gouv.tg", ("01SANTE",))
    house.people.units["01MINISTRY"] = Whereabouts("Ministère du numérique", PATH[:1])
    house.people.units["01DIRECTION"] = Whereabouts("Direction", PATH)
    house.people.units["01SANTE"] = Whereabouts("Ministère de la santé", ("01SANTE",))
    return quotas_pb2_grpc.QuotaServiceStub(api.channel)


async def as_administrator(api: Api, unit: str, call: Any, request: Any) -> Any:
    with acting_as(await api.identity("01ADMIN", administers=unit)):
        return await call(request)


async def give_account(api: Api, quotas: Any, unit: str, account: str = AGENT, **given: int) -> Any:
    request = pb.SetAccountAllotmentRequest(account_id=account, given=pb.Allotment(**given))
    return await as_administrator(api, unit, quotas.SetAccountAllotment, request)


async def give_unit(api: Api, quotas: Any, by: str, unit: str, **given: int) -> Any:
    request = pb.SetUnitAllotmentRequest(unit_id=unit, given=pb.Allotment(**given))
    return await as_administrator(api, by, quotas.SetUnitAllotment, request)


async def test_an_agent_sees_what_is_kept_and_may_be(api: Api, house: House, quotas: Any) -> None:
    box = await house.box(AGENT)
    await append(house.mail, AGENT, box.id, await house.content(letter("Note")))
    with acting_as(await api.identity(AGENT)):
        usage = await quotas.GetOwnUsage(pb.GetOwnUsageRequest())
        for call, request in rpcs(quotas, AGENT, "01MINISTRY"):
            with pytest.raises(Forbidden):
                await call(request)
    assert usage == pb.Usage(
        octets=len(letter("Note")), messages=1, octets_allowed=10 * GIB, messages_allowed=1_000_000
    )


def rpcs(quotas: Any, account: str, unit: str) -> list[tuple[Any, Any]]:
    """All that administrators may do."""
    given = pb.Allotment(octets=GIB)
    return [
        (quotas.GetAccountAllotment, pb.GetAccountAllotmentRequest(account_id=account)),
        (quotas.SetAccountAllotment, pb.SetAccountAllotmentRequest(account_id=account, given=given)),
        (quotas.RecountUsage, pb.RecountUsageRequest(account_id=account)),
        (quotas.LiftSendingLimit, pb.LiftSendingLimitRequest(account_id=account)),
        (quotas.GetUnitAllotment, pb.GetUnitAllotmentRequest(unit_id=unit)),
        (quotas.SetUnitAllotment, pb.SetUnitAllotmentRequest(unit_id=unit, given=given)),
    ]


async def test_the_nearest_counts_field_by_field(api: Api, quotas: Any) -> None:
    await give_unit(api, quotas, "", "01MINISTRY", octets=20 * GIB, foreign_recipients_hour=50)
    await give_unit(api, quotas, "01MINISTRY", "01DIRECTION", octets=5 * GIB)
    found = await give_account(api, quotas, "01DIRECTION", messages=10)
    assert found.given == pb.Allotment(messages=10)
    assert found.holds == pb.Allotment(
        octets=5 * GIB, messages=10, foreign_recipients_hour=50, foreign_recipients_day=1500, recipients_hour=5000
    )
    assert {(each.field, each.account_id, each.unit_id) for each in found.origins} == {
        ("octets", "", "01DIRECTION"),
        ("messages", AGENT, ""),
        ("foreign_recipients_hour", "", "01MINISTRY"),
    }
    assert (found.address, found.usage.octets_allowed) == ("agent1@numerique.gouv.tg", 5 * GIB)
    unit = await as_administrator(
        api, "01MINISTRY", quotas.GetUnitAllotment, pb.GetUnitAllotmentRequest(unit_id="01DIRECTION")
    )
    assert (unit.name, unit.holds.octets, unit.holds.messages) == ("Direction", 5 * GIB, 1_000_000)
    # Taken away, what is above holds again.
    assert (await give_account(api, quotas, "01DIRECTION")).holds.messages == 1_000_000


async def test_what_was_given_holds_at_once(api: Api, house: House, quotas: Any) -> None:
    box = await house.box(AGENT)
    await give_unit(api, quotas, "01MINISTRY", "01MINISTRY", messages=1)
    await append(house.mail, AGENT, box.id, await house.content(letter("Un")))
    with pytest.raises(OverQuota):
        await append(house.mail, AGENT, box.id, await house.content(letter("Deux")))
    await give_account(api, quotas, "01DIRECTION", messages=2)
    await append(house.mail, AGENT, box.id, await house.content(letter("Deux")))
    # Another process hears of it within seconds.
    await house.database["allotments"].update_one({"_id": f"account {AGENT}"}, {"$set": {"fields.messages": 3}})
    house.mail.known.limits.expire(monotonic() + 6)
    await append(house.mail, AGENT, box.id, await house.content(letter("Trois")))


@pytest.mark.parametrize("administers", ["01SANTE", "01OTHERDIRECTION", "01AGENT1"])
async def test_administrators_of_others_find_nothing_at_any_door(
    api: Api, house: House, quotas: Any, administers: str
) -> None:
    told = []
    for account, unit in ((AGENT, "01MINISTRY"), ("01NOBODY", "01NOWHERE"), ("", "")):
        for call, request in rpcs(quotas, account, unit):
            with pytest.raises(NotFound) as refused:
                await as_administrator(api, administers, call, request)
            told.append(refused.value.detail)
    assert told[:6] == told[6:12] == told[12:]
    assert await house.facts("act_recorded") == []
    # Who administers a directorate does not give to what is above it.
    with pytest.raises(NotFound):
        await give_unit(api, quotas, "01DIRECTION", "01MINISTRY", octets=GIB)


async def test_what_nobody_may_be_given_is_refused(api: Api, house: House, quotas: Any) -> None:
    for bad in (
        {"octets": 0}, {"octets": -1}, {"octets": 2**63 - 1}, {"octets": 1024**2 - 1}, {"messages": 0},
        {"messages": -5}, {"foreign_recipients_hour": -1}, {"recipients_hour": 2**62}, {"octets": GIB, "messages": 0},
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            await give_account(api, quotas, "", **bad)
        assert set(refused.value.fields) <= set(bad)
        with pytest.raises(InvalidInput):
            await give_unit(api, quotas, "", "01MINISTRY", **bad)
    assert await house.facts("act_recorded") == []
    # Ten times the platform's is what a unit's administrators give; more is for who looks after the whole.
    await give_account(api, quotas, "01MINISTRY", octets=100 * GIB)
    with pytest.raises(InvalidInput):
        await give_account(api, quotas, "01MINISTRY", octets=100 * GIB + 1)
    assert (await give_account(api, quotas, "", octets=200 * GIB)).holds.octets == 200 * GIB


async def test_what_the_national_administrator_gave_is_left_with_what_others_give(api: Api, quotas: Any) -> None:
    await give_account(api, quotas, "", octets=200 * GIB)
    found = await give_account(api, quotas, "01MINISTRY", octets=200 * GIB, messages=7)
    assert found.given == pb.Allotment(octets=200 * GIB, messages=7)
    for more in (200 * GIB + 1, 200 * GIB - 1):
        with pytest.raises(InvalidInput):
            await give_account(api, quotas, "01MINISTRY", octets=more)


async def test_the_audit_log_hears_who_gave_what_to_whom(api: Api, house: House, quotas: Any) -> None:
    await give_account(api, quotas, "01MINISTRY", octets=GIB)
    await give_account(api, quotas, "01MINISTRY", messages=7)
    request = pb.LiftSendingLimitRequest(account_id=AGENT)
    await as_administrator(api, "01MINISTRY", quotas.LiftSendingLimit, request)
    told = [json.loads(fact["body"]) for fact in await house.facts("act_recorded")]
    assert {each["actor"] for each in told} == {"01ADMIN"}
    assert [each["data"]["act"] for each in told] == ["allot_account", "allot_account", "lift_sending_limit"]
    assert told[1]["data"]["details"] == {"messages": "- > 7", "octets": f"{GIB} > -"}
    assert told[1]["data"]["unit_path"] == list(PATH)
    assert told[1]["data"]["target_name"] == "agent1@numerique.gouv.tg"


async def test_a_sending_limit_is_lifted_before_time_does(api: Api, house: House, quotas: Any) -> None:
    sender = Sender(AGENT, "agent1@numerique.gouv.tg")
    await give_account(api, quotas, "01DIRECTION", foreign_recipients_hour=1)
    house.clock.moment = house.clock.moment.replace(hour=10, minute=20)

    async def write(subject: str) -> None:
        await send(house.mail, sender, chunked(letter(subject)), recipients=[f"{subject}@example.org"])

    await write("un")
    with pytest.raises(TooManyRequests):
        await write("deux")
    request = pb.LiftSendingLimitRequest(account_id=AGENT)
    found = await as_administrator(api, "01DIRECTION", quotas.LiftSendingLimit, request)
    assert found.foreign_recipients_this_hour == 0
    await write("deux")
    # Whoever goes on as before is stopped again, and it is told again.
    with pytest.raises(TooManyRequests):
        await write("trois")
    assert len(await house.facts("sending_limited")) == 2
    await give_account(api, quotas, "01DIRECTION", foreign_recipients_hour=0)
    house.clock.advance(hours=2)
    with pytest.raises(TooManyRequests):
        await write("quatre")


async def test_counting_anew_is_asked_for(api: Api, house: House, quotas: Any) -> None:
    await house.deliver(letter("Note"), AGENT)
    await house.database["usages"].update_one({"_id": AGENT}, {"$set": {"octets": 10**12}})
    found = await as_administrator(api, "01DIRECTION", quotas.RecountUsage, pb.RecountUsageRequest(account_id=AGENT))
    assert found.octets == len(letter("Note"))


async def test_several_who_give_at_once_leave_one_whole_gift(api: Api, quotas: Any) -> None:
    gifts = [{"octets": (number + 1) * GIB} if number % 2 else {"messages": number + 1} for number in range(6)]
    done = await asyncio.gather(
        *(give_account(api, quotas, "01MINISTRY", **gift) for gift in gifts), return_exceptions=True
    )
    assert not any(isinstance(each, WorkspaceError) for each in done)
    request = pb.GetAccountAllotmentRequest(account_id=AGENT)
    found = await as_administrator(api, "01MINISTRY", quotas.GetAccountAllotment, request)
    assert found.given in [pb.Allotment(**gift) for gift in gifts]


async def test_workspace_mail_quota(api: Api, house: House, quotas: Any, authority: Authority) -> None:
    """Each command a process of its own, as an operator's."""
    unit = "01UNIT".ljust(26, "X")
    house.people.units[unit] = Whereabouts("Bureau", (unit,))
    house.people.stands[AGENT] = Whereabouts("agent1@numerique.gouv.tg", (unit,))
    workspace = CommandLine(api, authority, await api.identity("01ADMIN", administers=unit), "quota")

    assert "20 (account)" in await workspace("set", AGENT, "--octets", "500m", "--messages", "20")
    told = json.loads(await workspace("set", AGENT, "--foreign-recipients-day", "9", "--json"))
    assert told["given"] == {"octets": str(500 * 1024**2), "messages": "20", "foreign_recipients_day": "9"}
    assert json.loads(await workspace("set", AGENT, "--clear", "--json"))["given"] == {}
    assert "7 (unit)" in await workspace("set", unit, "--unit", "--messages", "7")
    assert "octets kept" in await workspace("show", AGENT)
    assert json.loads(await workspace("recount", AGENT, "--json"))["octets_allowed"] == str(10 * GIB)
    assert "recipients hour" in await workspace("lift", AGENT)
    assert "must be" in await workspace("set", AGENT, "--octets", "0", code=1)
    assert "nothing is named" in await workspace("set", AGENT, code=2)
    for bad in ("-5", "1X", "lots"):
        await workspace("set", AGENT, "--octets", bad, code=2)
    assert "No such account" in await workspace("show", "01OTHER", code=1)
