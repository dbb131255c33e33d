"""Calendars that people outside read by a secret link."""

import asyncio
from typing import Any

import httpx
import pytest
import structlog
from icalendar import Calendar as Parsed

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.publications import MAX_PUBLICATIONS, Detail
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.publish import publications_of, publish, published, read_published, withdraw
from services.calendar.usecases.share_calendar import share_calendar
from tests.calendar.conftest import Api
from tests.calendar.office import Office, event

MEETING = event(
    "u1", "Africa/Lome:20261130T090000", "Africa/Lome:20261130T100000", "Réunion de service", "LOCATION:Salle 3",
    "DESCRIPTION:Ordre du jour", "ORGANIZER:mailto:agent1@numerique.gouv.tg",
    "ATTENDEE:mailto:agent2@numerique.gouv.tg", "CONFERENCE;VALUE=URI:https://video.gouv.tg/secret",
    "RRULE:FREQ=WEEKLY;COUNT=4", "X-INTERNE:42",
)  # fmt: skip
SECRET = event("s1", "20261130T140000Z", "20261130T150000Z", "Nomination", "CLASS:PRIVATE", "LOCATION:Cabinet")
FREE = event("f1", "20261201T140000Z", "20261201T150000Z", "Anniversaire", "TRANSP:TRANSPARENT")


@pytest.fixture
async def calendar(office: Office, agent: Identity) -> str:
    await list_calendars(office.agenda, agent)
    for name, content in (("a.ics", MEETING), ("s.ics", SECRET), ("f.ics", FREE)):
        await office.put(agent, content, name)
    return f"{agent.account_id}.agenda"


async def shown(office: Office, secret: str) -> bytes:
    found = await published(office.agenda, secret)
    return b"".join([piece async for piece in read_published(office.agenda, found)])


async def linked(office: Office, agent: Identity, calendar: str, detail: Detail = Detail.WORDS) -> str:
    return (await publish(office.agenda, agent, calendar, detail, "Ministère voisin"))[1]


async def test_a_link_shows_words_but_no_secrets_and_nobody(office: Office, agent: Identity, calendar: str) -> None:
    text = await shown(office, await linked(office, agent, calendar))
    events = {str(each["SUMMARY"]): each for each in Parsed.from_ical(text).walk("VEVENT")}
    assert events.keys() == {"Réunion de service", "Occupé", "Anniversaire"}
    assert events["Réunion de service"]["LOCATION"] == "Salle 3"
    assert events["Réunion de service"]["RRULE"]["COUNT"] == [4]
    for hidden in (b"Nomination", b"Cabinet", b"numerique.gouv.tg", b"video.gouv.tg", b"X-INTERNE", b"UID:s1"):
        assert hidden not in text, hidden
    assert text.count(b"BEGIN:VTIMEZONE") == 1
    assert text.startswith(b"BEGIN:VCALENDAR\r\n")
    assert text.endswith(b"END:VCALENDAR\r\n")


async def test_a_link_for_busy_times_shows_when_and_no_word(office: Office, agent: Identity, calendar: str) -> None:
    text = await shown(office, await linked(office, agent, calendar, Detail.BUSY))
    events = Parsed.from_ical(text).walk("VEVENT")
    assert [str(each["SUMMARY"]) for each in events] == ["Occupé", "Occupé"]
    for hidden in (b"union", b"Anniversaire", b"Salle", b"Agenda", b"UID:u1", b"UID:s1"):
        assert hidden not in text, hidden
    # A reader knows an event again, and nobody who was sent the invitation knows it by its UID.
    again = await shown(office, await linked(office, agent, calendar, Detail.BUSY))
    assert {str(e["UID"]) for e in events}.isdisjoint({str(e["UID"]) for e in Parsed.from_ical(again).walk("VEVENT")})


