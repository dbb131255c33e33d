"""Invitations that wait, what is answered to them, other times that are proposed; by use cases and by REST."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.usecases.delegate import delegate
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation, list_invitations
from services.calendar.usecases.scheduling.proposals import accept_proposal, decline_proposal, list_proposals
from tests.calendar.conftest import Api
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import OUTSIDE, attendee_line, copies_of, copy_of, delivered, inbox, meeting
from tests.calendar.scheduling.test_mail import ASKED, arrive, message

START, END = datetime(2026, 12, 1, 15, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)


async def invited(office: Office, agent: Identity, *others: Identity, more: tuple[str, ...] = ()) -> str:
    """The event's id as the first of the others has it."""
    await office.put(agent, meeting(agent.address, [each.address for each in others], *more), "m1.ics")
    await delivered(office)
    return (await copy_of(office, others[0])).key


async def test_invitations_wait_until_they_are_answered(office: Office, agent: Identity, colleague: Identity) -> None:
    event = await invited(office, agent, colleague)
    (waiting,) = await list_invitations(office.agenda, colleague, "")
    assert (waiting.instance.stored.key, waiting.whole) == (event, True)
    assert await list_invitations(office.agenda, agent, "") == []
    await answer_invitation(office.agenda, colleague, event, Answer("TENTATIVE", comment="Peut-être"))
    (replied,) = [body_of(each) for each in await delivered(office) if each.type == "invitation_replied"]
    assert (replied["participation"], replied["comment"]) == ("TENTATIVE", "Peut-être")
    assert await list_invitations(office.agenda, colleague, "") == []
    assert "PARTSTAT=TENTATIVE" in attendee_line(await copy_of(office, agent), colleague.address)


async def test_one_instance_is_answered_by_itself(office: Office, agent: Identity, colleague: Identity) -> None:
    event = await invited(office, agent, colleague, more=("RRULE:FREQ=WEEKLY;COUNT=3",))
    await answer_invitation(office.agenda, colleague, event, Answer("DECLINED", "20261208T090000Z"))
    told = await delivered(office)
    assert [body_of(each)["recurrence_id"] for each in told if each.type == "invitation_replied"] == [
        "20261208T090000Z"
    ]
    mine = (await copy_of(office, agent)).content
    assert mine.count(b"PARTSTAT=DECLINED") == 1
    (waiting,) = await list_invitations(office.agenda, colleague, "")
    assert waiting.whole
    for wrong in ("20261209T090000Z", "nonsense"):
        with pytest.raises(NotFound):
            await answer_invitation(office.agenda, colleague, event, Answer("DECLINED", wrong))


async def test_who_was_invited_to_one_instance_answers_it(office: Office, agent: Identity, colleague: Identity) -> None:
    """A copy without the series; put back by a program, and answered by REST."""
    content = meeting(agent.address, [agent.address], "RRULE:FREQ=WEEKLY;COUNT=3").decode()
    override = meeting(
        agent.address, [agent.address, colleague.address], "RECURRENCE-ID:20261208T090000Z",
        start="20261208T090000Z", end="20261208T100000Z",
    ).decode()  # fmt: skip
    override = override[override.index("BEGIN:VEVENT") : override.index("END:VCALENDAR")]
    await office.put(agent, content.replace("END:VCALENDAR", f"{override}END:VCALENDAR").encode(), "m1.ics")
    await delivered(office)
    copy = await copy_of(office, colleague)
    assert b"RRULE" not in copy.content
    (waiting,) = await list_invitations(office.agenda, colleague, "")
    assert not waiting.whole
    await answer_invitation(office.agenda, colleague, copy.key, Answer("ACCEPTED"))
    await delivered(office)
    assert (await copy_of(office, agent)).content.count(b"PARTSTAT=ACCEPTED") == 1


async def test_an_invitation_is_passed_on(office: Office, agent: Identity, colleague: Identity) -> None:
    third = await office.agent("agent3")
    event = await invited(office, agent, colleague)
    await answer_invitation(office.agenda, colleague, event, Answer("DELEGATED", delegate=third.address))
    await delivered(office)
    mine = await copy_of(office, agent)
    assert "PARTSTAT=DELEGATED" in attendee_line(mine, f":mailto:{colleague.address}")
    assert "DELEGATED-FROM" in attendee_line(mine, f":mailto:{third.address}")
    theirs = await copy_of(office, third)
    await answer_invitation(office.agenda, third, theirs.key, Answer("ACCEPTED"))
    await delivered(office)
    assert "PARTSTAT=ACCEPTED" in attendee_line(await copy_of(office, agent), f":mailto:{third.address}")


