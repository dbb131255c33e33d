"""Invitations that come back: calendar is told of whom they did not reach, once, and by nobody who may not say so."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.errors import Unavailable
from chassis.people import People
from services.mail.domain.envelope import Delivery, Recipient
from services.mail.domain.invitation import Invitation
from services.mail.domain.mime import Address
from services.mail.domain.notice import About, Kind
from services.mail.domain.queue import Waiting, failed
from services.mail.usecases import deliver, list_messages
from services.mail.usecases.send_invitation import Asked, send_invitation
from services.mail.usecases.tell_sender import Original, tell_account
from tests.mail.house import House, letter

ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Réunion\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
OWN, HERE, THERE = "agent1@numerique.gouv.tg", "partenaire@example.org", "autre@example.org"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def people(house: House, owner: str) -> People:
    house.people.heard = {OWN: owner}
    known = People(house.database)
    await known.told(AccountFact(account_id=owner, address=OWN, display_name="Agent Un"), 1, AT)
    invitation = Invitation([Address("", HERE), Address("", THERE)], "REQUEST", "Réunion", "Bonjour", ICS)
    await send_invitation(house.mail, known, Asked("01REQUEST", AT, owner, "", "uid-1", invitation))
    return known


def report(*failed: str, status: str = "5.1.1", envid: str = "", returned: str = "invitation.01request") -> bytes:
    groups = ["Reporting-MTA: dns; mx.example.org" + (f"\r\nOriginal-Envelope-Id: {envid}" if envid else "")]
    groups += [f"Final-Recipient: rfc822; {each}\r\nAction: failed\r\nStatus: {status}" for each in failed]
    said = "\r\n\r\n".join(groups)
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    body = f"--b\r\n\r\nNon remis.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n{said}\r\n\r\n"
    body += f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{returned}@numerique.gouv.tg>\r\n\r\n--b--"
    return letter("Non remis", body, From="MAILER-DAEMON@example.org", Message_ID="", Content_Type=kind)


async def comes(house: House, owner: str, source: bytes, *, sender: str = "", junk: bool = False) -> None:
    to = [Delivery(Recipient(owner, OWN), junk=junk)]
    await deliver(house.mail, sender=sender, content=await house.content(source), deliveries=to)


async def told(house: House) -> list[dict[str, Any]]:
    return [json.loads(each["body"])["data"] for each in await house.facts("invitation_refused")]


async def test_a_report_tells_calendar_whom_the_invitation_did_not_reach(house: House, owner: str) -> None:
    await comes(house, owner, report(THERE))
    (fact,) = await told(house)
    assert (fact["account_id"], fact["request_id"], fact["uid"]) == (owner, "01REQUEST", "uid-1")
    assert (fact["recipients"], fact["reason"], fact["status"], fact["told"]) == ([THERE], "bounced", "5.1.1", True)
    # Our own, and those of servers that keep an ENVID.
    await comes(house, owner, report(HERE, status="5.4.7", envid="invitation.01request", returned="x"))
    assert [each["recipients"] for each in await told(house)] == [[THERE], [HERE]]


async def test_our_own_reports_tell_it_too(house: House, owner: str) -> None:
    """What the relay gave up: its notice names the letter as it left."""
    (entry,) = house.queued.entries
    about = About("01ENTRY", 3, OWN, house.clock(), entry["wishes"].envid)
    waiting = [Waiting(THERE, failed("5.4.7", "Given up after 5 days"))]
    original = Original(entry["blob"], entry["size"])
    for _ in range(2):
        await tell_account(house.mail, owner, house.mail.host, Kind.FAILED, about, waiting, original, house.clock())
    assert [(each["recipients"], each["status"]) for each in await told(house)] == [([THERE], "5.4.7")]
    await tell_account(house.mail, owner, house.mail.host, Kind.DELAYED, about, waiting, original, house.clock())
    assert len(await told(house)) == 1


async def test_the_same_that_comes_again_is_told_once(house: House, owner: str) -> None:
    for subject in ("A", "B"):
        await comes(house, owner, report(THERE).replace(b"Subject: Non", f"Subject: {subject}".encode()))
    assert len(await told(house)) == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (report(THERE), {"sender": "partenaire@example.org"}),
        (report(THERE), {"junk": True}),
        (report("quelquun@example.org"), {}),
        (report(THERE, returned="invitation.01other"), {}),
        (report(THERE, returned="autre"), {}),
        (report(THERE).replace(b"Action: failed", b"Action: delayed"), {}),
        (report(THERE).replace(b"report-type=delivery-status", b"report-type=feedback-report"), {}),
    ],
)
async def test_what_is_no_report_of_it_tells_nothing(
    house: House, owner: str, source: bytes, said: dict[str, Any]
) -> None:
    await comes(house, owner, source, **said)
    assert await told(house) == []


async def test_a_report_to_somebody_else_tells_nothing(house: House) -> None:
    await comes(house, "01JOTHER", report(THERE))
    assert await told(house) == []


async def test_who_dies_between_tells_it_once(house: House, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("database")

    with monkeypatch.context() as dying:
        dying.setattr(house.mail.arrivals, "do", away)
        await comes(house, owner, report(THERE))
    await comes(house, owner, report(THERE))
    assert len(await told(house)) == 1
    inbox = await list_messages(house.mail, owner, (await house.box(owner)).id, count=5)
    assert [each.subject for each in inbox.messages] == ["Non remis"]
