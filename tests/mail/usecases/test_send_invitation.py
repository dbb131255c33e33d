"""What calendar asks for leaves once, as a letter of the account's that calendars and people read."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.errors import Unavailable
from chassis.people import People
from services.mail.domain.invitation import LARGEST, MOST_ATTENDEES, Invitation
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.mime import Address
from services.mail.usecases import list_messages
from services.mail.usecases.send_invitation import Asked, send_invitation
from services.mail.usecases.special_mailbox import special_mailbox
from tests.mail.house import House

ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Réunion\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
OWN, OTHER = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"
OUTSIDE = Address("Partenaire", "partenaire@example.org")
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
async def people(house: House, owner: str) -> People:
    house.people.heard = {OWN: owner, OTHER: "01JSECOND"}
    house.people.away = Unavailable("nobody is asked here")
    known = People(house.database)
    await known.told(AccountFact(account_id=owner, address=OWN, display_name="Agent Un"), 1, AT)
    return known


def asked(owner: str, *attendees: Address, **changed: Any) -> Asked:
    whom = attendees or (OUTSIDE, Address("", OTHER))
    said = Invitation(whom, "REQUEST", "Réunion de service", "Vous êtes invité.", ICS)
    own = {name: changed.pop(name) for name in ("id", "sender") if name in changed}
    return replace(Asked("01REQUEST", AT, owner, "", "uid-1", replace(said, **changed)), **own)


async def octets(house: House) -> bytes:
    (entry,) = house.queued.entries
    return b"".join([piece async for piece in house.mail.blobs.open(entry["blob"])])


async def refused(house: House) -> list[dict[str, Any]]:
    return [json.loads(each["body"])["data"] for each in await house.facts("invitation_refused")]


async def test_an_invitation_leaves_once_as_the_accounts_letter(house: House, people: People, owner: str) -> None:
    for _ in range(2):
        await send_invitation(house.mail, people, asked(owner))
    # By its id alone, not only by its octets.
    await send_invitation(house.mail, people, asked(owner, text="Autre texte"))
    made = message_from_bytes(await octets(house), policy=default)
    assert made["from"] == "Agent Un <agent1@numerique.gouv.tg>"
    assert made["to"] == f"Partenaire <{OUTSIDE.address}>, {OTHER}"
    assert (made["subject"], made["message-id"]) == ("Réunion de service", "<invitation.01request@numerique.gouv.tg>")
    alternative, file = made.iter_parts()
    words, calendar = alternative.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert words.get_content().strip() == "Vous êtes invité."
    assert (calendar.get_content_type(), calendar.get_param("method")) == ("text/calendar", "REQUEST")
    assert calendar.get_payload(decode=True).decode() == ICS
    assert (file.get_filename(), file.get_content_type()) == ("invite.ics", "application/ics")
    sent = await special_mailbox(house.mail, owner, SpecialUse.SENT)
    assert len((await list_messages(house.mail, owner, sent.id, count=5)).messages) == 1
    # The colleague's calendar hears of it.
    assert len(await house.facts("calendar_part_received")) == 1
    assert await refused(house) == []


async def test_words_alone_are_a_plain_letter(house: House, people: People, owner: str) -> None:
    await send_invitation(house.mail, people, asked(owner, OUTSIDE, method="", content=""))
    made = message_from_bytes(await octets(house), policy=default)
    assert (made.get_content_type(), made.get_content().strip()) == ("text/plain", "Vous êtes invité.")
    assert (made["subject"], made["from"]) == ("Réunion de service", "Agent Un <agent1@numerique.gouv.tg>")
    assert await refused(house) == []


async def test_what_says_a_secret_to_its_reader_stays_with_nobody_else(
    house: House, people: People, owner: str
) -> None:
    """A link by which somebody without an account answers is not for whoever asks."""
    with_link = asked(owner, OUTSIDE, method="", content="", text="https://bureau.gouv.tg/sondage/secret")
    await send_invitation(house.mail, people, replace(with_link, secret=True))
    made = message_from_bytes(await octets(house), policy=default)
    assert "sondage/secret" in made.get_content()
    (entry,) = house.queued.entries
    assert entry["wishes"].ret == "HDRS"
    sent = await special_mailbox(house.mail, owner, SpecialUse.SENT)
    assert (await list_messages(house.mail, owner, sent.id, count=5)).messages == []
    assert await house.facts("message_sent") == []
    assert await refused(house) == []


async def test_one_address_that_is_wrong_keeps_it_from_nobody_else(house: House, people: People, owner: str) -> None:
    for _ in range(2):
        await send_invitation(house.mail, people, asked(owner, OUTSIDE, Address("", "personne@gouv.tg")))
    assert [entry["recipients"] for entry in house.queued.entries] == [(OUTSIDE.address,)]
    (told,) = await refused(house)
    assert (told["reason"], told["recipients"], told["uid"]) == ("unknown_recipient", ["personne@gouv.tg"], "uid-1")


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("invalid_input", {"method": "CANCEL"}),
        ("invalid_input", {"method": "REQUEST; x=y"}),
        ("invalid_input", {"content": "Bonjour"}),
        ("invalid_input", {"content": ""}),
        ("invalid_input", {"method": ""}),
        ("invalid_input", {"content": ICS.replace("METHOD:REQUEST", "METHOD:REQUEST\r\nMETHOD:CANCEL")}),
        ("invalid_input", {"attendees": ()}),
        ("invalid_input", {"attendees": [Address("", "a\r\nBcc: b@example.org")]}),
        ("invalid_input", {"attendees": [Address("", f"a{n}@example.org") for n in range(MOST_ATTENDEES + 1)]}),
        ("too_large", {"content": ICS.replace("Réunion", "x" * LARGEST)}),
        ("forbidden", {"sender": "ministre@gouv.tg"}),
    ],
)
async def test_what_cannot_be_sent_is_told_once(
    house: House, people: People, owner: str, reason: str, changed: dict[str, Any]
) -> None:
    for _ in range(2):
        await send_invitation(house.mail, people, asked(owner, **changed))
    assert [each["reason"] for each in await refused(house)] == [reason]
    assert house.queued.entries == []


async def test_nobody_writes_for_a_suspended_account_or_one_that_is_gone(
    house: House, people: People, owner: str
) -> None:
    await send_invitation(house.mail, people, asked("01NOBODY"))
    await house.database["people"].update_one({"_id": owner}, {"$set": {"suspended": True}})
    await send_invitation(house.mail, people, asked(owner))
    assert sorted(each["reason"] for each in await refused(house)) == ["forbidden", "not_found"]
    assert house.queued.entries == []


async def test_invitations_count_against_the_sending_limits(house: House, people: People, owner: str) -> None:
    many = [Address("", f"a{n}@example.org") for n in range(400)]
    for number in range(3):
        await send_invitation(house.mail, people, asked(owner, *many, id=f"01REQUEST{number}"))
    assert [each["reason"] for each in await refused(house)][-1:] == ["too_many_requests"]
    assert len(house.queued.entries) < 3


async def test_a_name_cannot_break_the_letter(house: House, people: People, owner: str) -> None:
    odd = Address('X"\r\nBcc: <b@example.org>', "a@example.org")
    await send_invitation(house.mail, people, asked(owner, odd, subject="Réunion\r\nBcc: c@example.org"))
    made = message_from_bytes(await octets(house), policy=default)
    assert (made["bcc"], made["to"].addresses[0].addr_spec) == (None, "a@example.org")


async def test_an_address_that_is_not_ascii_stays_as_it_is(house: House, people: People, owner: str) -> None:
    await send_invitation(house.mail, people, asked(owner, Address("Réception", "réception@example.org")))
    (entry,) = house.queued.entries
    assert (entry["recipients"], entry["utf8"]) == (("réception@example.org",), True)
    assert "To: Réception <réception@example.org>\r\n" in (await octets(house)).decode()