async def test_what_is_private_stays_so_in_each_instance(office: Office, agent: Identity, calendar: str) -> None:
    series = event("p1", "20261207T090000Z", "20261207T100000Z", "Cellule", "CLASS:CONFIDENTIAL", "RRULE:FREQ=DAILY")
    override = (
        b"BEGIN:VEVENT\r\nUID:p1\r\nDTSTAMP:20261101T080000Z\r\nRECURRENCE-ID:20261208T090000Z\r\n"
        b"DTSTART:20261208T110000Z\r\nDTEND:20261208T120000Z\r\nSUMMARY:Cellule de crise\r\nEND:VEVENT\r\n"
    )
    await office.put(agent, series.replace(b"END:VCALENDAR", override + b"END:VCALENDAR"), "p.ics")
    assert b"Cellule" not in await shown(office, await linked(office, agent, calendar))


async def test_zones_of_one_name_and_two_meanings_stay_apart(office: Office, agent: Identity, calendar: str) -> None:
    def own(uid: str, offset: str) -> bytes:
        zone = (
            "BEGIN:VTIMEZONE\r\nTZID:Bureau\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
            f"TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
        )
        content = event(uid, "Bureau:20261202T090000", "Bureau:20261202T100000").decode()
        return content.replace("BEGIN:VEVENT", zone, 1).encode()

    await office.put(agent, own("z1", "+0100"), "z1.ics")
    await office.put(agent, own("z2", "+0300"), "z2.ics")
    text = await shown(office, await linked(office, agent, calendar))
    starts = {
        str(each["UID"]): each["DTSTART"].dt.utcoffset().total_seconds() / 3600
        for each in Parsed.from_ical(text).walk("VEVENT")
        if str(each["UID"]).startswith("z")
    }
    assert starts == {"z1": 1, "z2": 3}


async def test_a_link_that_is_taken_back_is_gone_at_once(office: Office, agent: Identity, calendar: str) -> None:
    made, secret = await publish(office.agenda, agent, calendar, Detail.WORDS, "")
    other = await linked(office, agent, calendar)
    await withdraw(office.agenda, agent, calendar, made.id)
    with pytest.raises(NotFound):
        await published(office.agenda, secret)
    with pytest.raises(NotFound):
        await withdraw(office.agenda, agent, calendar, made.id)
    assert await shown(office, other)
    assert [each.id for each in await publications_of(office.agenda, agent, calendar)] != [made.id]


async def test_another_calendar_of_the_same_name_is_not_published_by_an_old_link(
    office: Office, agent: Identity
) -> None:
    await list_calendars(office.agenda, agent)
    made = await create_calendar(office.agenda, agent, "", Wanted("projet"))
    secret = await linked(office, agent, made.calendar.id)
    await delete_calendar(office.agenda, agent, made.calendar.id)
    assert await office.agenda.publications.of(made.calendar.id) == []
    # As though the process had been killed before it forgot the link.
    made = await create_calendar(office.agenda, agent, "", Wanted("projet"))
    other = await linked(office, agent, made.calendar.id)
    await office.database["publications"].update_many({}, {"$set": {"epoch": "avant"}})
    for each in (secret, other):
        with pytest.raises(NotFound):
            await published(office.agenda, each)
    assert await publications_of(office.agenda, agent, made.calendar.id) == []


async def test_nothing_of_who_is_suspended_is_published(office: Office, agent: Identity, calendar: str) -> None:
    secret = await linked(office, agent, calendar)
    await office.agent("agent1", suspended=True)
    with pytest.raises(NotFound):
        await published(office.agenda, secret)


async def test_only_who_may_share_a_calendar_publishes_it(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, calendar: str
) -> None:
    made, _ = await publish(office.agenda, agent, calendar, Detail.WORDS, "")
    await share_calendar(office.agenda, agent, calendar, address=colleague.address, role=Role.WRITE, sees_private=True)
    for who, refused in ((colleague, Forbidden), (stranger, NotFound)):
        with pytest.raises(refused):
            await publish(office.agenda, who, calendar, Detail.BUSY, "")
        with pytest.raises(refused):
            await publications_of(office.agenda, who, calendar)
        with pytest.raises(refused):
            await withdraw(office.agenda, who, calendar, made.id)
    await list_calendars(office.agenda, stranger)
    with pytest.raises(NotFound):
        await withdraw(office.agenda, stranger, f"{stranger.account_id}.agenda", made.id)
    with pytest.raises(NotFound):
        await publish(office.agenda, agent, f"{agent.account_id}.inbox", Detail.BUSY, "")


