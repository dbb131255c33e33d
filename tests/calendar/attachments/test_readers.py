"""Who reads a file: whoever may read an event that carries it, and nobody by an id alone."""

from collections.abc import Callable

import pytest
from workspace.mail.v1.events_pb2 import CalendarPartReceived

from chassis.errors import NotFound
from chassis.identity import Identity, acting_as
from services.calendar.domain.access import Role
from services.calendar.usecases.attachments.opening import open_attachment
from services.calendar.usecases.attachments.sweeping import forget_attachments
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.scheduling.hearing import hear_part
from tests.calendar.attachments.conftest import NOTE, Files, condition, ids_in
from tests.calendar.dav.conftest import event
from tests.calendar.office import Office
from tests.calendar.scheduling.post import copy_of, delivered, meeting
from tests.calendar.scheduling.test_departures import left
from tests.calendar.test_sharing import share

Of = Callable[[Identity], Files]


@pytest.fixture
async def organiser(office: Office, agent: Identity, colleague: Identity, files_of: Of) -> Files:
    """Of a meeting that the colleague is invited to."""
    for who in (agent, colleague):
        await own_calendars(office.agenda, who.account_id)
    await office.put(agent, meeting(agent.address, [agent.address, colleague.address]), "e1.ics")
    await delivered(office)
    return files_of(agent)


async def test_attendees_are_told_and_read_it_by_their_own_copy(
    organiser: Files, office: Office, colleague: Identity, stranger: Identity, files_of: Of
) -> None:
    managed_id = await organiser.added()
    assert (await files_of(colleague).open(managed_id)).status_code == 404
    await delivered(office)
    copy = await copy_of(office, colleague)
    assert ids_in(copy.content) == [managed_id]
    assert copy.attached == (managed_id,)
    assert (await files_of(colleague).open(managed_id)).content == NOTE
    assert (await files_of(stranger).open(managed_id)).status_code == 404
    # What the organiser takes off, attendees have no more.
    assert (await organiser.post(f"action=attachment-remove&managed-id={managed_id}")).status_code == 204
    await delivered(office)
    assert ids_in((await copy_of(office, colleague)).content) == []
    assert (await files_of(colleague).open(managed_id)).status_code == 404


async def test_an_attendee_keeps_it_when_it_answers_and_attaches_nothing(
    organiser: Files, office: Office, colleague: Identity, files_of: Of
) -> None:
    managed_id = await organiser.added()
    await delivered(office)
    copy = await copy_of(office, colleague)
    theirs = files_of(colleague)
    refused = await theirs.post("action=attachment-add", NOTE, copy.name)
    assert (refused.status_code, condition(refused)) == (403, "allowed-attendee-scheduling-object-change")
    content = copy.content.decode().replace("\r\n ", "")
    dropped = "\r\n".join(line for line in content.split("\r\n") if not line.startswith("ATTACH"))
    await theirs.client.ask(
        "PUT", f"{theirs.client.calendar}{copy.name}", dropped.replace("NEEDS-ACTION", "ACCEPTED"),
        content_type="text/calendar",
    )  # fmt: skip
    await delivered(office)
    for who in (organiser, theirs):
        assert (await who.open(managed_id)).status_code == 200


async def test_an_id_that_somebody_knows_opens_nothing(
    organiser: Files, office: Office, colleague: Identity, stranger: Identity, files_of: Of
) -> None:
    managed_id = await organiser.added()
    line = f"ATTACH;MANAGED-ID={managed_id}:http://localhost:8080/dav/calendars/attachments/{managed_id}/x"
    theft = event("e1", "20261130T090000Z", "20261130T100000Z", "x", line)
    theirs = files_of(stranger)
    refused = await theirs.client.store("vol.ics", theft)
    assert (refused.status_code, condition(refused)) == (403, "valid-managed-id")
    # By a letter that somebody writes to themselves from outside: the object says it, and carries nothing.
    await own_calendars(office.agenda, stranger.account_id)
    letter = meeting("voleur@dehors.example", [stranger.address], line, uid="vol").replace(
        b"VERSION:2.0", b"VERSION:2.0\r\nMETHOD:REQUEST"
    )
    told = CalendarPartReceived(
        account_id=stranger.account_id, author="voleur@dehors.example", dmarc="pass", method="REQUEST",
        content=letter.decode(),
    )  # fmt: skip
    await hear_part(office.agenda, "letter-1", told)
    stolen = await copy_of(office, stranger, "vol")
    assert ids_in(stolen.content) == [managed_id]
    assert stolen.attached == ()
    assert (await theirs.open(managed_id)).status_code == 404
    # They write it back with an alarm, move it and copy it: it still carries nothing.
    alarm = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT"
    back = await theirs.client.store(stolen.name, stolen.content.replace(b"END:VEVENT", alarm))
    assert back.status_code == 204
    assert (await theirs.client.make("autre")).status_code == 201
    moved = await theirs.client.ask(
        "MOVE", f"{theirs.client.calendar}{stolen.name}", destination=f"{theirs.client.home}autre/x.ics"
    )
    assert moved.status_code == 201
    assert (await theirs.open(managed_id)).status_code == 404
    assert (await office.agenda.objects.carrying(managed_id, stranger.account_id)) == []


