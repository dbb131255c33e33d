"""Meetings with people outside: invitations by letter, and what letters bring where their way proves the sender."""

from typing import Any

import pytest
from workspace.mail.v1.events_pb2 import CalendarPartReceived, InvitationRefused

from chassis.identity import Identity
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.scheduling.hearing import hear_part, hear_refusal
from tests.calendar.office import Office, body_of, event
from tests.calendar.scheduling.post import (
    OUTSIDE,
    answer,
    attendee_line,
    copies_of,
    copy_of,
    delivered,
    inbox,
    meeting,
    with_participation,
)

ASKED = "invitation_requested"


def message(method: str, content: bytes) -> str:
    """An object as a message of this method."""
    return content.decode().replace("VERSION:2.0", f"VERSION:2.0\r\nMETHOD:{method}", 1)


async def arrive(office: Office, to: Identity, content: str, author: str = OUTSIDE, **said: Any) -> None:
    """A letter with a message, proven to be its author's unless said otherwise."""
    office.clock.pass_by(seconds=1)
    told: dict[str, Any] = {
        "account_id": to.account_id,
        "method": content.partition("METHOD:")[2].partition("\r\n")[0],
        "content": content,
        "author": author,
        "sender": author,
        "recipient": to.address,
        "dmarc": "pass",
        "proven_domains": [author.rpartition("@")[2]],
        **said,
    }
    await hear_part(office.agenda, told.pop("id", f"letter-{office.clock().timestamp()}"), CalendarPartReceived(**told))


def reply(content: bytes, who: str, said: str, stamp: str = "20261130T120000Z") -> str:
    """What somebody answers to an invitation, as other programs write it."""
    lines = with_participation(content, who, said).decode().split("\r\n")
    lines = [f"DTSTAMP:{stamp}" if line.startswith("DTSTAMP") else line for line in lines]
    lines = [line for line in lines if not line.startswith("ATTENDEE") or who in line]
    return message("REPLY", "\r\n".join(lines).encode())


async def test_who_is_outside_is_written_to(office: Office, agent: Identity, colleague: Identity) -> None:
    kept = await office.put(agent, meeting(agent.address, [colleague.address, OUTSIDE]), "m1.ics")
    assert "SCHEDULE-STATUS=1.1" in attendee_line(kept.stored, OUTSIDE)
    (asked,) = [body_of(each) for each in await delivered(office) if each.type == ASKED]
    assert (asked["account_id"], asked["from"], asked["method"]) == (agent.account_id, agent.address, "REQUEST")
    assert [each["address"] for each in asked["attendees"]] == [OUTSIDE]
    assert asked["uid"] == "m1"
    assert "METHOD:REQUEST" in asked["content"]
    assert "Budget" in asked["subject"]
    assert asked["text"]
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "m1.ics")
    (asked,) = [body_of(each) for each in await delivered(office) if each.type == ASKED]
    assert asked["method"] == "CANCEL"


