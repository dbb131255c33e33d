"""Mail that comes over from elsewhere: with its dates and flags, once, into accounts that one may bring mail to."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import imports_pb2 as pb
from workspace.mail.v1 import imports_pb2_grpc

from chassis.errors import Forbidden, InvalidInput, NotFound, OverQuota
from chassis.identity import acting_as
from chassis.rpc import translated
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.importing import imported_id
from services.mail.domain.options import Options
from services.mail.domain.quota import Quota
from services.mail.domain.uids import ALL
from services.mail.usecases import expunge, find_mailbox, list_mailboxes, move
from services.mail.usecases.erase_account import begin_erasure, erase_due
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

OTHER, OTHERS_ADDRESS = "01JOTHER", "agent2@sante.gouv.tg"
THEN = datetime(2019, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def imports(api: Api) -> Any:
    return imports_pb2_grpc.ImportServiceStub(api.channel)


async def begun(api: Api, imports: Any, who: str, address: str = "", **identity: Any) -> str:
    with acting_as(await api.identity(who, **identity)):
        made = await imports.BeginImport(pb.BeginImportRequest(address=address, source="imaps://old.example.org"))
    return str(made.id)


async def brought(
    api: Api, imports: Any, who: str, import_id: str, key: str, source: bytes = letter("Ancien"), **fields: Any
) -> pb.ImportedMessage:
    async def requests() -> AsyncIterator[pb.ImportMessageRequest]:
        first = pb.ImportMessageRequest(import_id=import_id, mailbox=fields.get("mailbox", "INBOX"), key=key)
        first.flags.extend(fields.get("flags", ()))
        if "received_at" in fields:
            first.received_at.FromDatetime(fields["received_at"])
        yield first
        yield pb.ImportMessageRequest(source=HttpBody(data=source))
        if not fields.get("cut"):
            yield pb.ImportMessageRequest(last=True)

    with acting_as(await api.identity(who)), translated():
        found: pb.ImportedMessage = await imports.ImportMessage(requests())
    return found


async def missing(api: Api, imports: Any, who: str, import_id: str, keys: Sequence[str]) -> list[str]:
    with acting_as(await api.identity(who)):
        return list((await imports.ListMissing(pb.ListMissingRequest(import_id=import_id, keys=keys))).keys)


async def test_messages_come_with_their_date_and_flags_into_their_mailboxes(
    api: Api, imports: Any, house: House, owner: str
) -> None:
    an_import = await begun(api, imports, owner)
    for mailbox in ("Archives/2019", "Archives/2019", "INBOX"):
        await brought(
            api, imports, owner, an_import, f"{mailbox} {new_key()}", mailbox=mailbox,
            flags=["\\Seen", "\\Flagged"], received_at=THEN,
        )  # fmt: skip
    box = await find_mailbox(house.mail, owner, "Archives/2019")
    rows = await house.mail.store.messages.listed(owner, box.id, 1, box.uid_next)
    assert [(row.internal_date, row.flags) for row in rows] == [(THEN, ("\\Flagged", "\\Seen"))] * 2
    with acting_as(await api.identity(owner)):
        (told,) = (await imports.ListImports(pb.ListImportsRequest())).imports
    assert (told.id, told.messages, told.source) == (an_import, 3, "imaps://old.example.org")
    assert told.octets == 3 * len(letter("Ancien"))


_keys = iter(range(1000))


def new_key() -> str:
    return str(next(_keys))


async def test_nothing_comes_twice_wherever_it_went(api: Api, imports: Any, house: House, owner: str) -> None:
    an_import = await begun(api, imports, owner)
    first = await brought(api, imports, owner, an_import, "a")
    box = await house.box(owner)
    archive = await find_mailbox(house.mail, owner, "Archive")
    await move(house.mail, owner, box.id, ALL, archive.id)
    another = await begun(api, imports, owner)
    again = await asyncio.gather(*(brought(api, imports, owner, another, "a") for _ in range(3)))
    assert {(each.id, each.repeated) for each in again} == {(first.id, True)}
    assert await missing(api, imports, owner, another, ["a", "b", "c"]) == ["b", "c"]
    assert (await house.box(owner)).messages == 0
    await expunge(house.mail, owner, archive.id, ALL, only_deleted=False)
    assert await missing(api, imports, owner, another, ["a"]) == ["a"]


async def test_the_same_message_at_once_comes_once(api: Api, imports: Any, house: House, owner: str) -> None:
    an_import = await begun(api, imports, owner)
    made = await asyncio.gather(*(brought(api, imports, owner, an_import, "a", mailbox="Neuf/Sous") for _ in range(4)))
    assert len({each.id for each in made}) == 1
    assert sum(not each.repeated for each in made) == 1
    assert (await find_mailbox(house.mail, owner, "Neuf/Sous")).messages == 1


async def test_an_administrator_brings_mail_to_accounts_of_its_units_and_the_audit_log_keeps_it(
    api: Api, imports: Any, house: House
) -> None:
    house.people.heard[OTHERS_ADDRESS] = OTHER
    house.people.stands[OTHER] = Whereabouts(OTHERS_ADDRESS, ("01HEALTH", "01HOSPITAL"))
    for administers in (None, "01ECONOMY"):
        with pytest.raises(Forbidden):
            await begun(api, imports, "01ADMIN", OTHERS_ADDRESS, administers=administers)
        with pytest.raises(Forbidden):
            await begun(api, imports, "01ADMIN", "personne@sante.gouv.tg", administers=administers)
    with pytest.raises(NotFound):
        await begun(api, imports, "01ADMIN", "personne@sante.gouv.tg", administers="")
    an_import = await begun(api, imports, "01ADMIN", OTHERS_ADDRESS, administers="01HEALTH")
    assert an_import.startswith(f"{OTHER}.")
    await brought(api, imports, "01ADMIN", an_import, "a")
    assert (await house.box(OTHER)).messages == 1
    found = await house.database["notices"].find({"pending": 1}).to_list(10)
    (act,) = [json.loads(fact["body"])["data"] for each in found for fact in each["outbox"]]
    assert (act["act"], act["target_id"], act["target_name"]) == ("import_mail", OTHER, OTHERS_ADDRESS)
    for who in (OTHER, "01JSOMEBODYELSE"):
        with pytest.raises(NotFound):
            await brought(api, imports, who, an_import, "b")
        with pytest.raises(NotFound):
            await missing(api, imports, who, an_import, ["a"])


async def test_what_cannot_be_kept_is_refused(api: Api, imports: Any, house: House, owner: str) -> None:
    an_import = await begun(api, imports, owner)
    for wrong in (
        {"key": ""}, {"key": "k" * 501}, {"mailbox": "a//b"}, {"mailbox": "a\x00"}, {"flags": ["\\Unheard of"]},
        {"cut": True},
    ):  # fmt: skip
        fields = {"key": "a", **wrong}
        with pytest.raises(InvalidInput):
            await brought(api, imports, owner, an_import, str(fields.pop("key")), **fields)
    with pytest.raises(InvalidInput):
        await missing(api, imports, owner, an_import, ["k"] * 1001)
    with acting_as(await api.identity(owner)):
        for source in ("", "a\nb", "x" * 201):
            with pytest.raises(InvalidInput):
                await imports.BeginImport(pb.BeginImportRequest(source=source))
    assert (await house.box(owner)).messages == 0
    assert len(await list_mailboxes(house.mail, owner)) == 6


async def test_a_date_to_come_is_now(api: Api, imports: Any, house: House, owner: str) -> None:
    an_import = await begun(api, imports, owner)
    await brought(api, imports, owner, an_import, "a", received_at=house.clock.moment + timedelta(days=900))
    box = await house.box(owner)
    (row,) = await house.mail.store.messages.listed(owner, box.id, 1, box.uid_next)
    assert row.internal_date == house.clock.moment


async def test_it_stops_at_the_quota_and_goes_on_after(api: Api, imports: Any, house: House, owner: str) -> None:
    an_import = await begun(api, imports, owner)
    object.__setattr__(house.mail, "options", Options(quota=Quota(messages=1)))
    house.mail.known.limits.clear()
    await brought(api, imports, owner, an_import, "a")
    with pytest.raises(OverQuota):
        await brought(api, imports, owner, an_import, "b")
    assert await missing(api, imports, owner, an_import, ["a", "b"]) == ["b"]
    object.__setattr__(house.mail, "options", Options(quota=Quota(messages=2)))
    house.mail.known.limits.clear()
    assert not (await brought(api, imports, owner, an_import, "b")).repeated


async def test_imports_go_with_the_account(api: Api, imports: Any, house: House, owner: str) -> None:
    an_import = await begun(api, imports, owner)
    await begin_erasure(house.mail, owner)
    await erase_due(house.mail)
    assert await house.mail.store.imports.of(owner) == []
    with pytest.raises(NotFound):
        await brought(api, imports, owner, an_import, "a")


def test_ids_are_of_the_account_and_the_key_and_of_no_clock() -> None:
    assert imported_id("a", "k") == imported_id("a", "k")
    assert len({imported_id("a", "k"), imported_id("b", "k"), imported_id("a", "l")}) == 3
    assert imported_id("a", "k")[0] > "7"
    assert len(imported_id("a", "k")) == 26
