"""Debian's Thunderbird and the calendar, as somebody meets it on the first day: found by the address, then used."""

import asyncio
import re
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest

from chassis.ids import new_id
from tests.e2e.clients import Agent, newcomer
from tests.interop.agendas import Agenda
from tests.interop.https_front import https_front
from tests.interop.receiving import hand_over, reception
from tests.interop.test_thunderbird import CONTINUE
from tests.interop.thunderbird import Thunderbird, thunderbird
from tests.interop.thunderbird_calendar import Calendar
from tests.running import RunningStack, until

# Whichever test is first waits for the stack and for the program's first start.
pytestmark = pytest.mark.timeout(400)

T = TypeVar("T")
OUTSIDE = "citoyen@example.org"
RECORDS = {"example.org": [b"v=spf1 ip4:127.0.0.1 -all"], "_dmarc.example.org": [b"v=DMARC1; p=reject"]}
# What the domain's DNS says (`workspace dns`), with this stack's HTTPS for the web's. Marionette forgets passwords,
# which nobody else's Thunderbird does.
DNS = """const {DNS} = ChromeUtils.importESModule("resource:///modules/DNS.sys.mjs");
const [names, host, port, path] = args;
DNS.srv = async name => names.includes(name) ? [{prio: 0, weight: 1, host, port}] : [];
DNS.txt = async name => names.includes(name) && path ? [{strings: [path]}] : [];
DNS.mx = async () => [];
Services.prefs.setBoolPref("signon.rememberSignons", true);"""
# Everybody's, as soon as a round has made it.
HOLIDAYS = "Jours fériés"
OFFERED = """const form = await until(() => seen("email-sync-accounts-form"), "calendars and address books");
const offered = which => [...form.querySelectorAll(`#${which} label`)].map(one => one.textContent);
return [offered("calendars"), offered("addressBooks")];"""
DETECT = """const found = await cal.provider.detection.detect(args[0], args[1], args[2], false, [], {});
return [...found.values()].flat().map(one => [one.name, one.uri.filePath, one.readOnly]);"""


def _done(asked: Coroutine[Any, Any, T]) -> T:
    """On a thread of its own: the runner's loops stay what they are."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked).result()


@dataclass(frozen=True)
class Met:
    """The program after its first day, and what it offered at setup."""

    calendar: Calendar
    offered: list[list[str]]
    front: int


@pytest.fixture(scope="module")
def own(stack: RunningStack) -> Agent:
    """Somebody new, who has nothing yet."""
    by = Agent(stack, "administrateur@numerique.gouv.tg")
    return _done(newcomer(by, f"nouveau{new_id()[-6:].lower()}@numerique.gouv.tg"))


@pytest.fixture(scope="module")
def met(own: Agent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    folder = tmp_path_factory.mktemp("thunderbird-calendar")
    with https_front(own.stack) as front, thunderbird(own, folder) as program:
        offered = _set_up(program, own, front, folder)
        calendar = Calendar(program, folder)
        calendar.act("""await until(agenda, "the calendar"); document.getElementById("calendarButton").click();""")
        yield Met(calendar, offered, front)


def _set_up(program: Thunderbird, own: Agent, front: int, folder: Path) -> list[list[str]]:
    records = _told_of_dns(own)
    program.act(DNS, [name for name, kind, _ in records if kind == "SRV"], "localhost", front, _path(records))
    program.act(
        f"""type(await until(() => seen("#realName"), "the first question"), "Agent 1");
        type(seen("#email"), args[0]); {CONTINUE}""",
        own.address,
    )
    program.act(f"""await until(() => seen("email-config-found"), "what was found"); {CONTINUE}""")
    program.act(
        f"""type(await until(() => seen("email-password-form #password"), "the next question"), args[0]);
        {CONTINUE}""",
        own.password,
    )
    offered = program.act(OFFERED)
    program.picture(folder / "offered.png")
    program.act(CONTINUE)
    program.act(f"""await until(() => seen("email-added-success"), "success"); {CONTINUE}""")
    return list(offered)


def _told_of_dns(own: Agent) -> list[tuple[str, str, str]]:
    """The records of calendars and address books that the domain should publish."""

    async def asked() -> list[dict[str, str]]:
        async with Agent(own.stack, "administrateur@gouv.tg").rest() as rest:
            answer = await rest.get("/v1/mail/domains/numerique.gouv.tg/records")
            assert answer.status_code == 200, answer.text
            return list(answer.json()["records"])

    found = [each for each in _done(asked()) if each["purpose"] in ("dav", "dav-path")]
    return [(each["name"], each["type"], each["value"]) for each in found]


def _path(records: list[tuple[str, str, str]]) -> str:
    (path,) = {value.strip('"') for _, kind, value in records if kind == "TXT"}
    return path


@pytest.fixture
def calendar(met: Met) -> Calendar:
    return met.calendar


@pytest.fixture
def monday() -> date:
    """Of a week ahead that holds no other test's events."""
    today = datetime.now(UTC).date()
    return today + timedelta(days=14 - today.weekday())