async def test_an_answer_from_outside_comes_to_the_organiser(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    await office.published()
    await arrive(office, agent, reply(kept.stored.content, OUTSIDE, "ACCEPTED"))
    mine = await copy_of(office, agent)
    assert "PARTSTAT=ACCEPTED" in attendee_line(mine, OUTSIDE)
    assert mine.schedule_tag == kept.stored.schedule_tag
    assert [body_of(each)["participation"] for each in await office.facts("invitation_replied")] == ["ACCEPTED"]


async def test_an_answer_without_organizer_as_outlook_writes_it(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    said = reply(kept.stored.content, OUTSIDE, "DECLINED")
    lines = [line for line in said.replace("\r\n ", "").split("\r\n") if not line.startswith("ORGANIZER")]
    await arrive(office, agent, "\r\n".join(lines))
    assert "PARTSTAT=DECLINED" in attendee_line(await copy_of(office, agent), OUTSIDE)


async def test_an_invitation_from_outside_waits_in_the_calendar_and_its_answer_goes_back_by_letter(
    office: Office, agent: Identity
) -> None:
    await arrive(office, agent, message("REQUEST", meeting(OUTSIDE, [agent.address])))
    copy = await copy_of(office, agent)
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(copy, agent.address)
    assert len(await inbox(office, agent)) == 1
    await answer(office, agent, "ACCEPTED")
    (asked,) = [body_of(each) for each in await delivered(office) if each.type == ASKED]
    assert (asked["method"], asked["from"]) == ("REPLY", agent.address)
    assert [each["address"] for each in asked["attendees"]] == [OUTSIDE]
    assert "PARTSTAT=ACCEPTED" in asked["content"].replace("\r\n ", "")
    await arrive(office, agent, message("CANCEL", meeting(OUTSIDE, [agent.address], "SEQUENCE:1")))
    assert (await copy_of(office, agent)).is_off


async def test_whom_mail_does_not_reach_the_meeting_says(office: Office, agent: Identity) -> None:
    await office.put(agent, meeting(agent.address, [OUTSIDE, "nobody@numerique.gouv.tg"]), "m1.ics")
    refused = InvitationRefused(
        account_id=agent.account_id, uid="m1", recipients=["nobody@numerique.gouv.tg"], reason="unknown_recipient"
    )
    before = await copy_of(office, agent)
    for _ in range(2):
        await hear_refusal(office.agenda, refused)
    after = await copy_of(office, agent)
    assert "SCHEDULE-STATUS=3.7" in attendee_line(after, "nobody@")
    assert "SCHEDULE-STATUS=1.1" in attendee_line(after, OUTSIDE)
    assert (after.schedule_tag, after.modseq) == (before.schedule_tag, before.modseq + 1)
    # Mail wrote no report of it: the organiser is written to, once.
    (letter,) = [body_of(each) for each in await office.facts("letter_requested")]
    assert letter["account_id"] == agent.account_id
    assert "Budget" in letter["subject"]
    assert "- nobody@numerique.gouv.tg" in letter["paragraphs"]
    refused.uid = "other"
    before_that = await office.state()
    await hear_refusal(office.agenda, refused)
    assert await office.state() == before_that


def came_back(agent: Identity, letter: str, status: str = "5.1.1") -> InvitationRefused:
    return InvitationRefused(
        account_id=agent.account_id, request_id=letter, uid="m1", recipients=[OUTSIDE], reason="bounced",
        status=status, told=True,
    )  # fmt: skip


async def asked_of_mail(office: Office) -> str:
    """The id of the letter that mail was just asked for."""
    (asked,) = await office.facts(ASKED)
    await office.published()
    return asked.id


@pytest.mark.parametrize(("status", "code"), [("5.1.1", "3.7"), ("5.1.10", "3.7"), ("5.4.7", "5.1"), ("5.2.2", "5.1")])
async def test_an_invitation_that_comes_back_is_said_beside_whom_it_was_for(
    office: Office, agent: Identity, status: str, code: str
) -> None:
    await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    letter = await asked_of_mail(office)
    for _ in range(2):
        await hear_refusal(office.agenda, came_back(agent, letter, status))
    copy = await copy_of(office, agent)
    assert f"SCHEDULE-STATUS={code}" in attendee_line(copy, OUTSIDE)
    # Live sessions see it; mail's own report tells the rest.
    (told,) = await office.facts()
    assert (told.type, list(told.audience)) == ("event_updated", [agent.account_id])
    # A client that writes what it last read, without what only servers say, takes nothing back.
    await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    assert f"SCHEDULE-STATUS={code}" in attendee_line(await copy_of(office, agent), OUTSIDE)


async def test_what_becomes_of_an_earlier_letter_is_no_news(office: Office, agent: Identity) -> None:
    """Told in any order: a letter that came back five days later, after another one arrived."""
    await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    first = await asked_of_mail(office)
    office.clock.pass_by(minutes=1)
    await office.put(agent, meeting(agent.address, [OUTSIDE], start="20261201T093000Z"), "m1.ics")
    second = await asked_of_mail(office)
    await hear_refusal(office.agenda, came_back(agent, first, "5.2.2"))
    assert "SCHEDULE-STATUS=1.1" in attendee_line(await copy_of(office, agent), OUTSIDE)
    await hear_refusal(office.agenda, came_back(agent, second))
    await hear_refusal(office.agenda, came_back(agent, first, "5.2.2"))
    assert "SCHEDULE-STATUS=3.7" in attendee_line(await copy_of(office, agent), OUTSIDE)


async def test_who_answered_has_got_it(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    letter = await asked_of_mail(office)
    await arrive(office, agent, reply(kept.stored.content, OUTSIDE, "ACCEPTED"))
    await hear_refusal(office.agenda, came_back(agent, letter))
    line = attendee_line(await copy_of(office, agent), OUTSIDE)
    assert "SCHEDULE-STATUS=2.0" in line
    assert "PARTSTAT=ACCEPTED" in line


async def test_what_is_noted_of_letters_stays_here(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, meeting(agent.address, [OUTSIDE, colleague.address]), "m1.ics")
    assert "X-WORKSPACE-LETTER=" in attendee_line(await copy_of(office, agent), OUTSIDE)
    (asked,) = [body_of(each) for each in await delivered(office) if each.type == ASKED]
    assert "X-WORKSPACE" not in asked["content"]
    assert b"X-WORKSPACE-LETTER" not in (await copy_of(office, colleague)).content


async def test_a_letter_of_a_colleagues_own_program_counts_as_theirs(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    """A client that writes iMIP itself, with SCHEDULE-AGENT=CLIENT."""
    content = message("REQUEST", meeting(agent.address, [colleague.address]))
    await arrive(office, colleague, content, agent.address, inside=True, dmarc="", proven_domains=[])
    assert attendee_line(await copy_of(office, colleague), colleague.address)


UNPROVEN: dict[str, Any] = {"dmarc": "fail", "proven_domains": []}
# What letters are refused for: the message, who wrote the letter, and what is known of its way.
HOSTILE = {
    "an answer of whom nobody proves": ("REPLY", OUTSIDE, {"dmarc": "fail", "proven_domains": []}),
    "an answer of somebody else": ("REPLY", "imposteur@elsewhere.example", {}),
    "a cancellation by an attendee": ("CANCEL", OUTSIDE, {}),
    "a request by an attendee": ("REQUEST", OUTSIDE, {}),
    "a letter of several authors": ("REPLY", "", {}),
    "a proposal of somebody else": ("COUNTER", "imposteur@elsewhere.example", {}),
    "a cancellation by nobody that is known": ("CANCEL", "imposteur@elsewhere.example", {}),
    # Of ours by its From alone: it came from outside, and nothing proves it.
    "a cancellation in the organiser's name": ("CANCEL", "agent1@numerique.gouv.tg", UNPROVEN),
    "a request in the organiser's name": ("REQUEST", "agent1@numerique.gouv.tg", UNPROVEN),
    "an answer that another domain proves": ("REPLY", OUTSIDE, {"dmarc": "", "proven_domains": ["elsewhere.example"]}),
    "a refresh of somebody else": ("REFRESH", "imposteur@elsewhere.example", {}),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_what_nobody_may_say_changes_nothing(office: Office, agent: Identity, what: str) -> None:
    method, author, said = HOSTILE[what]
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    await office.published()
    content = kept.stored.content
    if method == "REPLY":
        text = reply(content, OUTSIDE, "ACCEPTED")
    else:
        text = message(method, content.replace(b"SUMMARY:Budget", b"SEQUENCE:9\r\nSUMMARY:Vol"))
    before = await office.state()
    await arrive(office, agent, text, author, **said)
    assert await office.state() == before


async def test_nobody_outside_invites_in_a_colleagues_name(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    before = await office.state()
    content = message("REQUEST", meeting(colleague.address, [agent.address]))
    await arrive(office, agent, content, colleague.address, **UNPROVEN)
    assert await office.state() == before


async def test_a_cancellation_or_a_request_by_another_than_the_organiser_changes_no_copy(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address, OUTSIDE]), "m1.ics")
    await delivered(office)
    before = await copy_of(office, colleague)
    for method in ("REQUEST", "CANCEL", "ADD"):
        # In the organiser's name, and in the sender's own.
        for organizer in (agent.address, OUTSIDE):
            content = meeting(organizer, [colleague.address], "SEQUENCE:9", "STATUS:CANCELLED")
            await arrive(office, colleague, message(method, content), OUTSIDE)
    assert (await copy_of(office, colleague)).etag == before.etag
    assert len(await inbox(office, colleague)) == 1


async def test_a_stale_sequence_changes_nothing(office: Office, agent: Identity) -> None:
    await arrive(office, agent, message("REQUEST", meeting(OUTSIDE, [agent.address], "SEQUENCE:3")))
    before = await office.state()
    for method in ("REQUEST", "CANCEL"):
        await arrive(office, agent, message(method, meeting(OUTSIDE, [agent.address], "SEQUENCE:2", summary="Ancien")))
    assert await office.state() == before


async def test_an_answer_to_what_moved_since_is_not_one(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    office.clock.pass_by(minutes=1)
    await office.put(
        agent, meeting(agent.address, [OUTSIDE], start="20261201T100000Z", end="20261201T110000Z"), "m1.ics"
    )
    await arrive(office, agent, reply(kept.stored.content, OUTSIDE, "ACCEPTED"))
    assert "PARTSTAT=ACCEPTED" not in attendee_line(await copy_of(office, agent), OUTSIDE)


async def test_who_was_not_invited_and_answers_is_marked(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    crasher = "invite@elsewhere.example"
    await arrive(office, agent, reply(kept.stored.content, OUTSIDE, "ACCEPTED").replace(OUTSIDE, crasher), crasher)
    assert "X-WORKSPACE-UNINVITED=TRUE" in attendee_line(await copy_of(office, agent), crasher)
    (fact,) = [body_of(each) for each in await office.facts("invitation_replied")]
    assert fact["uninvited"] is True


async def test_those_who_were_not_invited_do_not_fill_a_meeting(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.calendar.usecases.scheduling.incoming.MOST_UNINVITED", 2)
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    said = reply(kept.stored.content, OUTSIDE, "ACCEPTED")
    for number in range(4):
        crasher = f"invite{number}@elsewhere.example"
        await arrive(office, agent, said.replace(OUTSIDE, crasher), crasher)
    assert (await copy_of(office, agent)).content.count(b"UNINVITED") == 2


async def test_a_calling_off_by_a_stranger_keeps_no_meeting_out(office: Office, agent: Identity) -> None:
    """Somebody who knows the UID of a meeting that is to come."""
    mallory = "imposteur@elsewhere.example"
    await arrive(office, agent, message("CANCEL", meeting(mallory, [agent.address], "SEQUENCE:99")), mallory)
    await arrive(office, agent, message("REQUEST", meeting(OUTSIDE, [agent.address])))
    assert not (await copy_of(office, agent)).is_off


NOT_MESSAGES = {
    "empty": ("", "REQUEST"),
    "no calendar": ("Bonjour", "REQUEST"),
    "broken": ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nMETHOD", "REQUEST"),
    "another method": (message("CANCEL", meeting(OUTSIDE, ["agent1@numerique.gouv.tg"])), "REQUEST"),
    "no method": (meeting(OUTSIDE, ["agent1@numerique.gouv.tg"]).decode(), "REQUEST"),
    "unknown method": (message("STEAL", meeting(OUTSIDE, ["agent1@numerique.gouv.tg"])), "STEAL"),
    "a bomb": (
        message("REQUEST", meeting(OUTSIDE, ["agent1@numerique.gouv.tg"], "RRULE:FREQ=SECONDLY;COUNT=1000000000")),
        "REQUEST",
    ),
    "nul": (message("REQUEST", meeting(OUTSIDE, ["agent1@numerique.gouv.tg"], summary="a\x00b")), "REQUEST"),
    "not for this account": (message("REQUEST", meeting(OUTSIDE, ["agent9@numerique.gouv.tg"])), "REQUEST"),
    "organizer of a principal elsewhere": (
        message("REQUEST", meeting(OUTSIDE, ["agent1@numerique.gouv.tg"])).replace(
            f"ORGANIZER:mailto:{OUTSIDE}", "ORGANIZER:/dav/principals/../../etc/passwd"
        ),
        "REQUEST",
    ),
    "organizer that is nobody": (
        message("REQUEST", meeting(OUTSIDE, ["agent1@numerique.gouv.tg"])).replace(f"mailto:{OUTSIDE}", "urn:uuid:1"),
        "REQUEST",
    ),
}


@pytest.mark.parametrize("what", NOT_MESSAGES)
async def test_what_is_no_message_stays_a_letter(office: Office, agent: Identity, what: str) -> None:
    content, method = NOT_MESSAGES[what]
    before = await office.state()
    await arrive(office, agent, content, method=method)
    assert await office.state() == before


async def test_a_busy_time_of_somebody_is_no_meeting(office: Office, agent: Identity) -> None:
    await arrive(office, agent, message("PUBLISH", event("m1")))
    assert await copies_of(office, agent) == []
