"""The calendar hears of what letters have for it, once, with what is known of who sent it."""

import base64
import json
from typing import Any

import pytest

from services.mail.domain.authentication.found import Found
from services.mail.domain.authentication.verdicts import Result
from services.mail.domain.envelope import Delivery, Recipient, Sender
from services.mail.domain.message import Content
from services.mail.usecases import deliver, send
from services.mail.usecases.scripts import activate_script
from tests.mail.house import House, chunked, letter

ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Réunion\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
OWN, OTHER = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"
FOUND = Found(b"mx; dmarc=pass", proven=("example.org",), dmarc=Result.PASS)


def invitation(ics: str = ICS, kind: str = 'text/calendar; method="request"; charset=utf-8', **fields: str) -> bytes:
    body = base64.encodebytes(ics.encode()).decode().replace("\n", "\r\n")
    parts = f"--b\r\nContent-Type: text/plain\r\n\r\nVenez.\r\n--b\r\nContent-Type: {kind}\r\n"
    parts += f"Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n--b--\r\n"
    return letter("Réunion", parts, Content_Type='multipart/alternative; boundary="b"', **fields)


async def told(house: House) -> list[dict[str, Any]]:
    return [json.loads(each["body"])["data"] for each in await house.facts("calendar_part_received")]


async def arrive(house: House, owner: str, source: bytes | Content, **options: Any) -> None:
    content = await house.content(source) if isinstance(source, bytes) else source
    to = [Delivery(Recipient(owner, OWN), found=FOUND, **options)]
    await deliver(house.mail, sender="chef@example.org", content=content, deliveries=to)


async def test_a_letter_with_an_invitation_tells_the_calendar_once(house: House, owner: str) -> None:
    for _ in range(2):
        await arrive(house, owner, invitation())
    (fact,) = await told(house)
    del fact["@type"]
    message_id = fact.pop("message_id")
    assert fact == {
        "account_id": owner, "part": "2", "method": "REQUEST", "size": fact["size"], "content": ICS,
        "sender": "chef@example.org", "recipient": OWN, "author": OWN, "inside": False,
        "proven_domains": ["example.org"], "dmarc": "pass", "rfc_message_id": "<Réunion@numerique.gouv.tg>",
    }  # fmt: skip
    # It is written with the message itself, so that neither is there without the other.
    document = await house.database["messages"].find_one({"owner": owner})
    assert [each["type"] for each in document["outbox"]] == ["message_received", "calendar_part_received"]
    assert document["_id"].endswith(message_id)


async def test_a_large_part_is_told_by_its_place(house: House, owner: str) -> None:
    await arrive(house, owner, invitation(ICS.replace("Réunion", "x" * 300_000)))
    (fact,) = await told(house)
    assert (fact["part"], fact["content"]) == ("2", "")
    assert int(fact["size"]) > 300_000


async def test_a_part_as_large_as_calendar_sends_is_told(house: House, owner: str) -> None:
    ics = ICS.replace("Réunion", "x" * 250_000)
    await arrive(house, owner, invitation(ics))
    (fact,) = await told(house)
    assert fact["content"] == ics


@pytest.mark.parametrize(
    "kind", ["text/calendar", "text/calendar; method=", 'text/calendar; method="a b"', "text/plain; method=REQUEST"]
)
async def test_without_a_method_nothing_is_told(house: House, owner: str, kind: str) -> None:
    await arrive(house, owner, invitation(kind=kind))
    assert await told(house) == []


async def test_of_junk_nothing_is_told(house: House, owner: str) -> None:
    await arrive(house, owner, invitation(), junk=True)
    assert await told(house) == []
    assert len(await house.facts("message_received")) == 1


async def test_a_script_that_keeps_two_copies_tells_once(house: House, owner: str) -> None:
    house.people.heard = {OWN: owner}
    source = b'require ["fileinto", "copy", "mailbox"]; fileinto :create :copy "Agenda";'
    seen = await house.mail.store.scripts.of(owner)
    await house.mail.store.scripts.keep(owner, seen, seen.put("tri", source))
    await activate_script(house.mail, owner, "tri")
    await arrive(house, owner, invitation())
    assert len(await told(house)) == 1
    assert await house.database["messages"].count_documents({"owner": owner}) == 2


async def test_what_was_sent_here_is_known_to_be(house: House, owner: str) -> None:
    house.people.heard = {OWN: owner, OTHER: "01JSECOND"}
    await send(house.mail, Sender(owner, OWN), chunked(invitation()), recipients=[OTHER])
    (fact,) = await told(house)
    assert (fact["account_id"], fact["inside"], fact["dmarc"]) == ("01JSECOND", True, "")