def test_thunderbird_finds_calendars_and_address_books_by_the_address_alone(met: Met, own: Agent) -> None:
    calendars, books = met.offered
    assert [each for each in calendars if each != HOLIDAYS] == ["Agenda"]
    assert books == ["Contacts", "Annuaire de l'administration"]
    told = met.calendar.act(
        """return [agenda().name, agenda().readOnly, agenda().getProperty("organizerId"),
        agenda().getProperty("capabilities.autoschedule.supported")];"""
    )
    assert told == ["Agenda", False, f"mailto:{own.address}", True]
    met.calendar.picture("calendar.png")


def test_thunderbird_finds_calendars_by_well_known(met: Met, own: Agent) -> None:
    found = met.calendar.act(DETECT, own.address, own.password, f"https://localhost:{met.front}/")
    assert [each for each in found if each[0] != HOLIDAYS] == [
        ["Agenda", f"/dav/calendars/{own.address}/agenda/", False]
    ]


async def _room(stack: RunningStack) -> str:
    """A new room's address."""
    async with Agent(stack, "administrateur@numerique.gouv.tg").rest() as rest:
        unit = (await rest.get("/v1/me")).json()["unit_id"]
        fields = {"kind": "RESOURCE_KIND_ROOM", "name": f"Salle {new_id()[-6:]}", "unit_id": unit, "capacity": 12}
        made = await rest.post("/v1/calendar/resources", json=fields)
        assert made.status_code == 201, made.text
        return str(made.json()["address"])


