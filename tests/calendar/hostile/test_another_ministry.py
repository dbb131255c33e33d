"""Every door behind which something of an agent's calendar lies, tried by somebody of another ministry: by each it is
as though there were nothing, and nothing changes. Other walks go through all rpcs and all methods of WebDAV."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chassis.identity import Identity
from tests.calendar.dav.conftest import CalendarClient, event
from tests.calendar.office import Office

SECRET = "Nomination"
NOBODY = "personne@numerique.gouv.tg"
WEEK = {"start": "2026-11-30T00:00:00Z", "end": "2026-12-07T00:00:00Z"}
SPAN = f"start={WEEK['start']}&end={WEEK['end']}"


@dataclass(frozen=True)
class Theirs:
    """What the agent has, by the ids that somebody may have learned."""

    calendar: str
    event: str
    task: str
    attachment: str
    link: str
    poll: str
    page: str
    delegation: str
    address: str


@pytest.fixture
async def theirs(office: Office, mine: CalendarClient, colleague: Identity) -> Theirs:
    """A calendar with something of every kind, the title of which is a secret."""
    http, said = mine.http, {"headers": mine.headers}
    assert (await mine.store("a.ics", event("u1", summary=SECRET))).status_code == 201
    task = event("t1", summary=SECRET).replace(b"VEVENT", b"VTODO").replace(b"DTEND", b"DUE")
    assert (await mine.store("t.ics", task)).status_code == 201
    keys = {each["uid"]: each["_id"] for each in await office.database["objects"].find({}).to_list(None)}
    calendar = (await http.get("/v1/calendars", **said)).json()["calendars"][0]["id"]

    async def made(path: str, **body: Any) -> dict[str, Any]:
        answer = await http.post(path, json=body, **said)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    link = await made(f"/v1/calendars/{calendar}/publications", label=SECRET, detail="PUBLISHED_DETAIL_WORDS")
    option = {"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z"}
    poll = await made("/v1/calendar/polls", title=SECRET, options=[option], invitees=[colleague.address])
    page = await made("/v1/calendar/appointment-pages", title="Guichet", lengths=[30], open=False)
    given = await made("/v1/calendar/delegations", address=colleague.address, role="ROLE_WRITE")
    wishes = await http.patch("/v1/calendar/preferences", json={"free_busy": "FREE_BUSY_AUDIENCE_MINISTRY"}, **said)
    assert wishes.status_code == 200, wishes.text
    await office.published()
    return Theirs(
        calendar, keys["u1"], keys["t1"], "0" * 32, link["id"], poll["id"], page["id"], given["id"], mine.address
    )


def doors(it: Theirs) -> dict[str, tuple[str, str, Any]]:
    """Method, path and body of each door that names what is theirs."""
    calendar, key = f"/v1/calendars/{it.calendar}", f"/v1/calendar/events/{it.event}"
    task = f"/v1/calendar/tasks/{it.task}"
    when = {"local": "2026-12-01T09:00:00"}
    return {
        "the calendar": ("GET", calendar, None),
        "its description": ("PATCH", f"{calendar}?update_mask=title", {"title": "Pris"}),
        "its end": ("DELETE", calendar, None),
        "its window": ("GET", f"/v1/calendar/instances?calendar_ids={it.calendar}&{SPAN}", None),
        "its search": ("GET", f"/v1/calendar/events:search?query={SECRET}&calendar_ids={it.calendar}", None),
        "its changes": ("GET", f"/v1/calendar/changes?calendar_ids={it.calendar}", None),
        "its tasks": ("GET", f"/v1/calendar/tasks?calendar_ids={it.calendar}", None),
        "its file": ("GET", f"{calendar}:export", None),
        "a file into it": ("POST", f"{calendar}:import", event("intrus")),
        "an event into it": ("POST", f"{calendar}/events", {"title": "Pris", "start": when}),
        "a task into it": ("POST", f"{calendar}/tasks", {"title": "Pris"}),
        "its links": ("GET", f"{calendar}/publications", None),
        "a link to it": ("POST", f"{calendar}/publications", {"label": "x", "detail": "PUBLISHED_DETAIL_BUSY"}),
        "the end of a link": ("DELETE", f"{calendar}/publications/{it.link}", None),
        "whom it is shared with": ("GET", f"{calendar}/grants", None),
        "a share of it": ("POST", f"{calendar}/grants", {"address": "agent1@sante.gouv.tg", "role": "ROLE_READ"}),
        "the event": ("GET", key, None),
        "a change of it": ("PATCH", f"{key}?update_mask=title", {"title": "Pris"}),
        "the end of it": ("DELETE", key, None),
        "it as a file": ("GET", f"{key}:export", None),
        "its files": ("GET", f"{key}/attachments", None),
        "one of its files": ("GET", f"{key}/attachments/{it.attachment}", None),
        "an answer to it": ("POST", f"/v1/calendar/invitations/{it.event}:answer", {"answer": 2}),
        "the task": ("GET", task, None),
        "it done": ("POST", f"{task}:complete", {}),
        "the poll": ("GET", f"/v1/calendar/polls/{it.poll}", None),
        "a vote": ("PUT", f"/v1/calendar/polls/{it.poll}/vote", {"answers": {"1": "POLL_ANSWER_YES"}}),
        "its closing": ("POST", f"/v1/calendar/polls/{it.poll}:close", {}),
        "the page": ("PUT", f"/v1/calendar/appointment-pages/{it.page}", {"title": "Pris", "lengths": [30]}),
        "the end of the page": ("DELETE", f"/v1/calendar/appointment-pages/{it.page}", None),
        "the page as visitors see it": ("GET", f"/rendez-vous/{it.page}", None),
        "who acts for them": ("DELETE", f"/v1/calendar/delegations/{it.delegation}", None),
        "invitations of theirs": ("GET", f"/v1/calendar/invitations?owner_id={it.calendar.partition('.')[0]}", None),
    }  # fmt: skip


async def test_by_no_door_another_ministry_learns_or_changes_anything(
    office: Office, mine: CalendarClient, others: CalendarClient, theirs: Theirs
) -> None:
    await others.http.get("/v1/calendars", headers=others.headers)
    before = await office.state()
    wrong = []
    for door, (method, path, body) in doors(theirs).items():
        told = {"content": body, "headers": {**others.headers, "content-type": "text/calendar"}}
        asked = told if isinstance(body, bytes) else {"json": body, "headers": others.headers}
        answer = await others.http.request(method, path, **asked)
        if answer.status_code != 404 or SECRET in answer.text:
            wrong.append(f"{door}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []
    assert await office.state() == before
    # By the same doors whose it is comes in: they are written as they are.
    reading = {door: each for door, each in doors(theirs).items() if each[0] == "GET"}
    closed = {
        door
        for door, (_, path, _) in reading.items()
        if (await mine.http.get(path, headers=mine.headers)).status_code != 200
    }
    assert closed == {"one of its files", "the page as visitors see it"}, "which there are not"


async def test_by_what_takes_no_id_another_ministry_is_shown_nothing(
    office: Office, others: CalendarClient, theirs: Theirs
) -> None:
    for path in (
        "/v1/calendars", f"/v1/calendar/instances?{SPAN}", f"/v1/calendar/events:search?query={SECRET}",
        "/v1/calendar/changes", "/v1/calendar/tasks", "/v1/calendar/invitations", "/v1/calendar/proposals",
        "/v1/calendar/polls", "/v1/calendar/appointment-pages", "/v1/calendar/delegations", "/v1/calendar/reminders",
        "/v1/calendar/subscriptions", "/v1/calendar/preferences", "/v1/calendar/resources",
    ):  # fmt: skip
        answer = await others.http.get(path, headers=others.headers)
        assert answer.status_code == 200, (path, answer.text)
        for mark in (SECRET, 'acc-agent1"', "acc-agent1.", theirs.address, theirs.poll, theirs.page):
            assert mark not in answer.text, (path, mark)


Ask = Callable[[CalendarClient, str], Any]


async def _free_busy_by_rest(who: CalendarClient, address: str) -> Any:
    answer = await who.http.post(
        "/v1/calendar/free-busy:query", json={"addresses": [address], **WEEK}, headers=who.headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _slots(who: CalendarClient, address: str) -> Any:
    guests = [{"address": who.address}, {"address": address, "optional": True}]
    body = {"guests": guests, "start": WEEK["start"], "end": "2026-12-01T00:00:00Z", "length_minutes": 60}
    answer = await who.http.post("/v1/calendar/slots:find", json=body, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _outbox(who: CalendarClient, address: str) -> Any:
    asked = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:f1\r\n"
        "DTSTAMP:20261130T000000Z\r\nDTSTART:20261130T000000Z\r\nDTEND:20261201T000000Z\r\n"
        f"ORGANIZER:mailto:{who.address}\r\nATTENDEE:mailto:{address}\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
    answer = await who.ask("POST", f"{who.home}outbox/", asked, content_type="text/calendar")
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("ask", [_free_busy_by_rest, _slots, _outbox])
async def test_busy_times_that_are_of_the_ministry_are_those_of_nobody_elsewhere(
    client: Callable[[Identity], CalendarClient], colleague: Identity, others: CalendarClient, theirs: Theirs, ask: Ask
) -> None:
    told, nobody = await ask(others, theirs.address), await ask(others, NOBODY)
    assert str(told).replace(theirs.address, NOBODY) == str(nobody)
    inside = await ask(client(colleague), theirs.address)
    assert str(inside).replace(theirs.address, NOBODY) != str(await ask(client(colleague), NOBODY))
    assert SECRET not in str(inside)
