"""Appointments that people without an account book: held for whoever proves the address, and given to one."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chassis.errors import InvalidInput, NotFound, PreconditionFailed, TooManyRequests, WorkspaceError
from chassis.identity import Identity
from services.calendar.domain.appointments import (
    MOST_BY_ADDRESS,
    MOST_HELD,
    AppointmentPage,
    Booking,
    event_of,
    visitor_given,
)
from services.calendar.domain.finding.booking import Kind, Page, Question
from services.calendar.domain.finding.working_hours import USUAL
from services.calendar.domain.objects.addresses import who
from services.calendar.usecases import book as booking_use_case
from services.calendar.usecases.appointment_pages import create_page, delete_page, update_page
from services.calendar.usecases.book import book, cancel, confirm, find_booking, shown_page, slots_of
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.put_object import put_object
from tests.calendar.conftest import Api
from tests.calendar.office import Office, body_of, event

VISITOR = "visiteur@example.org"
RULES = Page(
    USUAL, (30,), notice=timedelta(hours=1), questions=(Question("objet", "Objet", "Subject", Kind.LINE, True),)
)


def at(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 12, day, hour, minute, tzinfo=UTC).timestamp())


def half_hour(start: int) -> tuple[int, int]:
    return start, start + 1800


@pytest.fixture
async def page(office: Office, agent: Identity) -> AppointmentPage:
    """Half an hour with the agent, any working day. The clock stands at seven on Monday, 30 November."""
    await list_calendars(office.agenda, agent)
    wanted = AppointmentPage("", "", "", "Passeport", RULES, "Apportez l’ancien.", "Guichet 4")
    return await create_page(office.agenda, agent, wanted)


async def asked(office: Office, page: AppointmentPage, start: int, address: str = VISITOR, **said: Any) -> str:
    """The secret in the letter."""
    answers = said.get("answers", {"objet": "Renouvellement"})
    await book(office.agenda, page.id, half_hour(start), said.get("name", "Une visiteuse"), address, answers)
    (told,) = await office.facts("invitation_requested")
    letter = body_of(told)
    await office.published()
    assert (letter["attendees"], letter["secret"]) == ([{"address": address, "name": "Une visiteuse"}], True)
    found = re.search(rf"/rendez-vous/{page.id}/([A-Za-z0-9_-]+)", letter["text"])
    assert found is not None
    # An address that nobody has proven is invited to nothing.
    assert letter.get("content", "") + letter.get("method", "") == ""
    return found[1]


async def starts(office: Office, page: AppointmentPage, day: int = 1) -> list[int]:
    shown = await shown_page(office.agenda, page.id)
    return [start for start, _ in await slots_of(office.agenda, shown, 30, (at(day, 0), at(day + 1, 0)))]


@pytest.mark.parametrize("address", ["%61gent@example.org", "a?b=c@example.org", "d'e/f@example.org"])
async def test_who_is_invited_is_whose_address_was_proven(page: AppointmentPage, address: str) -> None:
    name, proven = visitor_given("Une visiteuse", address)
    booking = Booking("b1", "", *half_hour(at(1, 9)), name, proven, {}, datetime(2026, 11, 30, tzinfo=UTC))
    node = event_of(page, booking, ("r&d@gouv.tg", "Agent"), "https://x", datetime(2026, 11, 30, tzinfo=UTC))
    assert [who(line) for line in node.every("ORGANIZER") + node.every("ATTENDEE")] == ["r&d@gouv.tg", address]


async def test_a_time_is_held_confirmed_and_given_back(office: Office, agent: Identity, page: AppointmentPage) -> None:
    secret = await asked(office, page, at(1, 9))
    assert at(1, 9) not in await starts(office, page)
    assert not (await find_booking(office.agenda, page.id, secret)).confirmed
    found = await confirm(office.agenda, page.id, secret)
    assert (found.confirmed, found.cancellable) == (True, True)
    stored = await office.agenda.objects.named(page.calendar, found.booking.object_name)
    assert stored is not None
    first = stored.facts.components[0]
    assert (first.summary, first.location) == ("Passeport – Une visiteuse", "Guichet 4")
    invited = [body_of(each) for each in await office.facts("invitation_requested")]
    assert [(each["method"], each["attendees"][0]["address"], each["account_id"]) for each in invited] == [
        ("REQUEST", VISITOR, agent.account_id)
    ]
    await office.published()
    # Followed twice, it is one appointment and one letter.
    await confirm(office.agenda, page.id, secret)
    assert await office.facts("invitation_requested") == []
    await cancel(office.agenda, page.id, secret)
    assert [body_of(each)["method"] for each in await office.facts("invitation_requested")] == ["CANCEL"]
    assert at(1, 9) in await starts(office, page)
    with pytest.raises(NotFound):
        await find_booking(office.agenda, page.id, secret)


async def test_what_its_owner_called_off_is_not_confirmed_anew(
    office: Office, agent: Identity, page: AppointmentPage
) -> None:
    secret = await asked(office, page, at(1, 9))
    found = await confirm(office.agenda, page.id, secret)
    await delete_object(office.agenda, agent, page.calendar, found.booking.object_name)
    assert at(1, 9) in await starts(office, page)
    for again in (find_booking, confirm, cancel):
        with pytest.raises(NotFound):
            await again(office.agenda, page.id, secret)


async def test_a_time_that_its_owner_left_is_open(office: Office, agent: Identity, page: AppointmentPage) -> None:
    found = await confirm(office.agenda, page.id, await asked(office, page, at(1, 9)))
    stored = await office.agenda.objects.named(page.calendar, found.booking.object_name)
    assert stored is not None
    later = stored.content.replace(b"20261201T09", b"20261201T11")
    await put_object(office.agenda, agent, page.calendar, stored.name, later)
    open_ones = await starts(office, page)
    assert at(1, 9) in open_ones
    assert at(1, 11) not in open_ones


async def test_what_nobody_confirms_runs_out(office: Office, page: AppointmentPage) -> None:
    secret = await asked(office, page, at(1, 9))
    office.clock.pass_by(minutes=33)
    with pytest.raises(NotFound):
        await confirm(office.agenda, page.id, secret)
    assert at(1, 9) in await starts(office, page)


async def one_has_it(office: Office, *pages: AppointmentPage) -> bool:
    """Whether of many who ask for the same time at once one has it."""

    async def ask(number: int) -> bool:
        page, visitor = pages[number % len(pages)], f"v{number}@example.org"
        try:
            await book(office.agenda, page.id, half_hour(at(1, 9)), "Une visiteuse", visitor, {"objet": "Visa"})
        except WorkspaceError:
            return False
        return True

    had = sum(await asyncio.gather(*(ask(number) for number in range(8))))
    return (had, len(await office.facts("invitation_requested"))) == (1, 1)


async def test_of_many_at_once_one_has_the_time(office: Office, page: AppointmentPage) -> None:
    assert await one_has_it(office, page)


@pytest.fixture
async def other(office: Office, agent: Identity, page: AppointmentPage) -> AppointmentPage:
    """Another page of the same agent."""
    return await create_page(office.agenda, agent, AppointmentPage("", "", "", "Visa", RULES))


async def test_what_is_held_on_one_page_is_taken_on_all_of_its_owner(
    office: Office, page: AppointmentPage, other: AppointmentPage
) -> None:
    secret = await asked(office, page, at(1, 9))
    assert at(1, 9) not in await starts(office, other)
    assert at(1, 10) in await starts(office, other)
    with pytest.raises(PreconditionFailed):
        await book(office.agenda, other.id, half_hour(at(1, 9)), "V", VISITOR, {"objet": "x"})
    # It runs out, and nobody is told: nobody had been invited.
    office.clock.pass_by(minutes=33)
    await asked(office, other, at(1, 9))
    with pytest.raises(NotFound):
        await confirm(office.agenda, page.id, secret)
    assert await office.facts() == []


async def test_of_many_at_once_on_several_pages_one_has_the_time(
    office: Office, page: AppointmentPage, other: AppointmentPage
) -> None:
    assert await one_has_it(office, page, other)


async def test_pages_of_others_hold_nothing_of_ones_own(
    office: Office, colleague: Identity, page: AppointmentPage
) -> None:
    await list_calendars(office.agenda, colleague)
    theirs = await create_page(office.agenda, colleague, AppointmentPage("", "", "", "Visa", RULES))
    await asked(office, page, at(1, 9))
    assert at(1, 9) not in await starts(office, page)
    assert at(1, 9) in await starts(office, theirs)
    await asked(office, theirs, at(1, 9), "autre@example.org")
    assert at(1, 9) not in await starts(office, theirs)


async def test_who_has_no_time_any_more_is_not_given_away(
    office: Office, agent: Identity, page: AppointmentPage
) -> None:
    await office.put(agent, event("u1", "20261201T100000Z", "20261201T110000Z"), "a.ics")
    with pytest.raises(PreconditionFailed):
        await book(office.agenda, page.id, half_hour(at(1, 10)), "V", VISITOR, {"objet": "x"})
    secret = await asked(office, page, at(1, 9))
    await office.put(agent, event("u2", "20261201T090000Z", "20261201T093000Z"), "b.ics")
    with pytest.raises(PreconditionFailed):
        await confirm(office.agenda, page.id, secret)


@pytest.mark.parametrize(("day", "hour"), [(1, 3), (1, 13), (5, 9), (25, 9)])
async def test_only_open_times_are_given(office: Office, page: AppointmentPage, day: int, hour: int) -> None:
    wanted = half_hour(at(day, hour))
    with pytest.raises(PreconditionFailed):
        await book(office.agenda, page.id, wanted, "V", VISITOR, {"objet": "x"})


async def test_cancelling_ends_when_the_page_says_so(office: Office, agent: Identity, page: AppointmentPage) -> None:
    rules = replace(RULES, cancel_until=timedelta(days=2))
    await update_page(office.agenda, agent, page.id, replace(page, rules=rules))
    secret = await asked(office, page, at(1, 9))
    assert not (await confirm(office.agenda, page.id, secret)).cancellable
    with pytest.raises(PreconditionFailed):
        await cancel(office.agenda, page.id, secret)


async def test_one_address_holds_few_and_a_flood_fills_no_calendar(office: Office, page: AppointmentPage) -> None:
    for number in range(MOST_BY_ADDRESS):
        await asked(office, page, at(1, 8) + number * 1800)
    with pytest.raises(TooManyRequests):
        await book(office.agenda, page.id, half_hour(at(2, 9)), "V", VISITOR.upper(), {"objet": "x"})
    times = [at(day, 8) + number * 1800 for day in (2, 3, 4) for number in range(8)]
    for number in range(MOST_HELD - MOST_BY_ADDRESS):
        await book(office.agenda, page.id, half_hour(times[number]), "V", f"v{number}@example.org", {"objet": "x"})
    with pytest.raises(TooManyRequests):
        await book(office.agenda, page.id, half_hour(times[-1]), "V", "autre@example.org", {"objet": "x"})
    assert (await office.agenda.calendars.get(page.calendar)).objects == 0
    office.clock.pass_by(minutes=33)
    await book(office.agenda, page.id, half_hour(times[-1]), "V", "autre@example.org", {"objet": "x"})


async def test_appointments_that_stand_on_other_pages_are_no_flood(
    office: Office, agent: Identity, page: AppointmentPage
) -> None:
    another = await create_page(office.agenda, agent, AppointmentPage("", "", "", "Visa", RULES))
    secrets = [await asked(office, another, at(1, 8) + number * 1800) for number in range(MOST_BY_ADDRESS)]
    with pytest.raises(TooManyRequests):
        await book(office.agenda, page.id, half_hour(at(2, 9)), "V", VISITOR, {"objet": "x"})
    await confirm(office.agenda, another.id, secrets[0])
    await office.published()
    await asked(office, page, at(2, 9))
    with pytest.raises(TooManyRequests):
        await book(office.agenda, page.id, half_hour(at(2, 10)), "V", VISITOR, {"objet": "x"})


@pytest.mark.parametrize("said", [
    {"name": ""}, {"name": "a\r\nBcc: x@y.tg"}, {"name": "x" * 101}, {"address": "personne"}, {"address": "a@b"},
    {"address": "a@b.tg\r\nBcc: c@d.tg"}, {"address": "/dav/principals/x"},
    {"answers": {}}, {"answers": {"objet": "x", "autre": "y"}},
    {"answers": {"objet": "a\r\nBEGIN:VALARM"}},
])  # fmt: skip
async def test_bad_bookings_are_refused_and_send_no_letter(
    office: Office, page: AppointmentPage, said: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"name": "V", "address": VISITOR, "answers": {"objet": "x"}, **said}
    with pytest.raises(InvalidInput):
        await book(office.agenda, page.id, half_hour(at(1, 9)), **given)
    assert await office.facts("invitation_requested") == []
    assert at(1, 9) in await starts(office, page)


async def test_what_is_long_past_takes_no_place_on_a_page(
    office: Office, agent: Identity, page: AppointmentPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_use_case, "MOST_BOOKINGS", 2)
    for hour in (9, 10):
        await confirm(office.agenda, page.id, await asked(office, page, at(1, hour)))
        await office.published()
    with pytest.raises(TooManyRequests):
        await asked(office, page, at(1, 14))
    office.clock.pass_by(days=45)
    later = int(datetime(2027, 1, 19, 9, tzinfo=UTC).timestamp())
    found = await confirm(office.agenda, page.id, await asked(office, page, later))
    assert found.confirmed


async def test_appointments_come_into_a_calendar_that_keeps_events(
    office: Office, agent: Identity, page: AppointmentPage
) -> None:
    tasks = (await create_calendar(office.agenda, agent, "", Wanted("taches", components=["VTODO"]))).calendar.id
    with pytest.raises(NotFound):
        await update_page(office.agenda, agent, page.id, replace(page, calendar=tasks))


async def test_pages_are_their_owners_alone(
    office: Office, agent: Identity, colleague: Identity, page: AppointmentPage
) -> None:
    for act in (update_page(office.agenda, colleague, page.id, page), delete_page(office.agenda, colleague, page.id)):
        with pytest.raises(NotFound):
            await act
    await list_calendars(office.agenda, colleague)
    with pytest.raises(NotFound):
        await create_page(office.agenda, colleague, page)
    await update_page(office.agenda, agent, page.id, replace(page, open=False))
    with pytest.raises(NotFound):
        await shown_page(office.agenda, page.id)
    await update_page(office.agenda, agent, page.id, page)
    await office.agent("agent1", suspended=True)
    with pytest.raises(NotFound):
        await shown_page(office.agenda, page.id)


async def opened(http: httpx.AsyncClient, api: Api, agent: Identity) -> str:
    """The path of a page that anybody sees."""
    said = {"headers": {"authorization": f"Bearer {api.token(agent)}"}}
    body = {
        "title": "Passeport <b>", "lengths": [30, 60], "open": True, "notice_minutes": 60,
        "questions": [{"key": "objet", "french": "Objet", "english": "Subject", "required": True}],
    }  # fmt: skip
    made = await http.post("/v1/calendar/appointment-pages", json=body, **said)
    assert made.status_code == 201, made.text
    return httpx.URL(made.json()["url"]).path


async def test_a_flood_from_one_address_is_slowed_down_and_holds_nothing(
    http: httpx.AsyncClient, api: Api, agent: Identity, office: Office
) -> None:
    await list_calendars(office.agenda, agent)
    path = await opened(http, api, agent)
    token = re.search(r'name="csrf" value="([^"]+)"', (await http.get(path)).text)
    assert token is not None
    form = {"csrf": token[1], "length": "30", "start": "1", "name": "V", "answer_objet": "x"}

    async def flood(number: int) -> int:
        return (await http.post(path, data={**form, "email": f"v{number}@example.org"})).status_code

    statuses = [await flood(number) for number in range(80)]
    assert statuses[:50] == [409] * 50
    assert 429 in statuses
    assert await office.facts("invitation_requested") == []
    assert (await http.get(path)).status_code == 200, "who only looks does not wait"


async def test_a_page_in_a_browser(http: httpx.AsyncClient, api: Api, agent: Identity, office: Office) -> None:
    await list_calendars(office.agenda, agent)
    path = await opened(http, api, agent)
    shown = await http.get(path, headers={"accept-language": "en"})
    assert shown.status_code == 200, shown.text
    assert "Passeport &lt;b&gt;" in shown.text
    assert '<meta name="robots" content="noindex">' in shown.text
    assert "<script" not in shown.text
    french = (await http.get(path, headers={"accept-language": "fr"})).text
    for words, other, own in (
        (shown.text, french, ("Your name", "Subject")),
        (french, shown.text, ("Votre nom", "Objet")),
    ):
        for word in own:
            assert word in words
            assert word not in other
    token = re.search(r'name="csrf" value="([^"]+)"', shown.text)
    start = re.search(r'name="start" value="(\d+)"', shown.text)
    assert token is not None
    assert start is not None
    form = {
        "csrf": token[1], "length": "30", "start": start[1], "name": "Une visiteuse", "email": VISITOR,
        "answer_objet": "Renouvellement",
    }  # fmt: skip
    assert (await http.post(path, data={**form, "csrf": "x"})).status_code == 403
    wrong = await http.post(path, data={**form, "email": "x", "answer_objet": "", "from": "2026-11-30"})
    assert wrong.status_code == 422
    # What is wrong is said beside its field, and what was typed is there still.
    assert re.search(r'id="email-wrong">[^<]', wrong.text)
    for kept in ('value="Une visiteuse"', f'value="{start[1]}" required checked', 'name="from" value="2026-11-30"'):
        assert kept in wrong.text, kept
    unanswered = await http.post(path, data={**form, "answer_objet": " "}, headers={"accept-language": "fr"})
    assert unanswered.status_code == 422
    assert re.search(r'id="answer_objet-wrong">Cette réponse manque', unanswered.text)
    assert "<legend>mardi 1er décembre 2026</legend>" in unanswered.text
    sent = await http.post(path, data=form)
    assert (sent.status_code, VISITOR in sent.text) == (200, True)
    assert (await http.post(path, data={**form, "email": "b@example.org"})).status_code == 409
    for odd in ("0", "9999999999", "-1", "x"):
        assert (await http.post(path, data={**form, "start": odd})).status_code == 409
    for odd in ("9999999999", "-1", "x"):
        assert (await http.get(path, params={"length": odd})).status_code == 200
        assert (await http.post(path, data={**form, "length": odd})).status_code == 422
    for since in ("9999-12-31", "0001-01-01", "hier", "2027-01-04"):
        assert (await http.get(path, params={"from": since, "length": "7"})).status_code == 200
    (told,) = await office.facts("invitation_requested")
    found = re.search(r"/rendez-vous/\S+", body_of(told)["text"])
    assert found is not None
    # What programs that look into letters do confirms nothing.
    asked_first = await http.get(found[0])
    assert 'value="confirm"' in asked_first.text
    confirmed = await http.post(found[0], data={"csrf": token[1], "act": "confirm"})
    assert 'value="cancel"' in confirmed.text, confirmed.text
    assert (await http.post(found[0], data={"csrf": token[1], "act": "cancel"})).status_code == 200
    assert (await http.get(found[0])).status_code == 404
    assert (await http.get(f"{path}x")).status_code == 404