def test_a_meeting_with_a_room_an_agent_and_somebody_from_outside(
    calendar: Calendar, own: Agent, other: Agent, stack: RunningStack, monday: date
) -> None:
    room, title = _done(_room(stack)), f"Réunion {new_id()[-6:]}"
    people = [f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{each}" for each in (other.address, OUTSIDE)]
    written = calendar.write(
        title,
        f"DTSTART:{monday:%Y%m%d}T090000Z", f"DTEND:{monday:%Y%m%d}T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3",
        f"ORGANIZER:mailto:{own.address}", f"ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:{own.address}",
        *people, f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{room}",
    )  # fmt: skip
    uid = re.search(r"UID:(\S+)", written)
    assert uid is not None
    theirs = Agenda(other, "agenda")
    until(lambda: any(title in text for text in theirs.texts().values()), 60, pause=1)
    assert calendar.attendees(title, {room: "ACCEPTED"}, "room.png") == {
        own.address: "ACCEPTED", other.address: "NEEDS-ACTION", OUTSIDE: "NEEDS-ACTION", room: "ACCEPTED",
    }  # fmt: skip

    # One instance moves, here and in the attendee's calendar.
    second, third = monday + timedelta(7), monday + timedelta(14)
    calendar.move(title, second, timedelta(days=1, hours=2))
    moved = f"{second + timedelta(1):%Y%m%d}T110000Z"
    until(lambda: f"DTSTART:{moved}" in theirs.text(f"SUMMARY:{title}"), 60, pause=1)
    assert f"RECURRENCE-ID:{second:%Y%m%d}T090000Z" in theirs.text(f"SUMMARY:{title}")
    starts = [start for start, _ in calendar.shown(monday, title, 3)]
    assert starts == [f"{monday:%Y%m%d}T090000Z", moved, f"{third:%Y%m%d}T090000Z"]
    calendar.picture("moved.png")

    # The attendee answers from another program, the one from outside by a letter that is proven to be theirs.
    _accept(theirs, title)
    with reception(stack, RECORDS) as place:
        hand_over(place, _answer(own.address, uid[1], monday, title))
    answers = calendar.attendees(title, {other.address: "ACCEPTED", OUTSIDE: "TENTATIVE"}, "answers.png")
    assert answers == {
        own.address: "ACCEPTED", other.address: "ACCEPTED", OUTSIDE: "TENTATIVE", room: "ACCEPTED",
    }  # fmt: skip


def _accept(theirs: Agenda, title: str) -> None:
    (name,) = [name for name, text in theirs.texts().items() if title in text]
    text = theirs.texts()[name]
    answered = re.sub(
        rf"(ATTENDEE[^\n]*)PARTSTAT=NEEDS-ACTION([^\n]*:mailto:{theirs.agent.address})", r"\1PARTSTAT=ACCEPTED\2", text
    )
    assert answered != text
    sent = theirs.ask("PUT", name, answered.replace("\n", "\r\n"), content_type="text/calendar")
    assert sent.status_code == 204, sent.text


def _answer(to: str, uid: str, day: date, title: str) -> EmailMessage:
    """A letter as another server's calendar writes it (RFC 6047)."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = OUTSIDE, to, f"Provisoire : {title}"
    message["Message-ID"], message["Date"] = f"<{new_id()}@example.org>", datetime.now(UTC)
    message.set_content("Je viendrai peut-être.\n")
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//FR", "METHOD:REPLY", "BEGIN:VEVENT", f"UID:{uid}",
        f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}", "SEQUENCE:0", f"ORGANIZER:mailto:{to}",
        f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{OUTSIDE}", f"DTSTART:{day:%Y%m%d}T090000Z", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip
    message.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": "REPLY"})
    return message


def test_an_event_of_a_whole_day(calendar: Calendar, own: Agent, monday: date) -> None:
    title, day = f"Congé {new_id()[-6:]}", monday + timedelta(3)
    calendar.write(title, f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(2):%Y%m%d}")
    kept = Agenda(own, "agenda").text(f"SUMMARY:{title}")
    assert f"DTSTART;VALUE=DATE:{day:%Y%m%d}\n" in kept
    assert f"DTEND;VALUE=DATE:{day + timedelta(2):%Y%m%d}\n" in kept
    # A box on each of its days.
    assert calendar.shown(monday, title, 2) == [[f"{day:%Y%m%d}", title]] * 2
    calendar.picture("whole-day.png")


def test_a_task_is_written_and_done(calendar: Calendar, own: Agent, monday: date) -> None:
    title, agenda = f"Note {new_id()[-6:]}", Agenda(own, "agenda")
    calendar.act(
        """const due = cal.createDateTime(args[1]);
        await saved(await opened(() => createTodoWithDialog(agenda(), due, args[0])), args[0]);
        document.getElementById("tasksButton").click();
        const tree = document.getElementById("calendar-task-tree");
        await until(() => tree.checkVisibility() && tree.mTaskArray.some(one => one.title == args[0]), "the task");""",
        title, f"{monday:%Y%m%d}T120000Z",
    )  # fmt: skip
    calendar.picture("task.png")
    kept = agenda.text(f"SUMMARY:{title}")
    assert "BEGIN:VTODO" in kept
    assert f"DUE:{monday:%Y%m%d}T120000Z" in kept
    calendar.act(
        """const task = await titled(args[0]), done = task.clone();
        done.isCompleted = true;
        doTransaction("modify", done, agenda(), task, null);""",
        title,
    )
    until(lambda: "STATUS:COMPLETED" in agenda.text(f"SUMMARY:{title}"), 30, pause=1)


def test_a_reminder_comes_and_is_dismissed(calendar: Calendar, own: Agent) -> None:
    title, start = f"Appel {new_id()[-6:]}", datetime.now(UTC) + timedelta(minutes=5)
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", f"DESCRIPTION:{title}", "END:VALARM")
    calendar.write(title, f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT30M", *alarm)
    told = calendar.act(
        """const window = await until(() => Services.wm.getMostRecentWindow("Calendar:AlarmWindow"), "a reminder");
        const titles = () => all(window.document, ".alarm-title-label").map(one => one.value || one.textContent);
        return await until(() => titles().includes(args[0]) && titles(), "the event in it");""",
        title,
    )
    calendar.picture_of("Calendar:AlarmWindow", "reminder.png")
    assert title in told
    calendar.act(
        """const window = Services.wm.getMostRecentWindow("Calendar:AlarmWindow");
        window.document.getElementById("alarm-dismiss-all-button").click();
        await until(() => window.closed, "the end of the reminder");"""
    )
    # It is known to the server, for the other programs of the same person.
    until(lambda: "X-MOZ-LASTACK:" in Agenda(own, "agenda").text(f"SUMMARY:{title}"), 30, pause=1)