async def test_calendars_that_are_shared_show_their_files_but_for_what_is_private(
    files: Files, office: Office, agent: Identity, colleague: Identity, files_of: Of
) -> None:
    managed_id = await files.added()
    theirs = files_of(colleague)
    assert (await theirs.open(managed_id)).status_code == 404
    await share(office, agent, f"{agent.account_id}.agenda", colleague, Role.FREE_BUSY)
    assert (await theirs.open(managed_id)).status_code == 404
    await share(office, agent, f"{agent.account_id}.agenda", colleague, Role.READ)
    assert (await theirs.open(managed_id)).content == NOTE
    secret = (await files.content()).replace("SUMMARY:", "CLASS:PRIVATE\r\nSUMMARY:")
    assert (await files.client.store("e1.ics", secret.encode())).status_code == 204
    assert (await theirs.open(managed_id)).status_code == 404
    path = f"/dav/calendars/{colleague.address}/{agent.account_id}.agenda/e1.ics"
    assert (await theirs.client.ask("POST", f"{path}?action=attachment-add", NOTE)).status_code == 403
    await share(office, agent, f"{agent.account_id}.agenda", colleague, Role.WRITE)
    assert (await theirs.client.ask("POST", f"{path}?action=attachment-add", NOTE)).status_code == 403
    assert (await files.client.store("e1.ics", secret.replace("CLASS:PRIVATE\r\n", "").encode())).status_code == 204
    added = await theirs.client.ask("POST", f"{path}?action=attachment-add", b"de sa part")
    assert added.status_code == 201
    # It counts for whose calendar it is.
    assert await office.agenda.attachments.used(agent.account_id) == (2, len(NOTE) + 10)


async def test_a_file_lives_while_somebody_has_the_event(
    organiser: Files, office: Office, agent: Identity, colleague: Identity, files_of: Of
) -> None:
    """As when the organiser's account is erased: what others were invited with stays with them."""
    managed_id = await organiser.added()
    await delivered(office)
    await office.database["objects"].delete_many({"owner": agent.account_id})
    office.clock.pass_by(days=8)
    await forget_attachments(office.agenda)
    assert (await files_of(colleague).open(managed_id)).content == NOTE
    with pytest.raises(NotFound):
        await open_attachment(office.agenda, agent, managed_id)
    await office.database["objects"].delete_many({"owner": colleague.account_id})
    office.clock.pass_by(days=8)
    await forget_attachments(office.agenda)
    assert await office.agenda.attachments.find(managed_id) is None


async def test_a_series_that_is_split_keeps_its_files(files: Files, office: Office, agent: Identity) -> None:
    from services.calendar.domain.structured.fields import Fields
    from services.calendar.usecases.write_event import Meant, Scope, update_event

    series = event("e1", "20261130T090000Z", "20261130T100000Z", "Suivi", "RRULE:FREQ=DAILY;COUNT=5")
    assert (await files.client.store("e1.ics", series)).status_code == 204
    managed_id = await files.added()
    (stored,) = await office.agenda.objects.of_owner_with_uid(agent.account_id, "e1")
    with acting_as(agent):
        meant = Meant(Scope.FOLLOWING, "20261202T090000Z")
        await update_event(office.agenda, agent, stored.key, Fields(title="Autre"), meant)
    assert len(await office.agenda.objects.carrying(managed_id, agent.account_id)) == 2


async def test_nobody_vouches_for_more_than_twenty(files: Files) -> None:
    ids = [await files.added(b"%d" % n) for n in range(20)]
    lines = [f"ATTACH;MANAGED-ID={each}:http://x.example/" for each in ids]
    other = event("e2", "20261130T090000Z", "20261130T100000Z", "x", *lines)
    assert (await files.client.store("e2.ics", other)).status_code == 201
    one = await files.client.store("e3.ics", event("e3"))
    assert one.status_code == 201
    more = (await files.post("action=attachment-add", b"autre", "e3.ics")).headers["cal-managed-id"]
    lines.append(f"ATTACH;MANAGED-ID={more}:http://x.example/")
    full = await files.client.store("e2.ics", event("e2", "20261130T090000Z", "20261130T100000Z", "x", *lines))
    assert (full.status_code, condition(full)) == (403, "max-attachments-per-resource")
    # One in another's place.
    swapped = event("e2", "20261130T090000Z", "20261130T100000Z", "x", *lines[1:])
    assert (await files.client.store("e2.ics", swapped)).status_code == 204
    assert ids_in(await files.content("e2.ics")) == [*ids[1:], more]


async def test_who_succeeds_takes_over_the_files_of_a_meeting(
    organiser: Files, office: Office, agent: Identity, colleague: Identity, files_of: Of
) -> None:
    managed_id = await organiser.added()
    await delivered(office)
    heir = await office.agent("agent3")
    await left(office, agent, heir)
    await delivered(office)
    for who in (heir, colleague):
        assert (await files_of(who).open(managed_id)).content == NOTE
