"""Events by fields: written, read, changed in one instance, from one on, in all, and called off the same ways."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from workspace.calendar.v1 import schedule_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from services.calendar.api.events import event_message, fields_given
from services.calendar.domain.access import Grant, Role
from services.calendar.domain.objects import read_object
from services.calendar.domain.structured.composing import Setting, edit_of
from services.calendar.domain.structured.people import Organizer
from services.calendar.usecases.read_event import read_event
from services.calendar.usecases.write_event import Meant, Scope, create_event, delete_event, update_event
from tests.calendar.office import Office, event
from tests.calendar.rest.given import share

PARIS = {
    "start": {"local": "2026-12-01T10:00:00", "time_zone": "Europe/Paris"},
    "end": {"local": "2026-12-01T11:00:00"},
}
DAILY = {"frequency": "FREQUENCY_DAILY", "count": 5}


def given(**said: Any) -> pb.Event:
    message: pb.Event = ParseDict(said, pb.Event())
    return message


async def created(office: Office, who: Identity, calendar: str, **said: Any) -> pb.Event:
    return event_message(await create_event(office.agenda, who, calendar, fields_given(given(**said))))


async def read(office: Office, who: Identity, event_id: str, recurrence_id: str = "") -> pb.Event:
    return event_message(await read_event(office.agenda, who, event_id, recurrence_id))


async def changed(
    office: Office, who: Identity, event_id: str, scope: Scope = Scope.ALL, at: str = "", etag: str = "", **said: Any
) -> pb.Event:
    fields = fields_given(given(**said), list(said))
    return event_message(await update_event(office.agenda, who, event_id, fields, Meant(scope, at, etag)))


async def content(office: Office, event_id: str) -> str:
    stored = await office.agenda.objects.find(event_id)
    assert stored is not None
    return stored.content.decode()


async def test_what_is_said_is_what_is_read(office: Office, agent: Identity, home: str) -> None:
    said: dict[str, Any] = {
        "title": "Budget 2027", "description": "Ordre du jour\n1. Recettes; 2. Dépenses", "location": "Salle 4",
        "recurrence": {"frequency": "FREQUENCY_MONTHLY", "by_day": ["-1FR"], "until": "2027-06-30"},
        "attendees": [{"address": "agent2@numerique.gouv.tg", "name": "Agent 2", "role": "ATTENDEE_ROLE_OPTIONAL"}],
        "rooms": [{"address": "salle-4@numerique.gouv.tg", "name": "Salle 4"}],
        "reminders": [
            {"action": "REMINDER_ACTION_DISPLAY", "minutes_before": 15},
            {"action": "REMINDER_ACTION_EMAIL", "minutes_before": 1440},
        ],
        "visibility": "VISIBILITY_CONFIDENTIAL", "transparent": True, "status": "EVENT_STATUS_TENTATIVE",
        "categories": ["Budget", "A, b"], "color": "teal", "conference_wanted": True,
        "documents": [{"id": "d1", "title": "Note"}], "url": "https://gouv.tg/budget", **PARIS,
    }  # fmt: skip
    made = await created(office, agent, home, **said)
    again = await read(office, agent, made.id)
    assert again == made
    wanted = given(**said)
    for field in ("title", "description", "location", "visibility", "transparent", "status", "color", "url"):
        assert getattr(made, field) == getattr(wanted, field), field
    assert list(made.categories) == ["Budget", "A, b"]
    assert (made.start.local, made.start.time_zone) == ("2026-12-01T10:00:00", "Europe/Paris")
    assert made.end.moment.ToJsonString() == "2026-12-01T10:00:00Z"
    assert (list(made.recurrence.by_day), made.recurrence.until) == (["-1FR"], "2027-06-30")
    assert made.recurrence.french == "chaque mois, le dernier vendredi, jusqu'au mercredi 30 juin 2027"
    assert made.recurrence.english == "every month, on the last Friday, until Wednesday 30 June 2027"
    (guest,), (room,) = made.attendees, made.rooms
    assert (guest.role, guest.participation) == (pb.ATTENDEE_ROLE_OPTIONAL, pb.PARTICIPATION_NEEDS_ACTION)
    assert (room.kind, room.address) == (pb.ATTENDEE_KIND_ROOM, "salle-4@numerique.gouv.tg")
    assert (made.organizer.address, made.organized) == (agent.address, True)
    assert [each.minutes_before for each in made.reminders] == [15, 1440]
    assert [each.id for each in made.documents] == ["d1"]
    assert made.conference_wanted


async def test_whole_days_are_written_as_dates(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Congé", start={"local": "2026-12-24"}, end={"local": "2026-12-27"})
    assert "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227" in await content(office, made.id)
    assert (made.start.local, made.end.local, made.start.time_zone) == ("2026-12-24", "2026-12-27", "")
    alone = await created(office, agent, home, start={"local": "2026-12-24"})
    assert alone.end.local == "2026-12-25"


async def test_an_edit_keeps_what_nobody_here_understands_and_the_zone(office: Office, agent: Identity) -> None:
    lines = ("X-FOO;X-BAR=1:intact", "X-ALT-DESC;FMTTYPE=text/html:<b>avant</b>", "DESCRIPTION:avant", "GEO:6.1;1.2")
    kept = await office.put(
        agent, event("u1", "Europe/Paris:20261201T100000", "Europe/Paris:20261201T110000", "Avant", *lines)
    )
    key = kept.stored.key
    after = await changed(office, agent, key, title="Après", start={"local": "2026-12-02T09:00:00"})
    assert (after.title, after.start.time_zone, after.start.local) == ("Après", "Europe/Paris", "2026-12-02T09:00:00")
    assert after.end.local == "2026-12-02T10:00:00"
    text = await content(office, key)
    assert "X-FOO;X-BAR=1:intact" in text
    assert "GEO:6.1;1.2" in text
    assert "<b>avant</b>" in text
    await changed(office, agent, key, description="après")
    assert "<b>avant</b>" not in await content(office, key)


async def test_an_instance_that_there_is_not_is_named(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, recurrence=DAILY, **PARIS)
    with pytest.raises(NotFound) as refused:
        await changed(office, agent, made.id, Scope.THIS, "20261224T090000Z", title="Autre")
    assert "recurrence_id" in refused.value.fields


async def test_one_instance_is_moved_and_the_series_stays(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", recurrence=DAILY, **PARIS)
    at = "20261202T090000Z"
    await changed(
        office, agent, made.id, Scope.THIS, at, title="Point long",
        start={"local": "2026-12-02T14:00:00"}, end={"local": "2026-12-02T16:00:00"},
    )  # fmt: skip
    series = await read(office, agent, made.id)
    assert (series.title, list(series.changed_instances)) == ("Point", [at])
    moved = await read(office, agent, made.id, at)
    assert (moved.title, moved.start.local, moved.end.local) == (
        "Point long",
        "2026-12-02T14:00:00",
        "2026-12-02T16:00:00",
    )
    assert (await read(office, agent, made.id, "20261203T090000Z")).title == "Point"


async def test_what_follows_becomes_a_series_of_its_own(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", recurrence=DAILY, **PARIS)
    after = await changed(office, agent, made.id, Scope.FOLLOWING, "20261203T090000Z", title="Nouveau point")
    assert (after.id != made.id, after.title, after.start.local) == (True, "Nouveau point", "2026-12-03T10:00:00")
    assert after.recurrence.count == 3
    before = await read(office, agent, made.id)
    assert (before.title, before.recurrence.until) == ("Point", "2026-12-03")
    with pytest.raises(NotFound):
        await read(office, agent, made.id, "20261203T090000Z")
    tokens = [each.version for each in await office.facts("event_created", "event_updated")]
    assert len(set(tokens)) == len(tokens)


async def test_all_move_together(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", recurrence=DAILY, **PARIS)
    await changed(office, agent, made.id, Scope.THIS, "20261202T090000Z", title="Autre")
    after = await changed(office, agent, made.id, start={"local": "2026-12-01T11:30:00"})
    assert (after.start.local, after.end.local) == ("2026-12-01T11:30:00", "2026-12-01T12:30:00")
    assert list(after.changed_instances) == ["20261202T103000Z"]
    moved = await read(office, agent, made.id, "20261202T103000Z")
    assert (moved.title, moved.start.local) == ("Autre", "2026-12-02T11:30:00")


async def test_a_rule_is_given_changed_and_taken(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", **PARIS)
    weekly = await changed(
        office, agent, made.id, recurrence={"frequency": "FREQUENCY_WEEKLY", "interval": 2, "by_day": ["TU", "TH"]}
    )
    assert list(weekly.recurrence.rules) == ["FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"]
    monthly = await changed(office, agent, made.id, recurrence={"frequency": "FREQUENCY_MONTHLY", "count": 3})
    assert list(monthly.recurrence.rules) == ["FREQ=MONTHLY;COUNT=3"]
    once = await changed(office, agent, made.id, recurrence={})
    assert not once.HasField("recurrence")


async def test_deleting_one_those_from_it_on_and_all(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", recurrence=DAILY, **PARIS)
    await delete_event(office.agenda, agent, made.id, Meant(Scope.THIS, "20261202T090000Z"))
    assert list((await read(office, agent, made.id)).recurrence.excluded) == ["20261202T090000Z"]
    await delete_event(office.agenda, agent, made.id, Meant(Scope.FOLLOWING, "20261204T090000Z"))
    with pytest.raises(NotFound):
        await read(office, agent, made.id, "20261204T090000Z")
    await read(office, agent, made.id, "20261203T090000Z")
    await delete_event(office.agenda, agent, made.id, Meant(Scope.FOLLOWING, "20261201T090000Z"))
    with pytest.raises(NotFound):
        await read(office, agent, made.id)


async def test_only_what_was_seen_is_changed(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", **PARIS)
    await changed(office, agent, made.id, title="Autre", etag=made.etag)
    with pytest.raises(PreconditionFailed):
        await changed(office, agent, made.id, title="Encore", etag=made.etag)
    with pytest.raises(PreconditionFailed):
        await delete_event(office.agenda, agent, made.id, Meant(etag=made.etag))
    assert (await read(office, agent, made.id)).title == "Autre"


def test_who_stays_keeps_the_answer() -> None:
    lines = (
        "ORGANIZER:mailto:chef@gouv.tg", "ATTENDEE;PARTSTAT=ACCEPTED;X-NUM=2:mailto:a@sante.gouv.tg",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:b@sante.gouv.tg", "ATTENDEE;CUTYPE=ROOM:mailto:salle@sante.gouv.tg",
    )  # fmt: skip
    node = read_object(event("u1", "20261201T090000Z", "20261201T100000Z", "Réunion", *lines)).nodes[0]
    people = [{"address": "a@sante.gouv.tg"}, {"address": "C@sante.gouv.tg"}, {"address": "d'e&f@sante.gouv.tg"}]
    fields = fields_given(given(attendees=people), ["attendees"])
    after = edit_of(fields, node, Setting("Africa/Lome", Organizer("agent1@numerique.gouv.tg"), datetime.now(UTC))).on(
        node
    )
    assert [line.raw for line in after.every("ATTENDEE")] == [
        "ATTENDEE;PARTSTAT=ACCEPTED;X-NUM=2:mailto:a@sante.gouv.tg",
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:c@sante.gouv.tg",
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:d'e%26f@sante.gouv.tg",
        "ATTENDEE;CUTYPE=ROOM:mailto:salle@sante.gouv.tg",
    ]
    assert after.value("ORGANIZER") == "mailto:chef@gouv.tg"
    letter = given(reminders=[{"action": "REMINDER_ACTION_EMAIL", "minutes_before": 15}])
    setting = Setting("Africa/Lome", Organizer("agent1@numerique.gouv.tg"), datetime.now(UTC))
    (alarm,) = edit_of(fields_given(letter, ["reminders"]), node, setting).alarms or ()
    assert alarm.value("ATTENDEE") == "mailto:agent1@numerique.gouv.tg", "whose reminder it is, not who invites"


async def test_who_invites_and_is_among_the_invited_comes(office: Office, agent: Identity, home: str) -> None:
    people = [{"address": agent.address}, {"address": "agent2@numerique.gouv.tg"}]
    made = await created(office, agent, home, attendees=people, **PARIS)
    assert [each.participation for each in made.attendees] == [
        pb.PARTICIPATION_ACCEPTED,
        pb.PARTICIPATION_NEEDS_ACTION,
    ]


def test_an_hour_does_not_become_a_day_by_its_start_alone() -> None:
    node = read_object(event().replace(b"DTEND:20261130T100000Z", b"DURATION:PT1H")).nodes[0]
    setting = Setting("Africa/Lome", Organizer("agent1@numerique.gouv.tg"), datetime.now(UTC))
    with pytest.raises(InvalidInput) as refused:
        edit_of(fields_given(given(start={"local": "2026-12-01"}), ["start"]), node, setting)
    assert {*refused.value.fields} == {"end"}


async def test_roles_hold(office: Office, agent: Identity, colleague: Identity, stranger: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", **PARIS)
    secret = await created(office, agent, home, title="Secret", visibility="VISIBILITY_PRIVATE", **PARIS)
    for who in (colleague, stranger):
        with pytest.raises(NotFound):
            await read(office, who, made.id)
        with pytest.raises(NotFound):
            await changed(office, who, made.id, title="Pris")
    await share(office, home, Grant(colleague.account_id, Role.READ))
    assert (await read(office, colleague, made.id)).title == "Point"
    with pytest.raises(Forbidden):
        await changed(office, colleague, made.id, title="Pris")
    shown = await read(office, colleague, secret.id)
    assert (shown.title, shown.busy_only, shown.start.local) == ("Occupé", True, "2026-12-01T10:00:00")
    await share(office, home, Grant(colleague.account_id, Role.WRITE))
    assert (await changed(office, colleague, made.id, title="Pris")).title == "Pris"
    with pytest.raises(Forbidden):
        await changed(office, colleague, secret.id, title="Pris")
    invited = await created(
        office, colleague, home, title="Réunion", attendees=[{"address": "x@sante.gouv.tg"}], **PARIS
    )
    assert invited.organizer.address == agent.address


@pytest.mark.parametrize(
    "said",
    [
        {"title": "a\r\nBEGIN:VALARM"}, {"title": "x" * 501}, {"location": "a\nb"}, {"description": "a\x00b"},
        {"start": {"local": "demain"}}, {"start": {"local": "2026-02-30"}}, {"start": {"local": ""}},
        {"start": {"local": "2026-12-01T10:00:00", "time_zone": "Mars/Olympus"}},
        {"start": {"local": "2026-12-01T12:00:00"}}, {"start": {"local": "2026-12-01"}},
        {"recurrence": {"frequency": "FREQUENCY_DAILY", "interval": -1}},
        {"recurrence": {"frequency": "FREQUENCY_DAILY", "count": 1000000000}},
        {"recurrence": {"frequency": "FREQUENCY_WEEKLY", "by_day": ["XX;COUNT=1"]}},
        {"recurrence": {"frequency": "FREQUENCY_DAILY", "count": 2, "until": "2027-01-01"}},
        {"attendees": [{"address": "pas une adresse"}]}, {"attendees": [{"address": "a@b\r\nX:y"}]},
        {"rooms": [{"address": "javascript:alert(1)"}]}, {"url": "javascript:alert(1)"}, {"color": "url(x)"},
        {"categories": ["x" * 101]}, {"documents": [{"id": "../x"}]},
        {"reminders": [{"minutes_before": 10000000}]}, {"reminders": [{"minutes_before": each} for each in range(21)]},
        {"attendees": [{"address": f"a{each}@gouv.tg"} for each in range(1001)]},
    ],
)  # fmt: skip
async def test_bad_fields_are_refused_by_name(office: Office, agent: Identity, home: str, said: dict[str, Any]) -> None:
    before = await office.state()
    with pytest.raises(InvalidInput) as refused:
        await created(office, agent, home, **({"title": "Point", **PARIS} | said))
    # A start that is after the end is a fault of either.
    assert next(iter(refused.value.fields)).partition(".")[0] in {*said, *(["end"] if "start" in said else [])}
    assert await office.state() == before


async def test_nothing_that_runs_comes_out(office: Office, agent: Identity) -> None:
    lines = (
        "DESCRIPTION:<script>alert(1)</script>", "X-ALT-DESC;FMTTYPE=text/html:<script>alert(2)</script>",
        "URL:javascript:alert(3)", "ATTACH;FILENAME=x:javascript:alert(4)", "ATTACH:data:text/html;base64,PHM+",
        "ATTACH;FMTTYPE=application/pdf;FILENAME=a.pdf;SIZE=12:https://gouv.tg/a.pdf",
        "ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=\"text/html<x>\":" + "QUJD" * 100,
        "CONFERENCE:javascript:alert(5)",
    )  # fmt: skip
    kept = await office.put(agent, event("u1", "20261201T090000Z", "20261201T100000Z", "Réunion", *lines))
    shown = await read(office, agent, kept.stored.key)
    assert shown.description == "<script>alert(1)</script>"  # text, which nobody takes for HTML
    told = str(shown)
    assert "javascript:" not in told
    assert "alert(2)" not in told
    assert "data:" not in told
    assert "QUJD" not in told
    links = [(each.filename, each.media_type, each.url, each.octets) for each in shown.attachments]
    assert links == [
        ("x", "", "", 0), ("", "", "", 0), ("a.pdf", "application/pdf", "https://gouv.tg/a.pdf", 12), ("", "", "", 300),
    ]  # fmt: skip
