"""How long mail is kept: given by who administers, seen by whoever's mail it is."""

import json
from typing import Any

import pytest
from workspace.mail.v1 import mail_pb2, retention_pb2_grpc
from workspace.mail.v1 import retention_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House

PATH = ("01MINISTRY", "01DIRECTION")
AGENT = "01AGENT1"


@pytest.fixture
def retention(api: Api, house: House) -> Any:
    """Stubs; an agent in a directorate of a ministry, another one in another ministry."""
    house.people.stands[AGENT] = Whereabouts("agent1@numerique.gouv.tg", PATH)
    house.people.stands["01OTHER"] = Whereabouts("agent2@sante.gouv.tg", ("01SANTE",))
    house.people.units["01MINISTRY"] = Whereabouts("Ministère", PATH[:1])
    house.people.units["01DIRECTION"] = Whereabouts("Direction", PATH)
    return retention_pb2_grpc.RetentionServiceStub(api.channel)


async def give_unit(api: Api, retention: Any, by: str, unit: str, **given: int) -> pb.UnitRetention:
    with acting_as(await api.identity("01ADMIN", administers=by)):
        request = pb.SetUnitRetentionRequest(unit_id=unit, given=pb.Retention(**given))
        found: pb.UnitRetention = await retention.SetUnitRetention(request)
    return found


async def test_who_administers_gives_and_an_agent_sees_what_becomes_of_a_mailbox(
    api: Api, house: House, retention: Any
) -> None:
    await give_unit(api, retention, "", "01MINISTRY", trash_days=30, minimum_days=365)
    found = await give_unit(api, retention, "01MINISTRY", "01DIRECTION", junk_days=10, minimum_days=5, trash_days=0)
    assert found.given == pb.Retention(junk_days=10, minimum_days=5, trash_days=0)
    holds = pb.Retention(deleted_days=30, minimum_days=365, trash_days=0, junk_days=10, all_days=0)
    assert found.holds == holds
    assert {each.field: each.unit_id for each in found.origins} == {
        "junk_days": "01DIRECTION", "trash_days": "01DIRECTION", "minimum_days": "01MINISTRY",
    }  # fmt: skip
    with acting_as(await api.identity(AGENT)):
        assert (await retention.GetOwnRetention(pb.GetOwnRetentionRequest())).holds == holds
        boxes = (await api.mailboxes.ListMailboxes(mail_pb2.ListMailboxesRequest())).mailboxes
    assert {box.name: box.keeps_days for box in boxes if box.keeps_days} == {"Junk": 10}
    with acting_as(await api.identity("01ADMIN", administers="01DIRECTION")):
        request = pb.SetAccountRetentionRequest(account_id=AGENT, given=pb.Retention(all_days=40))
        given = await retention.SetAccountRetention(request)
    assert (given.address, given.holds.all_days) == ("agent1@numerique.gouv.tg", 40)
    with acting_as(await api.identity(AGENT)):
        made = mail_pb2.CreateMailboxRequest(mailbox=mail_pb2.Mailbox(name="Dossier"))
        assert (await api.mailboxes.CreateMailbox(made)).keeps_days == 40
    acts = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    told = [(each["act"], each["target_name"], each["details"]) for each in acts]
    assert ("retain_account", "agent1@numerique.gouv.tg", {"all_days": "- > 40"}) in told
    assert ("retain_unit", "Ministère", {"trash_days": "- > 30", "minimum_days": "- > 365"}) in told


async def test_nobody_else_gives_or_sees_it(api: Api, house: House, retention: Any) -> None:
    given = pb.Retention(trash_days=1)
    calls = [
        (retention.GetAccountRetention, pb.GetAccountRetentionRequest(account_id=AGENT)),
        (retention.SetAccountRetention, pb.SetAccountRetentionRequest(account_id=AGENT, given=given)),
        (retention.GetUnitRetention, pb.GetUnitRetentionRequest(unit_id="01MINISTRY")),
        (retention.SetUnitRetention, pb.SetUnitRetentionRequest(unit_id="01MINISTRY", given=given)),
    ]
    for call, request in calls:
        with acting_as(await api.identity(AGENT)), pytest.raises(Forbidden):
            await call(request)
        with acting_as(await api.identity("01ADMIN", administers="01SANTE")), pytest.raises(NotFound):
            await call(request)
    # Who administers a directorate does not give to what is above it.
    with pytest.raises(NotFound):
        await give_unit(api, retention, "01DIRECTION", "01MINISTRY", trash_days=1)
    with pytest.raises(InvalidInput) as refused:
        await give_unit(api, retention, "01MINISTRY", "01MINISTRY", all_days=3, deleted_days=0)
    assert set(refused.value.fields) == {"all_days", "deleted_days"}
    assert await house.facts("act_recorded") == []


async def test_workspace_mail_retention(api: Api, house: House, retention: Any, authority: Authority) -> None:
    unit = "01UNIT".ljust(26, "X")
    house.people.units[unit] = Whereabouts("Bureau", (unit,))
    house.people.stands[AGENT] = Whereabouts("agent1@numerique.gouv.tg", (unit,))
    workspace = CommandLine(api, authority, await api.identity("01ADMIN", administers=unit), "retention")
    codes, said = await workspace.several(
        ["set", unit, "--unit", "--trash-days", "30", "--minimum-days", "365"],
        ["set", AGENT, "--junk-days", "7"],
        ["set", AGENT, "--trash-days", "0", "--json"],
        ["show", AGENT],
        ["set", AGENT, "--clear", "--json"],
        ["set", AGENT],
        ["set", AGENT, "--all-days", "2"],
        ["show", "01OTHER"],
    )
    assert codes == (0, 0, 0, 0, 0, 2, 1, 1)
    assert "30 (unit)" in said[0]
    assert json.loads(said[2])["given"] == {"junk_days": 7, "trash_days": 0}
    assert "7 (account)" in said[3]
    assert "365 (unit)" in said[3]
    assert "30 (settings)" in said[3]
    assert json.loads(said[4])["given"] == {}
    assert "must be 0, or 30" in said[6]
    assert "No such account" in said[7]
