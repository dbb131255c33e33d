"""Administrators hand the meetings of who is suspended to somebody who goes on with them."""

from typing import Any

import httpx
import pytest

from chassis.errors import InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Grant, Identity, acting_as
from deploy.local.certificates import Authority
from services.calendar.domain.access import Role
from services.calendar.domain.resources.deciding import State
from services.calendar.domain.resources.resource import Policy
from services.calendar.usecases.decide_booking import decide_booking
from services.calendar.usecases.delegate import delegate
from services.calendar.usecases.hand_over import hand_over, organised_meetings, tend_handovers
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation, list_invitations
from services.calendar.usecases.tell_of_suspension import tell_of_suspension
from tests.calendar.conftest import Api
from tests.calendar.office import Office, body_of
from tests.calendar.resources.asking import Rooms
from tests.calendar.scheduling.post import attendee_line, copy_of, delivered, meeting
from tests.calendar.scheduling.test_departures import meetings
from tests.calendar.scheduling.test_faults import Killed, dying
from tests.calendar.terminal import Terminal


@pytest.fixture
async def head(office: Office) -> Identity:
    """Who administers the ministry."""
    return await office.agent("chef", grants=[Grant("administrator", "ministry")])


@pytest.fixture
async def heir(office: Office) -> Identity:
    return await office.agent("agent3")


async def suspended(office: Office, who: Identity) -> None:
    await office.agent(who.name, suspended=True)


async def organised(office: Office, who: Identity, *people: Identity, uid: str, **said: Any) -> str:
    await list_calendars(office.agenda, who)
    addresses = [who.address, *(each.address for each in people)]
    kept = await office.put(who, meeting(who.address, addresses, uid=uid, **said), f"{uid}.ics")
    await delivered(office)
    return kept.stored.key


async def letters(office: Office) -> list[dict[str, Any]]:
    return [body_of(each) for each in await office.facts("letter_requested")]


async def given(office: Office) -> list[dict[str, Any]]:
    """The letters that go with it."""
    found: list[dict[str, Any]] = []
    for _ in range(2):
        await tend_handovers(office.agenda)
        found += await letters(office)
        await delivered(office)
    return found


async def test_all_meetings_ahead_go_to_a_named_agent_and_attendees_are_told_once(
    office: Office, agent: Identity, colleague: Identity, head: Identity, heir: Identity
) -> None:
    await list_calendars(office.agenda, colleague)
    await organised(office, agent, colleague, uid="m1", summary="Budget")
    await organised(office, agent, colleague, uid="m2", summary="Comité")
    await organised(office, agent, colleague, uid="p1", start="20261101T090000Z", end="20261101T100000Z")
    await suspended(office, agent)
    assert [each.stored.uid for each in await organised_meetings(office.agenda, head, agent.account_id)] == ["m1", "m2"]
    with acting_as(head):
        assert await hand_over(office.agenda, head, agent.account_id, heir.address) == 2
    (act,) = [body_of(each) for each in await office.facts("act_recorded")]
    assert (act["act"], act["target_name"], act["actor_name"]) == ("hand_over_meetings", agent.address, head.address)
    assert act["details"] == {"to": heir.address, "meetings": "all (2)"}
    assert act["unit_path"] == ["ministry", "office"]
    told_to = await given(office)
    assert await meetings(office, heir) == ["Budget", "Comité"]
    # Each of the former ones is off, and each of the new ones is there once.
    copies = [each async for each in office.agenda.objects.all_of(f"{colleague.account_id}.agenda", content=True)]
    ahead = [each for each in copies if each.uid != "p1"]
    assert sorted(each.is_off for each in ahead) == [False, False, True, True]
    live = [each for each in ahead if not each.is_off]
    assert {each.facts.components[0].organizer.address for each in live if each.facts.components[0].organizer} == {
        heir.address
    }
    # The letter to the successor goes once, however often the round comes by.
    (told,) = told_to
    assert told["account_id"] == heir.account_id
    assert told["subject"] == "Réunions remises / Meetings handed over : agent1"
    assert told["paragraphs"][0].startswith("Des réunions d’agent1 <agent1@numerique.gouv.tg> vous ont été remises")


async def test_chosen_ones_go_and_the_others_stay(
    office: Office, agent: Identity, colleague: Identity, head: Identity, heir: Identity
) -> None:
    first = await organised(office, agent, colleague, uid="m1", summary="Budget")
    await organised(office, agent, colleague, uid="m2", summary="Comité")
    await suspended(office, agent)
    assert await hand_over(office.agenda, head, agent.account_id, heir.address, [first, first]) == 1
    await given(office)
    assert (await meetings(office, agent), await meetings(office, heir)) == (["Comité"], ["Budget"])