async def test_nobody_passes_it_on_to_oneself_or_to_who_invites(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    event = await invited(office, agent, colleague)
    for nobody in (colleague.address, agent.address.upper()):
        with pytest.raises(InvalidInput) as refused:
            await answer_invitation(office.agenda, colleague, event, Answer("DELEGATED", delegate=nobody))
        assert "delegate" in refused.value.fields
    assert [each.type for each in await delivered(office) if each.type == "invitation_replied"] == []


async def test_another_time_is_proposed_and_taken_up(office: Office, agent: Identity, colleague: Identity) -> None:
    event = await invited(office, agent, colleague)
    answer = Answer("DECLINED", comment="Plus tard ?", start=START, end=END)
    await answer_invitation(office.agenda, colleague, event, answer)
    await delivered(office)
    (proposal,) = await list_proposals(office.agenda, agent, "")
    assert (proposal.attendee, proposal.comment) == (colleague.address, "Plus tard ?")
    assert (proposal.start, proposal.end) == (START.timestamp(), END.timestamp())
    office.clock.pass_by(minutes=1)
    await accept_proposal(office.agenda, agent, proposal.id)
    await delivered(office)
    assert b"DTSTART:20261201T150000Z" in (await copy_of(office, colleague)).content
    assert await list_proposals(office.agenda, agent, "") == []
    with pytest.raises(NotFound):
        await accept_proposal(office.agenda, agent, proposal.id)


async def test_a_proposal_that_waits_stays_when_the_inbox_is_too_full(
    office: Office, agent: Identity, colleague: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.calendar.usecases.scheduling.inbox.MOST", 6)
    monkeypatch.setattr("services.calendar.usecases.scheduling.inbox.AT_ONCE", 2)
    event = await invited(office, agent, colleague)
    await answer_invitation(office.agenda, colleague, event, Answer(start=START, end=END))
    await delivered(office)
    (waits,) = await list_proposals(office.agenda, agent, "")
    for number in range(20):
        office.clock.pass_by(minutes=1)
        await answer_invitation(office.agenda, colleague, event, Answer(("ACCEPTED", "DECLINED")[number % 2]))
        await delivered(office)
    assert len(await inbox(office, agent)) <= 6
    assert [each.id for each in await list_proposals(office.agenda, agent, "")] == [waits.id]
    # However many wait, there is an end.
    monkeypatch.setattr("services.calendar.usecases.scheduling.inbox.MOST_WAITING", 3)
    for _ in range(8):
        office.clock.pass_by(minutes=1)
        await answer_invitation(office.agenda, colleague, event, Answer(start=START, end=END))
        await delivered(office)
    assert len(await inbox(office, agent)) <= 6
    assert waits.id not in [each.id for each in await list_proposals(office.agenda, agent, "")]


async def test_who_acts_for_the_organiser_sees_no_proposal_for_a_secret(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    secretary = await office.agent("agent3")
    event = await invited(office, agent, colleague, more=("CLASS:PRIVATE",))
    await answer_invitation(office.agenda, colleague, event, Answer(start=START, end=END))
    await delivered(office)
    (proposal,) = await list_proposals(office.agenda, agent, "")
    await delegate(office.agenda, agent, secretary.address, Role.WRITE, sees_private=False)
    assert await list_proposals(office.agenda, secretary, agent.account_id) == []
    for refused in (
        accept_proposal(office.agenda, secretary, proposal.id),
        decline_proposal(office.agenda, secretary, proposal.id, ""),
    ):
        with pytest.raises(NotFound):
            await refused
    await delegate(office.agenda, agent, secretary.address, Role.WRITE, sees_private=True)
    assert [each.id for each in await list_proposals(office.agenda, secretary, agent.account_id)] == [proposal.id]


async def test_a_proposal_for_one_instance_moves_that_one(office: Office, agent: Identity, colleague: Identity) -> None:
    event = await invited(office, agent, colleague, more=("RRULE:FREQ=WEEKLY;COUNT=3",))
    start, end = START.replace(day=8), END.replace(day=8)
    await answer_invitation(
        office.agenda, colleague, event, Answer(recurrence_id="20261208T090000Z", start=start, end=end)
    )
    await delivered(office)
    (proposal,) = await list_proposals(office.agenda, agent, "")
    assert proposal.recurrence_id == "20261208T090000Z"
    office.clock.pass_by(minutes=1)
    await accept_proposal(office.agenda, agent, proposal.id)
    await delivered(office)
    starts = [each.start for each in (await copy_of(office, colleague)).facts.occurrences]
    assert int(start.timestamp()) in starts
    assert len(starts) == 3


async def test_a_proposal_from_outside_is_declined_by_letter(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE]), "m1.ics")
    await office.published()
    proposed = kept.stored.content.replace(b"20261201T090000Z", b"20261202T090000Z").replace(
        b"20261201T10", b"20261202T10"
    )
    await arrive(office, agent, message("COUNTER", proposed))
    (proposal,) = await list_proposals(office.agenda, agent, "")
    await decline_proposal(office.agenda, agent, proposal.id, "Impossible")
    (asked,) = [body_of(each) for each in await office.facts(ASKED)]
    assert asked["method"] == "DECLINECOUNTER"
    assert [each["address"] for each in asked["attendees"]] == [OUTSIDE]
    assert await inbox(office, agent) == []
    assert (await copy_of(office, agent)).etag == kept.stored.etag


NO_ANSWERS = {
    "nothing": Answer(),
    "no such answer": Answer("COMPLETED"),
    "delegated to nobody": Answer("DELEGATED"),
    "delegated to what is no address": Answer("DELEGATED", delegate="tous"),
    "accepted by a delegate": Answer("ACCEPTED", delegate="agent3@numerique.gouv.tg"),
    "half a time": Answer("DECLINED", start=START),
    "an end before the start": Answer("DECLINED", start=END, end=START),
    "a time that is over": Answer("DECLINED", start=START - timedelta(days=30), end=END - timedelta(days=30)),
    "a long comment": Answer("DECLINED", comment="x" * 2_001),
}


@pytest.mark.parametrize("what", NO_ANSWERS)
async def test_what_is_no_answer_is_refused(office: Office, agent: Identity, colleague: Identity, what: str) -> None:
    event = await invited(office, agent, colleague)
    with pytest.raises(InvalidInput):
        await answer_invitation(office.agenda, colleague, event, NO_ANSWERS[what])
    assert await office.facts("scheduling_message_sent") == []


async def test_line_ends_in_a_comment_add_no_property(office: Office, agent: Identity, colleague: Identity) -> None:
    event = await invited(office, agent, colleague)
    comment = "Oui\r\nSTATUS:CANCELLED\nBEGIN:VALARM"
    kept = await answer_invitation(office.agenda, colleague, event, Answer("ACCEPTED", comment=comment))
    assert b"\nSTATUS" not in kept.content
    assert b"\nBEGIN:VALARM" not in kept.content


async def test_nobody_else_answers_sees_or_decides(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity
) -> None:
    event = await invited(office, agent, colleague)
    for who in (stranger, agent):
        with pytest.raises((NotFound, Forbidden)):
            await answer_invitation(office.agenda, who, event, Answer("ACCEPTED"))
        with pytest.raises(NotFound):
            await list_invitations(office.agenda, who, colleague.account_id)
        with pytest.raises(NotFound):
            await list_proposals(office.agenda, who, colleague.account_id)
    await answer_invitation(office.agenda, colleague, event, Answer(start=START, end=END))
    await delivered(office)
    (proposal,) = await list_proposals(office.agenda, agent, "")
    for act in (
        accept_proposal(office.agenda, stranger, proposal.id),
        decline_proposal(office.agenda, stranger, proposal.id, ""),
    ):
        with pytest.raises(NotFound):
            await act
    for other in ("", "a.b", event):
        with pytest.raises(NotFound):
            await accept_proposal(office.agenda, colleague, other)
    assert len(await copies_of(office, agent)) == 1


async def test_invitations_by_rest(
    office: Office, agent: Identity, colleague: Identity, http: httpx.AsyncClient, api: Api
) -> None:
    event = await invited(office, agent, colleague)
    mine, theirs = ({"authorization": f"Bearer {api.token(who)}"} for who in (agent, colleague))
    found = (await http.get("/v1/calendar/invitations", headers=theirs)).json()["invitations"]
    assert [(each["instance"]["event_id"], each["whole"]) for each in found] == [(event, True)]
    said = {
        "answer": "PARTICIPATION_DECLINED",
        "proposed_start": "2026-12-01T15:00:00Z",
        "proposed_end": "2026-12-01T16:00:00Z",
    }
    answered = await http.post(f"/v1/calendar/invitations/{event}:answer", headers=theirs, json=said)
    assert (answered.status_code, answered.json()["event_id"]) == (200, event)
    await delivered(office)
    (proposal,) = (await http.get("/v1/calendar/proposals", headers=mine)).json()["proposals"]
    assert proposal["start"] == "2026-12-01T15:00:00Z"
    declined = await http.post(f"/v1/calendar/proposals/{proposal['id']}:decline", headers=mine, json={})
    assert declined.status_code == 204
    refused = await http.post(f"/v1/calendar/invitations/{event}:answer", headers=mine, json=said)
    assert refused.status_code in (403, 404)