async def test_links_are_bounded_and_kept_as_digests_alone(office: Office, agent: Identity, calendar: str) -> None:
    with pytest.raises(InvalidInput):
        await publish(office.agenda, agent, calendar, Detail.BUSY, "a\r\nb")
    secrets = [await linked(office, agent, calendar) for _ in range(MAX_PUBLICATIONS)]
    with pytest.raises(PreconditionFailed):
        await linked(office, agent, calendar)
    kept = str([each async for each in office.database["publications"].find({})])
    assert not any(secret in kept for secret in secrets)


async def made_by_rest(http: httpx.AsyncClient, api: Api, agent: Identity, calendar: str) -> Any:
    headers = {"authorization": f"Bearer {api.token(agent)}"}
    body = {"label": "Ministère voisin", "detail": "PUBLISHED_DETAIL_WORDS"}
    answer = await http.post(f"/v1/calendars/{calendar}/publications", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json(), headers


async def test_the_gateway_serves_a_link_to_whoever_has_it(
    http: httpx.AsyncClient, api: Api, agent: Identity, calendar: str, office: Office
) -> None:
    made, headers = await made_by_rest(http, api, agent, calendar)
    path = httpx.URL(made["url"]).path
    read = await http.get(path)
    assert (read.status_code, read.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert "noindex" in read.headers["x-robots-tag"]
    assert len(Parsed.from_ical(read.content).walk("VEVENT")) == 3
    head = await http.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", read.headers["etag"])
    same = await http.get(path, headers={"if-none-match": read.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    await office.put(agent, event("u9", "20261203T090000Z", "20261203T100000Z"), "n.ics")
    assert (await http.get(path, headers={"if-none-match": read.headers["etag"]})).status_code == 200
    listed = (await http.get(f"/v1/calendars/{calendar}/publications", headers=headers)).json()["publications"]
    assert [(each["id"], each.get("url", "")) for each in listed] == [(made["id"], "")]
    gone = await http.delete(f"/v1/calendars/{calendar}/publications/{made['id']}", headers=headers)
    assert (gone.status_code, (await http.get(path)).status_code) == (204, 404)


async def test_a_link_is_read_so_often_and_told_to_no_log(
    http: httpx.AsyncClient, api: Api, agent: Identity, calendar: str
) -> None:
    made, _ = await made_by_rest(http, api, agent, calendar)
    other, _ = await made_by_rest(http, api, agent, calendar)
    path = httpx.URL(made["url"]).path
    with structlog.testing.capture_logs() as logged:
        # What is allowed comes back while they are counted, one a second.
        statuses = [(await http.head(path)).status_code for _ in range(120)]
        await http.post(path)
    assert statuses[:60] == [200] * 60
    assert 429 in statuses
    assert (await http.head(httpx.URL(other["url"]).path)).status_code == 200
    assert sum(each.get("path") == "/ics/…" for each in logged) == 121
    assert path not in str(logged)


async def test_who_guesses_at_links_from_one_address_is_slowed_down(
    http: httpx.AsyncClient, api: Api, agent: Identity, calendar: str
) -> None:
    made, _ = await made_by_rest(http, api, agent, calendar)

    async def guessed(number: int) -> int:
        return (await http.head(f"/ics/{number:043}.ics")).status_code

    statuses = [each for at in range(13) for each in await asyncio.gather(*map(guessed, range(at * 60, at * 60 + 60)))]
    assert statuses[:60] == [404] * 60
    assert statuses.count(429) > 0
    # It is the address that waits, whatever the link.
    assert (await http.head(httpx.URL(made["url"]).path)).status_code == 429


@pytest.mark.parametrize("path", ["/ics/a.ics", "/ics/" + "a" * 43 + ".ics", "/ics/" + "é" * 43 + ".ics", "/ics/.ics",
                                  "/ics/" + "a" * 9000 + ".ics", "/ics/%2e%2e%2f.ics", "/ics/%00.ics"])  # fmt: skip
async def test_what_is_no_link_leads_nowhere(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404