async def test_a_worker_that_dies_while_it_gives_loses_and_doubles_nothing(
    office: Office, agent: Identity, colleague: Identity, head: Identity, heir: Identity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for uid in ("m1", "m2"):
        await organised(office, agent, colleague, uid=uid, summary=uid)
    await suspended(office, agent)
    await hand_over(office.agenda, head, agent.account_id, heir.address)
    deaths = 0
    for at in range(1, 40):
        dying(office, monkeypatch, at)
        try:
            await tend_handovers(office.agenda)
            break
        except Killed:
            deaths += 1
    monkeypatch.undo()
    assert deaths > 4
    told = await given(office)
    assert (await meetings(office, agent), await meetings(office, heir)) == ([], ["m1", "m2"])
    assert [each["account_id"] for each in told] == [heir.account_id]


async def test_only_administrators_of_both_hand_over_and_only_of_who_is_suspended(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, head: Identity, heir: Identity
) -> None:
    key = await organised(office, agent, colleague, uid="m1")
    other = await organised(office, colleague, agent, uid="c1")
    agenda, account = office.agenda, agent.account_id
    health = await office.agent("autre", unit_path=("health",), grants=[Grant("administrator", "health")])
    for who in (health, colleague):
        with pytest.raises(NotFound):
            await organised_meetings(agenda, who, account)
        with pytest.raises(NotFound):
            await hand_over(agenda, who, account, heir.address)
    with pytest.raises(PreconditionFailed):
        await hand_over(agenda, head, account, heir.address)
    await suspended(office, agent)
    for address in (stranger.address, "personne@numerique.gouv.tg", agent.address):
        with pytest.raises(InvalidInput) as refused:
            await hand_over(agenda, head, account, address)
        assert "successor_address" in refused.value.fields
    with pytest.raises(NotFound):
        await hand_over(agenda, head, account, heir.address, [key, other])
    with pytest.raises(InvalidInput):
        await hand_over(agenda, head, account, heir.address, [f"x{n}" for n in range(501)])
    await given(office)
    assert await meetings(office, heir) == []


async def test_who_answers_for_somebody_is_told_and_goes_on_answering(
    office: Office, agent: Identity, colleague: Identity, head: Identity, heir: Identity
) -> None:
    secretary, reader = await office.agent("secretariat"), await office.agent("lecteur")
    await list_calendars(office.agenda, agent)
    await delegate(office.agenda, agent, secretary.address, Role.ANSWER, sees_private=False)
    await delegate(office.agenda, agent, reader.address, Role.READ, sees_private=False)
    await organised(office, agent, colleague, uid="m1")
    await suspended(office, agent)
    for _ in range(2):
        await tell_of_suspension(office.agenda, agent.account_id, "fact1")
    (told,) = [each for each in await letters(office) if each["account_id"] != head.account_id]
    assert told["account_id"] == secretary.account_id
    assert told["subject"].startswith("Compte suspendu / Suspended account")
    # An invitation that comes meanwhile is answered in the name of who is suspended.
    await organised(office, colleague, agent, uid="c1", summary="Autre")
    waiting = await list_invitations(office.agenda, secretary, agent.account_id)
    assert [each.instance.stored.uid for each in waiting] == ["c1"]
    copy = await copy_of(office, agent, "c1")
    with acting_as(secretary):
        await answer_invitation(office.agenda, secretary, copy.key, Answer("ACCEPTED"))
    await delivered(office)
    assert "PARTSTAT=ACCEPTED" in attendee_line(await copy_of(office, colleague, "c1"), agent.address)
    # Handed over, they are told who organises now.
    await office.published()
    await hand_over(office.agenda, head, agent.account_id, heir.address)
    by = {each["account_id"]: each for each in await given(office)}
    assert by.keys() == {heir.account_id, secretary.account_id}
    assert "ont été remises à agent3 <agent3@numerique.gouv.tg>" in by[secretary.account_id]["paragraphs"][0]
    assert await meetings(office, heir) == ["Budget"]


async def test_rooms_stay_with_the_meeting_and_an_approval_holds(
    office: Office, agent: Identity, colleague: Identity, head: Identity, heir: Identity
) -> None:
    rooms = Rooms(office, head)
    free = await rooms.room("Salle Oti")
    kept = await rooms.room(policy=Policy(automatic=False, stewards=(colleague.account_id,)))
    await list_calendars(office.agenda, agent)
    lines = [f"ATTENDEE;CUTYPE=ROOM;RSVP=TRUE:mailto:{each.address}" for each in (free, kept)]
    await office.put(agent, meeting(agent.address, [colleague.address], *lines, uid="m1"), "m1.ics")
    await delivered(office)
    booking = await rooms.booking(kept, "m1")
    await decide_booking(office.agenda, colleague, kept.id, booking.id, accept=True)
    await delivered(office)
    await suspended(office, agent)
    await hand_over(office.agenda, head, agent.account_id, heir.address)
    await given(office)
    (calendar,) = [each async for each in office.agenda.objects.all_of(f"{heir.account_id}.agenda", content=True)]
    for room in (free, kept):
        assert "PARTSTAT=ACCEPTED" in attendee_line(calendar, room.address), room.name
        assert await rooms.taken(room) == ["12-01 09:00"]
    # Nobody else is declined by what was handed over, and its former organiser has nothing there.
    assert (await rooms.booking(free, "m1")).state is State.DECLINED


async def test_by_rest_and_at_the_terminal(
    http: httpx.AsyncClient, api: Api, authority: Authority, office: Office, agent: Identity, colleague: Identity,
    head: Identity, heir: Identity,
) -> None:  # fmt: skip
    bearer = {who.address: {"authorization": f"Bearer {api.token(who)}"} for who in (head, colleague)}
    await organised(office, agent, colleague, uid="m1", summary="Budget")
    await suspended(office, agent)
    path = f"/v1/calendar/accounts/{agent.account_id}/meetings"
    assert (await http.get(path, headers=bearer[colleague.address])).status_code == 403
    (listed,) = (await http.get(path, headers=bearer[head.address])).json()["meetings"]
    assert (listed["title"], listed["attendees"]) == ("Budget", 2)
    terminal = Terminal(api, authority, head, "calendar")
    assert [each["event_id"] for each in await terminal.told("meetings", agent.account_id)] == [listed["event_id"]]
    body = {"successor_address": heir.address, "event_ids": [listed["event_id"]]}
    answer = await http.post(f"{path}:handOver", json=body, headers=bearer[head.address])
    assert (answer.status_code, answer.json()["meetings"]) == (202, 1)
    await given(office)
    assert (await terminal.told("hand-over", agent.account_id, heir.address))["meetings"] == 0
    assert await meetings(office, heir) == ["Budget"]
