"""Auditors search and read the mail of the custodians of the matters that they are named for, and nothing else."""

import json
from typing import Any

import pytest
from workspace.mail.v1 import auditing_pb2 as pb
from workspace.mail.v1 import auditing_pb2_grpc

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.people import Person
from chassis.rpc import translated
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.flags import FlagAction
from services.mail.domain.matters import Matter
from services.mail.domain.uids import ALL
from services.mail.usecases import audit_matter, expunge, store_flags
from services.mail.usecases.matters import About, close_matter, open_matter
from services.mail.usecases.recoverable import forget_recoverable
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

AGENT, ADDRESS, OTHER = "01AGENT1", "agent1@numerique.gouv.tg", "01AGENT2"
AUDITOR, MINISTRY = "01AUDITOR", "01MINISTRY"
NOBODY = "01NOBODY"


@pytest.fixture
def auditing(api: Api, house: House) -> Any:
    house.people.heard = {ADDRESS: AGENT, "auditeur@gouv.tg": AUDITOR, "autre@gouv.tg": "01SECOND"}
    house.people.persons = [
        Person(AGENT, (ADDRESS,), "Agent 1", MINISTRY, (MINISTRY,), suspended=False, version=1),
        Person(OTHER, ("agent2@numerique.gouv.tg",), "Agent 2", MINISTRY, (MINISTRY,), suspended=False, version=1),
    ]
    house.people.stands = {AGENT: Whereabouts(ADDRESS, (MINISTRY,)), OTHER: Whereabouts("b@gouv.tg", (MINISTRY,))}
    return auditing_pb2_grpc.MatterAuditServiceStub(api.channel)


async def opened(api: Api, house: House, *, unit: bool = False, auditor: str = "auditeur@gouv.tg") -> Matter:
    """About an account or, with both as its custodians, about their unit."""
    about = About("" if unit else AGENT, MINISTRY if unit else "", Whereabouts(ADDRESS, (MINISTRY,)))
    with acting_as(admin := await api.identity("01ADMIN", administers=MINISTRY)):
        matter = await open_matter(house.mail, admin, about, "Affaire 12", [auditor], None)
    if unit:
        await house.mail.store.custodies.add_all([AGENT, OTHER], matter.id)
    return matter


async def removed(house: House, owner: str) -> None:
    box = await house.box(owner)
    await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, ["\\Deleted"])
    await expunge(house.mail, owner, box.id)


async def everything(auditing: Any, matter: Matter, **asked: Any) -> list[pb.MatterMessage]:
    """All pages."""
    found, token = [], ""
    while True:
        request = pb.SearchMatterRequest(matter_id=matter.id, page_token=token, **asked)
        answer = await auditing.SearchMatter(request)
        found += answer.messages
        assert len(answer.messages) <= (request.page_size or 50)
        if not (token := answer.next_page_token):
            return found


async def source(auditing: Any, matter_id: str, message_id: str) -> bytes:
    request = pb.GetMatterMessageSourceRequest(matter_id=matter_id, id=message_id)
    return b"".join([each.data async for each in auditing.GetMatterMessageSource(request)])


async def three_places(house: House, owner: str) -> None:
    """A message that is kept for matters alone, one that can be had back, one that is there."""
    await house.deliver(letter("Un", "marché secret"), owner)
    await removed(house, owner)
    house.clock.advance(days=31)
    await forget_recoverable(house.mail)
    await house.deliver(letter("Deux", "autre chose"), owner)
    await removed(house, owner)
    await house.deliver(letter("Trois", "marché public"), owner)


async def test_an_auditor_finds_and_reads_what_is_there_was_deleted_and_is_kept(
    api: Api, house: House, auditing: Any
) -> None:
    matter = await opened(api, house)
    await three_places(house, AGENT)
    with acting_as(await api.identity(AUDITOR, "auditeur@gouv.tg", audits=MINISTRY)):
        (listed,) = (await auditing.ListAuditedMatters(pb.ListAuditedMattersRequest())).matters
        assert (listed.id, listed.about, listed.reason) == (matter.id, ADDRESS, "Affaire 12")
        (custodian,) = (await auditing.ListCustodians(pb.ListCustodiansRequest(matter_id=matter.id))).custodians
        assert (custodian.account_id, custodian.address) == (AGENT, ADDRESS)
        found = await everything(auditing, matter)
        assert [(each.subject, each.kept_because) for each in found] == [
            ("Trois", ""), ("Deux", "deleted"), ("Un", "expired"),
        ]  # fmt: skip
        assert {(each.custodian, each.mailbox) for each in found} == {(AGENT, "INBOX")}
        for each in found:
            octets = await source(auditing, matter.id, each.id)
            assert len(octets) == each.size
            assert f"Subject: {each.subject}".encode() in octets


async def test_each_condition_narrows_what_is_found_wherever_it_is(api: Api, house: House, auditing: Any) -> None:
    matter = await opened(api, house)
    await three_places(house, AGENT)
    day = house.clock().date().isoformat()
    conditions: list[tuple[dict[str, str], list[str]]] = [
        ({"text": "marche"}, ["Trois", "Un"]),
        ({"subject": "deux"}, ["Deux"]),
        ({"from": "agent1"}, ["Trois", "Deux", "Un"]),
        ({"from": "personne"}, []),
        ({"to": "agent2@sante.gouv.tg"}, ["Trois", "Deux", "Un"]),
        ({"since": day}, ["Trois", "Deux"]),
        ({"before": day}, ["Un"]),
        ({"mailbox": "INBOX", "text": "chose"}, ["Deux"]),
        ({"mailbox": "Archive"}, []),
    ]
    with acting_as(await api.identity(AUDITOR, audits="")):
        for asked, subjects in conditions:
            assert [each.subject for each in await everything(auditing, matter, **asked)] == subjects, asked
        for wrong in ({"since": "hier"}, {"text": "x" * 501}, {"page_size": 101}, {"page_token": "$"}):
            with pytest.raises(InvalidInput), translated():
                await auditing.SearchMatter(pb.SearchMatterRequest(matter_id=matter.id, **wrong))


