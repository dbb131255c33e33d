"""What was deleted, by REST's rpcs: for oneself, and for accounts that one administers."""

import json
from datetime import timedelta
from typing import Any

import pytest
from workspace.mail.v1 import mail_pb2, recovery_pb2_grpc
from workspace.mail.v1 import recovery_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.rpc import translated
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.sharing import Function
from services.mail.domain.uids import ALL
from services.mail.usecases import expunge
from services.mail.usecases.follow_function import follow_function
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

OTHER, OTHERS_ADDRESS = "01JOTHER", "agent2@sante.gouv.tg"


@pytest.fixture
def recovery(api: Api) -> Any:
    return recovery_pb2_grpc.RecoveryServiceStub(api.channel)


async def deleted(house: House, owner: str, count: int, subject: str = "Note") -> None:
    for number in range(count):
        await house.deliver(letter(f"{subject} {number}"), owner)
    await expunge(house.mail, owner, (await house.box(owner)).id, ALL, only_deleted=False)


async def test_what_was_deleted_is_listed_page_by_page_and_put_back(
    api: Api, recovery: Any, house: House, owner: str
) -> None:
    (outcome,) = await house.deliver(letter("Supprimée"), owner)
    with acting_as(await api.identity(owner)):
        await api.messages.DeleteMessage(mail_pb2.DeleteMessageRequest(id=outcome.message_id))
    house.clock.advance(hours=1)
    await deleted(house, owner, 4)
    subjects, token = [], ""
    with acting_as(await api.identity(owner)):
        while True:
            page = await recovery.ListRecoverable(pb.ListRecoverableRequest(page_size=2, page_token=token))
            subjects += [each.subject for each in page.messages]
            token = page.next_page_token
            if not token:
                break
        assert subjects == ["Note 3", "Note 2", "Note 1", "Note 0", "Supprimée"]
        last = page.messages[-1]
        assert (last.mailbox, getattr(last, "from")) == ("INBOX", "Agent 1 <agent1@numerique.gouv.tg>")
        assert last.kept_until.ToDatetime() - last.deleted_at.ToDatetime() == timedelta(days=30)
        (back,) = (await recovery.RestoreMessages(pb.RestoreMessagesRequest(ids=[last.id]))).restored
        assert back.message_id == outcome.message_id
        found = await api.messages.GetMessage(mail_pb2.GetMessageRequest(id=back.message_id))
        assert found.mailbox_id == back.mailbox_id
        for wrong in ({"page_size": 501}, {"page_size": -1}, {"page_token": f"{OTHER}."}):
            with pytest.raises(InvalidInput), translated():
                await recovery.ListRecoverable(pb.ListRecoverableRequest(**wrong))


async def test_a_period_is_put_back_whole_and_nothing_beside_it(
    api: Api, recovery: Any, house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.mail.usecases.restore.MOST", 2)
    await deleted(house, owner, 1, "Avant")
    house.clock.advance(hours=1)
    first = house.clock.moment
    await deleted(house, owner, 5)
    house.clock.advance(hours=1)
    end = house.clock.moment
    await deleted(house, owner, 1, "Après")
    request, backwards = pb.RestorePeriodRequest(), pb.RestorePeriodRequest()
    request.deleted_from.FromDatetime(first)
    request.deleted_before.FromDatetime(end)
    backwards.deleted_from.FromDatetime(end)
    backwards.deleted_before.FromDatetime(first)
    with acting_as(await api.identity(owner)):
        answers = [await recovery.RestorePeriod(request) for _ in range(4)]
        with pytest.raises(InvalidInput), translated():
            await recovery.RestorePeriod(backwards)
    assert [(each.restored, each.more) for each in answers] == [(2, True), (2, True), (1, False), (0, False)]
    assert (await house.box(owner)).messages == 5
    assert len(await house.mail.store.recoverable.page(owner, "", 10)) == 2


async def test_an_administrator_puts_back_unseen_in_its_own_units_and_the_audit_log_keeps_it(
    api: Api, recovery: Any, house: House
) -> None:
    house.people.heard[OTHERS_ADDRESS] = OTHER
    house.people.stands[OTHER] = Whereabouts(OTHERS_ADDRESS, ("01HEALTH", "01HOSPITAL"))
    await deleted(house, OTHER, 3)
    request = pb.RestorePeriodRequest(address=OTHERS_ADDRESS)
    for administers in (None, "01ECONOMY"):
        with acting_as(await api.identity("01ADMIN", administers=administers)):
            for address in (OTHERS_ADDRESS, "personne@sante.gouv.tg"):
                with pytest.raises(Forbidden), translated():
                    await recovery.RestorePeriod(pb.RestorePeriodRequest(address=address))
    with acting_as(await api.identity("01ADMIN", administers="01HEALTH")):
        assert not (await recovery.ListRecoverable(pb.ListRecoverableRequest())).messages
        (kept, *_) = await house.mail.store.recoverable.page(OTHER, "", 1)
        with pytest.raises(NotFound), translated():
            await recovery.RestoreMessages(pb.RestoreMessagesRequest(ids=[f"{OTHER}.{kept.id}"]))
        assert (await recovery.RestorePeriod(request)).restored == 3
        assert (await recovery.RestorePeriod(request)).restored == 0
    assert (await house.box(OTHER)).messages == 3
    (act,) = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert (act["act"], act["target_id"], act["target_name"]) == ("restore_mail", OTHER, OTHERS_ADDRESS)
    assert (act["details"], act["unit_path"]) == ({"messages": "3"}, ["01HEALTH", "01HOSPITAL"])


async def test_whoever_holds_a_function_puts_back_in_its_mailboxes(
    api: Api, recovery: Any, house: House, owner: str
) -> None:
    await follow_function(house.mail, Function("01JFUNCTION", "courrier@sante.gouv.tg", (owner,), True, 1))
    await deleted(house, "01JFUNCTION", 2)
    request = pb.RestorePeriodRequest(address="Courrier@sante.gouv.tg")
    for account in ("01JOTHER", "01JNOBODY"):
        with acting_as(await api.identity(account)), pytest.raises(Forbidden), translated():
            await recovery.RestorePeriod(request)
    with acting_as(await api.identity(owner)):
        assert (await recovery.RestorePeriod(request)).restored == 2
    assert (await house.box("01JFUNCTION")).messages == 2
    (act,) = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert (act["act"], act["target_name"]) == ("restore_mail", "courrier@sante.gouv.tg")
    await follow_function(house.mail, Function("01JFUNCTION", "courrier@sante.gouv.tg", (OTHER,), True, 2))
    with acting_as(await api.identity(owner)), pytest.raises(Forbidden), translated():
        await recovery.RestorePeriod(request)
