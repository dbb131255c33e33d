"""Matters as administrators run them: of their own units, unseen by whom they are about."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.mail.v1 import matters_pb2 as pb
from workspace.mail.v1 import matters_pb2_grpc

from chassis.errors import Forbidden, InvalidInput, NotFound, WorkspaceError
from chassis.identity import acting_as
from chassis.rpc import translated
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.sharing import Function
from tests.mail.api.conftest import Api
from tests.mail.house import House

AGENT, ADDRESS, OTHERS = "01AGENT1", "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"


@pytest.fixture
def matters(api: Api, house: House) -> Any:
    house.people.heard = {ADDRESS: AGENT, OTHERS: "01SECOND", "auditeur@gouv.tg": "01AUDITOR"}
    house.people.stands = {
        AGENT: Whereabouts(ADDRESS, ("01MINISTRY", "01DIRECTION")),
        "01SECOND": Whereabouts(OTHERS, ("01SANTE",)),
    }
    house.people.units = {
        "01MINISTRY": Whereabouts("Ministère du numérique", ("01MINISTRY",)),
        "01SANTE": Whereabouts("Ministère de la santé", ("01SANTE",)),
    }
    return matters_pb2_grpc.MatterServiceStub(api.channel)


async def test_an_administrator_opens_lists_changes_and_closes_matters(api: Api, matters: Any) -> None:
    with acting_as(await api.identity("01ADMIN", administers="01MINISTRY")):
        asked = pb.OpenMatterRequest(reason="Affaire 12", address=ADDRESS, auditors=["auditeur@gouv.tg"])
        asked.until.FromSeconds(4_000_000_000)
        made = await matters.OpenMatter(asked)
        assert (made.account_id, made.about, made.in_force) == (AGENT, ADDRESS, True)
        whole = await matters.OpenMatter(pb.OpenMatterRequest(reason="Affaire 13", unit_id="01MINISTRY"))
        page = await matters.ListMatters(pb.ListMattersRequest(unit_id="01MINISTRY", page_size=1))
        rest = pb.ListMattersRequest(unit_id="01MINISTRY", page_token=page.next_page_token)
        assert list(page.matters) == [made]
        assert list((await matters.ListMatters(rest)).matters) == [whole]
        changed = await matters.ChangeMatter(pb.ChangeMatterRequest(id=made.id, without_end=True))
        assert not changed.HasField("until")
        closed = await matters.CloseMatter(pb.CloseMatterRequest(id=made.id))
        assert closed.HasField("closed_at")
        assert not closed.in_force
        assert await matters.GetMatter(pb.GetMatterRequest(id=made.id)) == closed
        with pytest.raises(NotFound), translated():
            await matters.CloseMatter(pb.CloseMatterRequest(id=made.id))


async def test_a_function_that_keeps_its_own_mail_is_a_national_matter(api: Api, house: House, matters: Any) -> None:
    address = "direction@numerique.gouv.tg"
    await house.mail.store.functions.told(Function("01FUNCTION", address, ("01SECOND",), True, 1))
    house.people.stands["01FUNCTION"] = Whereabouts(address)
    asked = pb.OpenMatterRequest(reason="Affaire 14", address=address)
    with acting_as(await api.identity("01ADMIN", administers="01MINISTRY")), pytest.raises(NotFound), translated():
        await matters.OpenMatter(asked)
    with acting_as(await api.identity("01NATIONAL", administers="")):
        assert (await matters.OpenMatter(asked)).account_id == "01FUNCTION"
        assert len((await matters.ListMatters(pb.ListMattersRequest())).matters) == 1


async def test_what_somebody_does_not_administer_is_not_there(api: Api, matters: Any) -> None:
    with acting_as(await api.identity("01ADMIN", administers="01MINISTRY")):
        made = await matters.OpenMatter(pb.OpenMatterRequest(reason="Affaire 12", address=ADDRESS))
        wrong: list[tuple[Any, Any, type[WorkspaceError]]] = [
            (matters.OpenMatter, pb.OpenMatterRequest(reason="x", address=OTHERS), NotFound),
            (matters.OpenMatter, pb.OpenMatterRequest(reason="x", address="personne@gouv.tg"), NotFound),
            (matters.OpenMatter, pb.OpenMatterRequest(reason="x", unit_id="01SANTE"), NotFound),
            (matters.OpenMatter, pb.OpenMatterRequest(reason="x"), InvalidInput),
            (matters.OpenMatter, pb.OpenMatterRequest(reason="x", address=ADDRESS, unit_id="01MINISTRY"), InvalidInput),
            (
                matters.OpenMatter,
                pb.OpenMatterRequest(reason="x", address=ADDRESS, until=Timestamp(seconds=10**15)),
                InvalidInput,
            ),
            (matters.ListMatters, pb.ListMattersRequest(unit_id="01SANTE"), NotFound),
            (matters.ListMatters, pb.ListMattersRequest(), InvalidInput),
            (matters.ListMatters, pb.ListMattersRequest(unit_id="01MINISTRY", page_size=101), InvalidInput),
            (matters.ListMatters, pb.ListMattersRequest(unit_id="01MINISTRY", page_token="$"), InvalidInput),
        ]
        for call, request, error in wrong:
            with pytest.raises(error), translated():
                await call(request)
    for identity in (
        await api.identity("01OTHER", administers="01SANTE"),
        await api.identity(AGENT, ADDRESS, administers="01MINISTRY", unit=["01MINISTRY", "01DIRECTION"]),
    ):
        with acting_as(identity), pytest.raises(NotFound), translated():
            await matters.GetMatter(pb.GetMatterRequest(id=made.id))
    with acting_as(await api.identity(AGENT, ADDRESS, administers="01MINISTRY", unit=["01MINISTRY", "01DIRECTION"])):
        assert not (await matters.ListMatters(pb.ListMattersRequest(unit_id="01MINISTRY"))).matters
    for other in (await api.identity(AGENT), await api.identity("01AUDITOR", audits="")):
        with acting_as(other), pytest.raises(Forbidden), translated():
            await matters.GetMatter(pb.GetMatterRequest(id=made.id))