async def test_pages_are_small_whole_and_tell_each_message_once(
    api: Api, house: House, auditing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_matter, "LOOKED_AT_ONCE", 2)
    monkeypatch.setattr(audit_matter, "KEPT_AT_ONCE", 2)
    monkeypatch.setattr(audit_matter, "STEPS", 1)
    matter = await opened(api, house, unit=True)
    for owner in (AGENT, OTHER):
        for number in range(5):
            await house.deliver(letter(f"Avant {number}"), owner)
        await removed(house, owner)
        for number in range(5):
            await house.deliver(letter(f"Après {number}"), owner)
    with acting_as(await api.identity(AUDITOR, audits=MINISTRY)):
        for size in (1, 3, 50):
            found = await everything(auditing, matter, page_size=size)
            assert len({each.id for each in found}) == len(found) == 20
        assert {each.custodian for each in await everything(auditing, matter, custodian=OTHER)} == {OTHER}
        page = await auditing.ListCustodians(pb.ListCustodiansRequest(matter_id=matter.id, page_size=1))
        rest = pb.ListCustodiansRequest(matter_id=matter.id, page_token=page.next_page_token)
        assert [each.account_id for each in (await auditing.ListCustodians(rest)).custodians] == [OTHER]


async def test_no_other_matter_and_no_other_account_is_there(api: Api, house: House, auditing: Any) -> None:
    matter = await opened(api, house)
    other = await opened(api, house, auditor="autre@gouv.tg")
    closed = await opened(api, house)
    admin = await api.identity("01ADMIN", administers=MINISTRY)
    with acting_as(admin):
        await close_matter(house.mail, admin, closed.id)
    await house.deliver(letter("Secret"), AGENT)
    (outcome,) = await house.deliver(letter("Secret"), OTHER)
    with acting_as(auditor := await api.identity(AUDITOR, audits=MINISTRY)):
        (mine,) = await everything(auditing, matter)
        theirs = f"{OTHER}.living.{outcome.message_id}"
        listed = (await auditing.ListAuditedMatters(pb.ListAuditedMattersRequest())).matters
        assert [each.id for each in listed] == [matter.id]
    lost_role = await api.identity(AUDITOR, audits="01SANTE")
    told: set[str] = set()
    for identity, matter_id in ((auditor, other.id), (auditor, closed.id), (auditor, NOBODY), (lost_role, matter.id)):
        with acting_as(identity):
            for call in (
                auditing.ListCustodians(pb.ListCustodiansRequest(matter_id=matter_id)),
                auditing.SearchMatter(pb.SearchMatterRequest(matter_id=matter_id)),
                source(auditing, matter_id, mine.id),
            ):
                with pytest.raises(NotFound) as caught, translated():
                    await call
                told.add(str(caught.value))
    assert len(told) == 1
    with acting_as(lost_role):
        assert not (await auditing.ListAuditedMatters(pb.ListAuditedMattersRequest())).matters
    with acting_as(auditor):
        # Its token says "01AGENT2 living  ".
        made_up = pb.SearchMatterRequest(matter_id=matter.id, page_token="MDFBR0VOVDIgbGl2aW5nICA")
        for refused in (pb.SearchMatterRequest(matter_id=matter.id, custodian=OTHER), made_up):
            with pytest.raises(NotFound), translated():
                await auditing.SearchMatter(refused)
        for message_id in (theirs, f"{OTHER}.deleted.{NOBODY}", f"{AGENT}.living.{outcome.message_id}", "x", "a.b.c"):
            with pytest.raises(NotFound), translated():
                await source(auditing, matter.id, message_id)
    for identity in (admin, await api.identity(AGENT)):
        with acting_as(identity), pytest.raises(Forbidden), translated():
            await auditing.SearchMatter(pb.SearchMatterRequest(matter_id=matter.id))


async def test_each_question_is_told_before_it_is_answered(
    api: Api, house: House, auditing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    matter = await opened(api, house)
    await house.deliver(letter("Secret"), AGENT)
    with acting_as(await api.identity(AUDITOR, "auditeur@gouv.tg", audits="")):
        (found,) = await everything(auditing, matter, text="secret")
        await source(auditing, matter.id, found.id)
        await auditing.ListCustodians(pb.ListCustodiansRequest(matter_id=matter.id))
        facts = [json.loads(each["body"])["data"] for each in await house.facts("act_recorded")]
        acts = [each for each in facts if each["act"] != "open_matter"]
        assert [each["act"] for each in acts] == ["search_matter", "read_matter_message", "list_custodians"]
        for each in acts:
            assert (each["target_id"], each["actor_name"]) == (matter.id, "auditeur@gouv.tg")
            assert not each.get("unit_path")
        assert acts[0]["details"]["text"] == "secret"
        assert acts[1]["details"]["custodian"] == AGENT

        async def fails(*_: Any, **__: Any) -> None:
            raise NotFound("No room for the fact")

        monkeypatch.setattr(house.mail.store.notices, "tell", fails)
        with pytest.raises(NotFound), translated():
            await source(auditing, matter.id, found.id)
        with pytest.raises(NotFound), translated():
            await everything(auditing, matter)
