"""A room is invited to an event as people are, and its answer stands in the organiser's event."""

from workspace.calendar.v1 import schedule_pb2 as pb
from workspace.mail.v1.events_pb2 import CalendarPartReceived

from chassis.identity import Identity
from services.calendar.api.events import fields_given
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.scheduling.hearing import hear_part
from services.calendar.usecases.write_event import Meant, Scope, update_event
from tests.calendar.office import event
from tests.calendar.resources.asking import Rooms, at, request
from tests.calendar.scheduling.conftest import agent as agent
from tests.calendar.scheduling.post import attendee_line, copy_of, delivered


def invited(who: Identity, *addresses: str, uid: str = "m1", start: str = "20261207T090000Z", more: str = "") -> bytes:
    people = [f"ATTENDEE;CUTYPE=ROOM;RSVP=TRUE:mailto:{each}" for each in addresses]
    lines = [f"ORGANIZER:mailto:{who.address}", *people, *([more] if more else [])]
    return event(uid, start, f"{start[:9]}100000Z", "Réunion", *lines)


async def test_the_rooms_answer_comes_into_the_organisers_event(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room, office = await rooms.room(), rooms.office
    await office.put(agent, invited(agent, room.address, colleague.address))
    await delivered(office)
    stored = await copy_of(office, agent)
    assert "PARTSTAT=ACCEPTED" in attendee_line(stored, room.address)
    # Whoever was invited too sees that there is a room.
    assert room.address in (await copy_of(office, colleague)).content.decode()
    assert await rooms.taken(room) == ["12-07 09:00"]


async def test_a_taken_room_declines_in_the_event_of_the_second(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room, office = await rooms.room(), rooms.office
    await own_calendars(office.agenda, colleague.account_id)
    await office.put(agent, invited(agent, room.address))
    await office.put(colleague, invited(colleague, room.address, uid="m2"), "m2.ics")
    await delivered(office)
    answers = [attendee_line(await copy_of(office, agent), room.address)]
    answers.append(attendee_line(await copy_of(office, colleague, "m2"), room.address))
    assert [each for line in answers for each in ("ACCEPTED", "DECLINED") if each in line] == ["ACCEPTED", "DECLINED"]


async def test_a_series_has_the_room_but_where_it_is_taken(rooms: Rooms, agent: Identity, colleague: Identity) -> None:
    room, office = await rooms.room(), rooms.office
    await own_calendars(office.agenda, colleague.account_id)
    await office.put(colleague, invited(colleague, room.address, uid="m2", start="20261214T090000Z"), "m2.ics")
    await delivered(office)
    await office.put(agent, invited(agent, room.address, more="RRULE:FREQ=WEEKLY;COUNT=3"))
    await delivered(office)
    stored = await copy_of(office, agent)
    said = [next(a.partstat for a in each.attendees if a.address == room.address) for each in stored.facts.components]
    assert said == ["ACCEPTED", "DECLINED"]
    assert [each.recurrence for each in stored.facts.components] == [0, int(at(day=7).timestamp())]


async def test_a_meeting_that_is_deleted_gives_the_room_back(rooms: Rooms, agent: Identity) -> None:
    room, office = await rooms.room(), rooms.office
    await office.put(agent, invited(agent, room.address))
    await delivered(office)
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "e1.ics")
    await delivered(office)
    assert await rooms.taken(room) == []


async def test_a_room_that_is_taken_off_the_list_is_free_again(rooms: Rooms, agent: Identity) -> None:
    room, other, office = await rooms.room(), await rooms.room("Salle Oti"), rooms.office
    await office.put(agent, invited(agent, room.address))
    await delivered(office)
    await office.put(agent, invited(agent, other.address))
    await delivered(office)
    assert (await rooms.taken(room), await rooms.taken(other)) == ([], ["12-07 09:00"])


async def test_a_room_that_there_is_not_gets_no_letter(rooms: Rooms, agent: Identity) -> None:
    office = rooms.office
    await office.put(agent, invited(agent, "nulle-part@ressources.gouv.tg"))
    assert await office.facts("invitation_requested", "scheduling_message_sent") == []
    assert "SCHEDULE-STATUS=3.7" in attendee_line(await copy_of(office, agent), "nulle-part@ressources.gouv.tg")


async def test_a_letter_from_outside_books_nothing(rooms: Rooms, agent: Identity) -> None:
    """What mail tells is for accounts; a room's id is none."""
    room = await rooms.room()
    content = request(agent, room, at()).decode()
    told = CalendarPartReceived(
        account_id=room.id, method="REQUEST", content=content, author=agent.address, inside=True
    )
    await hear_part(rooms.office.agenda, "p1", told)
    assert await rooms.taken(room) == []
    assert await rooms.office.facts("resource_booked") == []


async def test_a_series_that_goes_on_with_other_words_keeps_its_room(rooms: Rooms, agent: Identity) -> None:
    room, office = await rooms.room(), rooms.office
    await office.put(agent, invited(agent, room.address, more="RRULE:FREQ=DAILY;COUNT=5"))
    await delivered(office)
    stored = await copy_of(office, agent)
    fields = fields_given(pb.Event(title="Autre titre"), ["title"])
    meant = Meant(Scope.FOLLOWING, "20261209T090000Z")
    after = (await update_event(office.agenda, agent, stored.key, fields, meant)).stored
    await delivered(office)
    for uid in (stored.uid, after.uid):
        assert "PARTSTAT=ACCEPTED" in attendee_line(await copy_of(office, agent, uid), room.address)
