"""Journals are begun and ended by national administrators alone, and seen by who administers what they are about."""

import json
from typing import Any

import pytest
from workspace.mail.v1 import journals_pb2 as pb
from workspace.mail.v1 import journals_pb2_grpc

from chassis.errors import Forbidden, InvalidInput, NotFound, WorkspaceError
from chassis.identity import acting_as
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.sharing import Function
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House

AGENT, ADDRESS, ARCHIVES = "01AGENT1", "agent1@numerique.gouv.tg", "archives@numerique.gouv.tg"
MINISTRY = "01MINISTRY".ljust(26, "X")


@pytest.fixture
async def journals(api: Api, house: House) -> Any:
    """Stubs; an agent of a ministry, and an archive that somebody holds."""
    house.people.heard = {ADDRESS: AGENT}
    house.people.stands[AGENT] = Whereabouts(ADDRESS, (MINISTRY,))
    house.people.units[MINISTRY] = Whereabouts("Ministère", (MINISTRY,))
    await house.mail.store.functions.told(Function("01ARCHIVE", ARCHIVES, ("01ARCHIVIST",), True, 1))
    await house.mail.store.functions.told(Function("01POST", "poste@numerique.gouv.tg", ("01ARCHIVIST",), False, 1))
    return journals_pb2_grpc.JournalServiceStub(api.channel)


async def opened(
    api: Api, journals: Any, *to: str, by: str = "01ADMIN", administers: str = "", **about: Any
) -> pb.Journal:
    with acting_as(await api.identity(by, administers=administers)):
        found: pb.Journal = await journals.OpenJournal(pb.OpenJournalRequest(to=to, **about))
    return found


async def listed(
    api: Api, journals: Any, administers: str, by: str = "01ADMIN", unit: tuple[str, ...] = ()
) -> list[str]:
    with acting_as(await api.identity(by, administers=administers, unit=unit)):
        return [each.about for each in (await journals.ListJournals(pb.ListJournalsRequest())).journals]


async def told(api: Api, journals: Any) -> bool:
    with acting_as(await api.identity(AGENT, unit=(MINISTRY,))):
        return bool((await journals.GetOwnJournaling(pb.GetOwnJournalingRequest())).journaled)


async def test_journals_are_begun_seen_and_ended(api: Api, house: House, journals: Any) -> None:
    found = await opened(api, journals, "Archives@numerique.gouv.tg", "j@archive.example.org", unit_id=MINISTRY)
    assert (found.about, found.unit_id, list(found.to)) == ("Ministère", MINISTRY, [ARCHIVES, "j@archive.example.org"])
    assert not await told(api, journals)
    of_agent = await opened(api, journals, ARCHIVES, address=ADDRESS, told=True)
    assert of_agent.account_id == AGENT
    assert await told(api, journals)
    await opened(api, journals, ARCHIVES, domain="Gouv.TG")
    assert await listed(api, journals, "") == ["Ministère", ADDRESS, "gouv.tg"]
    assert await listed(api, journals, MINISTRY) == ["Ministère", ADDRESS]
    assert await listed(api, journals, "01SANTE") == []
    # Who is in one is not told of it by administering its unit.
    assert await listed(api, journals, MINISTRY, by=AGENT, unit=(MINISTRY,)) == [ADDRESS]
    with acting_as(await api.identity("01ADMIN", administers="")):
        await journals.EndJournal(pb.EndJournalRequest(id=of_agent.id))
        with pytest.raises(NotFound):
            await journals.EndJournal(pb.EndJournalRequest(id=of_agent.id))
    assert not await told(api, journals)
    acts = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    assert sorted((each["act"], each["details"]["about"]) for each in acts) == [
        ("end_journal", f"account {ADDRESS}"), ("open_journal", f"account {ADDRESS}"),
        ("open_journal", "domain gouv.tg"), ("open_journal", "unit Ministère"),
    ]  # fmt: skip


async def test_who_may_begin_one_and_for_whom(api: Api, house: House, journals: Any) -> None:
    refused: list[tuple[type[WorkspaceError], dict[str, Any]]] = [
        (Forbidden, {"administers": MINISTRY, "unit_id": MINISTRY}),
        (NotFound, {"administers": "01SANTE", "unit_id": MINISTRY}),
        (NotFound, {"administers": "01SANTE", "address": ADDRESS}),
        (NotFound, {"administers": MINISTRY, "domain": "gouv.tg"}),
        (NotFound, {"unit_id": "01NOWHERE"}),
        (NotFound, {"address": "personne@gouv.tg"}),
        (NotFound, {"domain": "example.org"}),
        (InvalidInput, {"domain": "é\x00"}),
        (InvalidInput, {}),
        (InvalidInput, {"unit_id": MINISTRY, "address": ADDRESS}),
    ]
    for error, about in refused:
        with pytest.raises(error):
            await opened(api, journals, ARCHIVES, **about)
    # A person reads nobody's letters by a journal, and who begins one does not hold its archive.
    for to in (
        [], ["x"], [ADDRESS], ["poste@numerique.gouv.tg"], ["personne@gouv.tg"], ["b@x.org\r\nBcc: y@x.org"],
        [f"{number}@example.org" for number in range(4)],
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            await opened(api, journals, *to, unit_id=MINISTRY)
    with pytest.raises(InvalidInput):
        await opened(api, journals, ARCHIVES, by="01ARCHIVIST", unit_id=MINISTRY)
    with acting_as(await api.identity(AGENT)):
        for call, request in (
            (journals.OpenJournal, pb.OpenJournalRequest(to=[ARCHIVES], unit_id=MINISTRY)),
            (journals.ListJournals, pb.ListJournalsRequest()),
            (journals.EndJournal, pb.EndJournalRequest(id="x")),
        ):
            with pytest.raises(Forbidden):
                await call(request)
    assert await listed(api, journals, "") == []
    assert await house.facts("act_recorded") == []


async def test_workspace_mail_journal(api: Api, house: House, journals: Any, authority: Authority) -> None:
    workspace = CommandLine(api, authority, await api.identity("01ADMIN", administers=""), "journal")
    codes, said = await workspace.several(
        ["open", ARCHIVES, "--unit", MINISTRY, "--json"],
        ["open", ARCHIVES, "--account", ADDRESS, "--told"],
        ["list"],
        ["open", ARCHIVES],
        ["open", ADDRESS, "--domain", "gouv.tg"],
    )
    assert codes == (0, 0, 0, 2, 1)
    assert ADDRESS in said[2]
    assert "Ministère" in said[2]
    assert "must be a function" in said[4]
    assert "Ministère" in await workspace("end", json.loads(said[0])["id"])
    assert "Ministère" not in await workspace("list")
