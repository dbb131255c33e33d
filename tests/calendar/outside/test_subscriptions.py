"""Calendars of other servers: fetched for whoever subscribed, from the internet alone, and kept as they are there."""

import gzip
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis import outside
from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, TooManyRequests
from chassis.identity import Identity
from chassis.outside import Outside
from services.calendar.domain import subscriptions
from services.calendar.domain.calendars import SUBSCRIPTION
from services.calendar.domain.structured.fields import Fields
from services.calendar.domain.subscriptions import Subscription, take, url_given
from services.calendar.usecases import fetch_subscriptions
from services.calendar.usecases.create_calendar import Wanted
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.fetch_subscriptions import fetch_due
from services.calendar.usecases.list_object_changes import list_object_changes
from services.calendar.usecases.put_object import put_object
from services.calendar.usecases.subscribe import fetch_again, subscribe
from services.calendar.usecases.write_event import Meant, Scope, delete_event, update_event
from tests.calendar.conftest import Api
from tests.calendar.office import Office, event
from tests.mail.authentication.signing import Dns
from tests.mail.test_remote_images import HERE, Server, answer, serving

ALARM = ("BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:-PT15M", "ATTENDEE:mailto:x@gouv.tg", "END:VALARM")


def calendar(*events: bytes, more: str = "") -> bytes:
    parts = b"".join(each[each.index(b"BEGIN:VEVENT") : each.index(b"END:VCALENDAR")] for each in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n{more}".encode() + parts + b"END:VCALENDAR\r\n"


HOLIDAYS = calendar(event("h1", "20270101", "20270102", "Jour de l’an"), event("h2", "20270427", "20270428", "Fête"))


def file(octets: bytes, **fields: str) -> bytes:
    return answer(octets, **{"Content_Type": "text/calendar", **fields})


@pytest.fixture
def dns() -> Dns:
    names = {"a": [HERE], "inner": ["10.0.0.1"], "both": [HERE, "169.254.169.254"]}
    return Dns(others={(f"{name}.example", "A"): at for name, at in names.items()})


@pytest.fixture
async def server(office: Office, dns: Dns) -> AsyncIterator[Server]:
    """An office's server at `a.example`, and the platform as it is but that this loopback counts as the internet."""
    async with serving(Server(cal=file(HOLIDAYS, ETag='"1"'))) as found:
        object.__setattr__(office.agenda, "outside", Outside(dns, lambda address, _: str(address) == HERE))
        yield found


Made = Callable[..., Any]


@pytest.fixture
def made(office: Office, agent: Identity, server: Server) -> Made:
    async def subscribed(url: str = "", *, alarms: bool = False) -> Subscription:
        address = url or f"http://a.example:{server.port}/cal"
        _, found = await subscribe(office.agenda, agent, address, Wanted(said={"title": "Fériés"}), alarms=alarms)
        await fetch_due(office.agenda)
        return await state(office, found)

    return subscribed


async def state(office: Office, subscription: Subscription) -> Subscription:
    found = await office.agenda.subscriptions.find(subscription.calendar)
    assert found is not None
    return found


async def kept(office: Office, subscription: Subscription) -> dict[str, bytes]:
    found = office.agenda.objects.all_of(subscription.calendar, content=True)
    return {each.facts.components[0].summary: each.content async for each in found}


async def again(office: Office, subscription: Subscription, **later: float) -> Subscription:
    office.clock.pass_by(**(later or {"hours": 25}))
    await fetch_due(office.agenda)
    return await state(office, subscription)


async def test_what_is_there_is_here_and_changes_alone_are_told(office: Office, server: Server, made: Made) -> None:
    first = await made()
    assert (first.error, first.etag, (await kept(office, first)).keys()) == ("", '"1"', {"Jour de l’an", "Fête"})
    shown = await office.agenda.calendars.get(first.calendar)
    assert (shown.kind, shown.transparent, shown.objects) == (SUBSCRIPTION, True, 2)
    await office.published()
    # The same again, as servers write it that say of everything that it is new.
    stamped = HOLIDAYS.replace(b"DTSTAMP:20261101T080000Z", b"DTSTAMP:20261201T080000Z")
    server.paths["cal"] = file(stamped, ETag='"2"')
    second = await again(office, first)
    assert (second.etag, second.changed_at) == ('"2"', first.changed_at)
    assert (await office.agenda.calendars.get(first.calendar)).sync_token == shown.sync_token
    server.paths["cal"] = file(calendar(event("h1", "20270101", "20270102", "Nouvel an")))
    third = await again(office, first)
    assert (await kept(office, third)).keys() == {"Nouvel an"}
    told = [each.type for each in await office.facts("event_created", "event_updated", "event_cancelled")]
    assert sorted(told) == ["event_cancelled", "event_updated"]


async def test_the_server_is_asked_whether_it_changed(office: Office, server: Server, made: Made) -> None:
    first = await made()
    server.paths["cal"] = answer(b"", "304 Not Modified")
    after = await again(office, first)
    assert 'If-None-Match: "1"\r\n' in server.asked[-1]
    assert (after.error, len(await kept(office, after))) == ("", 2)


async def test_scheduling_people_and_what_programs_keep_stay_outside(
    office: Office, server: Server, made: Made
) -> None:
    hostile = event(
        "m1", "20261201T090000Z", "20261201T100000Z", "Point", "ORGANIZER:mailto:chef@gouv.tg",
        "ATTENDEE:mailto:agent1@numerique.gouv.tg", "X-ALT-DESC:<script>x</script>", "ATTACH:javascript:x",
        "X-WORKSPACE-CONFERENCE:wanted", "URL:javascript:x", *ALARM,
    )  # fmt: skip
    server.paths["cal"] = file(calendar(hostile))
    (content,) = (await kept(office, await made())).values()
    for hidden in (b"METHOD", b"mailto:", b"script", b"X-WORKSPACE", b"VALARM", b"UID:m1"):
        assert hidden not in content, hidden
    types = {each.type for each in await office.facts()}
    assert types <= {"calendar_changed", "event_created"}


async def test_alarms_are_kept_where_they_are_wanted(office: Office, server: Server, made: Made) -> None:
    server.paths["cal"] = file(calendar(event("m1", "20261201T090000Z", "20261201T100000Z", "Point", *ALARM)))
    (content,) = (await kept(office, await made(alarms=True))).values()
    assert b"ACTION:DISPLAY\r\nTRIGGER:-PT15M" in content
    assert b"mailto" not in content


async def test_a_subscription_is_read_only(office: Office, agent: Identity, made: Made) -> None:
    found = await made()
    (name, *_) = [row.name for row in await office.agenda.objects.rows(found.calendar)]
    with pytest.raises(Forbidden):
        await put_object(office.agenda, agent, found.calendar, "x.ics", event())
    with pytest.raises(Forbidden):
        await delete_object(office.agenda, agent, found.calendar, name)


async def test_a_client_that_reads_changes_in_pages_misses_none(
    office: Office, agent: Identity, server: Server, made: Made
) -> None:
    async def paged(token: str) -> tuple[set[str], set[str], str]:
        """One change a page; names that came, names that went, and where that ends."""
        came, went = set[str](), set[str]()
        for _ in range(10):
            page = await list_object_changes(office.agenda, agent, calendar_id, token, 1)
            assert len(page.changed) + len(page.removed) <= 1
            came, went, token = came | {row.name for row in page.changed}, went | set(page.removed), page.sync_token
            if not page.more:
                return came, went, token
        raise AssertionError("the pages never end")

    server.paths["cal"] = file(calendar(*(event(f"h{n}", "20270101", "20270102", f"Fête {n}") for n in range(4))))
    found = await made()
    calendar_id = found.calendar
    names = {row.name for row in await office.agenda.objects.rows(calendar_id)}
    came, went, token = await paged("")
    assert (len(names), came, went) == (4, names, set())
    server.paths["cal"] = file(calendar(event("h0", "20270101", "20270102", "Fête 0")))
    await again(office, found)
    left = {row.name for row in await office.agenda.objects.rows(calendar_id)}
    assert (await paged(token))[:2] == (set(), names - left)


async def test_a_series_of_a_subscription_is_not_cut(
    office: Office, agent: Identity, server: Server, made: Made
) -> None:
    series = event("r1", "20261201T090000Z", "20261201T100000Z", "Point", "RRULE:FREQ=DAILY;COUNT=5")
    server.paths["cal"] = file(calendar(series))
    found = await made()
    (stored,) = [each async for each in office.agenda.objects.all_of(found.calendar, content=True)]
    for scope in Scope:
        meant = Meant(scope, "20261203T090000Z")
        with pytest.raises(Forbidden):
            await update_event(office.agenda, agent, stored.key, Fields(title="Autre"), meant)
        with pytest.raises(Forbidden):
            await delete_event(office.agenda, agent, stored.key, meant)
    assert list((await kept(office, found)).values()) == [stored.content]


async def test_it_ends_with_its_calendar(office: Office, agent: Identity, server: Server, made: Made) -> None:
    found = await made()
    await delete_calendar(office.agenda, agent, found.calendar)
    asked = len(server.asked)
    office.clock.pass_by(days=2)
    assert (await fetch_due(office.agenda), len(server.asked)) == (0, asked)


async def test_nothing_is_fetched_for_who_is_suspended(office: Office, server: Server, made: Made) -> None:
    found = await made()
    await office.agent("agent1", suspended=True)
    asked = len(server.asked)
    await again(office, found)
    assert len(server.asked) == asked


async def test_where_it_is_off_nothing_is_fetched(office: Office, agent: Identity) -> None:
    with pytest.raises(PreconditionFailed, match="nothing from outside"):
        await subscribe(office.agenda, agent, "https://a.example/x", Wanted(), alarms=False)


async def test_by_hand_once_a_minute_and_only_ones_own(
    office: Office, agent: Identity, colleague: Identity, server: Server, made: Made
) -> None:
    found = await made()
    with pytest.raises(TooManyRequests):
        await fetch_again(office.agenda, agent, found.calendar)
    with pytest.raises(NotFound):
        await fetch_again(office.agenda, colleague, found.calendar)
    office.clock.pass_by(minutes=2)
    await fetch_again(office.agenda, agent, found.calendar)
    assert await fetch_due(office.agenda) == 1


@pytest.mark.parametrize(("said", "minutes"), [
    ("", 60), ("REFRESH-INTERVAL;VALUE=DURATION:PT2H\r\n", 120), ("X-PUBLISHED-TTL:PT1M\r\n", 15),
    ("X-PUBLISHED-TTL:P900D\r\n", 7 * 24 * 60), ("X-PUBLISHED-TTL:soon\r\n", 60),
])  # fmt: skip
def test_how_often_is_what_the_file_says_within_bounds(office: Office, said: str, minutes: int) -> None:
    subscription = Subscription("a.b", "a", "e", "https://a.example/x", alarms=False, due_at=office.clock())
    assert take(calendar(event(), more=said), subscription).every == timedelta(minutes=minutes)


def test_a_definition_that_each_event_would_have_again_fills_no_memory(office: Office) -> None:
    subscription = Subscription("a.b", "a", "e", "https://a.example/x", alarms=False, due_at=office.clock())
    onset = "DTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100"
    standard = f"BEGIN:STANDARD\r\n{onset}\r\nX-NOTE:{'x' * 250_000}\r\nEND:STANDARD"
    zone = f"BEGIN:VTIMEZONE\r\nTZID:La-bas\r\n{standard}\r\nEND:VTIMEZONE\r\n"
    events = [event(f"u{number}", "La-bas:20261201T100000", "La-bas:20261201T110000") for number in range(300)]
    assert len(take(calendar(*events[:3], more=zone), subscription).objects) == 3
    with pytest.raises(InvalidInput):
        take(calendar(*events, more=zone), subscription)


async def test_what_fails_is_told_and_tried_later_each_time(office: Office, server: Server, made: Made) -> None:
    first = await made()
    server.paths["cal"] = answer(b"", "503 Away", Retry_After="1200")
    second = await again(office, first)
    assert (second.error, second.failures) == ("The server answers 503", 1)
    assert second.due_at - office.clock() == timedelta(seconds=1200)
    server.paths["cal"] = answer(b"", "404 Not Found")
    third = await again(office, second)
    assert third.due_at - office.clock() == 2 * subscriptions.FIRST_PAUSE
    assert len(await kept(office, third)) == 2
    server.paths["cal"] = file(HOLIDAYS)
    assert (await again(office, third)).failures == 0


@pytest.mark.parametrize("octets", [
    b"<html>Se connecter</html>", b"", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", b"\0\1\2" * 100,
    b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
    HOLIDAYS[: len(HOLIDAYS) // 2], b"BEGIN:VCALENDAR\r\n" * 50 + b"END:VCALENDAR\r\n" * 50,
])  # fmt: skip
async def test_a_broken_file_changes_nothing(office: Office, server: Server, made: Made, octets: bytes) -> None:
    first = await made()
    server.paths["cal"] = file(octets)
    after = await again(office, first)
    assert (bool(after.error), len(await kept(office, after))) == (True, 2)


async def test_an_event_that_cannot_be_read_is_passed_over(office: Office, server: Server, made: Made) -> None:
    bomb = event("b1", "20261201T090000Z", "20261201T100000Z", "Bombe", "RRULE:FREQ=SECONDLY")
    twice = event("t1", "20261201T090000Z", "20261201T100000Z", "Deux fois")
    server.paths["cal"] = file(calendar(bomb, twice, twice, event("g1")))
    found = await made()
    assert (found.skipped, (await kept(office, found)).keys()) == (2, {"Réunion de service"})


@pytest.mark.parametrize("url", [
    "http://inner.example/x", "http://both.example/x", "http://10.0.0.1/x", "http://[::1]/x", "http://169.254.169.254/",
    "http://2130706433/", "http://localhost/x", "http://user:secret@a.example/x",
])  # fmt: skip
async def test_our_own_networks_are_refused_when_somebody_subscribes(
    office: Office, agent: Identity, server: Server, made: Made, url: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await made(url)
    assert refused.value.fields == {"url": "not_on_the_internet"}
    assert "n'est pas sur Internet" in refused.value.detail
    assert "not on the internet" in refused.value.detail
    assert server.asked == []
    assert await office.agenda.subscriptions.of(agent.account_id) == []
    assert [each.kind for each in await office.agenda.calendars.of(agent.account_id)].count(SUBSCRIPTION) == 0


async def test_a_name_that_leads_into_our_own_networks_later_is_never_asked(
    office: Office, server: Server, dns: Dns, made: Made
) -> None:
    """DNS rebinding: the internet when it was looked at, ourselves when it is fetched."""
    first = await made()
    asked = len(server.asked)
    for there in (["10.0.0.1"], [HERE, "::1"], ["127.0.0.2"]):
        dns.others[("a.example", "A")] = there
        first = await again(office, first)
        assert (first.error, len(server.asked)) == ("It is at no address of the internet", asked)
    assert (await kept(office, first)).keys() == {"Jour de l’an", "Fête"}


async def test_what_cannot_be_looked_up_now_is_tried_later(
    office: Office, server: Server, dns: Dns, made: Made
) -> None:
    dns.away.add("a.example")
    found = await made()
    assert (found.failures, server.asked) == (1, [])
    dns.away.clear()
    assert (await again(office, found)).error == ""


async def test_redirects_and_packed_or_endless_bodies_are_bounded(
    office: Office, server: Server, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_subscriptions, "MAX_OCTETS", 100_000)
    first = await made()
    packed = gzip.compress(b"BEGIN:VCALENDAR\r\n" + b" " * 5_000_000)
    for octets in (
        answer(b"", "302 Found", Location="file:///etc/passwd"),
        answer(b"", "302 Found", Location="http://localhost/x"),
        answer(b"", "302 Found", Location="//inner.example"),
        file(packed, Content_Encoding="gzip"),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000,
        b"SSH-2.0-x\r\n\r\n",
    ):  # fmt: skip
        server.paths["cal"] = octets
        first = await again(office, first)
        assert first.error, octets[:80]
    assert (first.failures, len(await kept(office, first))) == (6, 2)


async def test_a_server_that_never_ends_is_left(
    office: Office, server: Server, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.3)
    object.__setattr__(office.agenda.outside, "_seconds", 0.3)
    server.silent = {"cal"}
    assert (await made()).error == "The server does not answer"


async def test_too_many_events_are_refused_whole(
    office: Office, server: Server, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await made()
    many = b"".join(b"BEGIN:VEVENT\r\nUID:u%d\r\nDTSTART:20270101\r\nEND:VEVENT\r\n" % n for n in range(10_001))
    server.paths["cal"] = file(b"BEGIN:VCALENDAR\r\n" + many + b"END:VCALENDAR\r\n")
    after = await again(office, first)
    assert "10000" in after.error
    assert len(await kept(office, after)) == 2


@pytest.mark.parametrize("url", ["", "a.example", "ftp://a.example/x", "file:///etc/passwd", "https://a b",
                                 "https://" + "a" * 3000, "javascript:x", "https://a.example/\r\nX: y"])  # fmt: skip
def test_what_is_no_address_of_a_calendar(url: str) -> None:
    with pytest.raises(InvalidInput):
        url_given(url)


def test_webcal_is_https() -> None:
    assert url_given(" webcal://a.example/x.ics ") == "https://a.example/x.ics"


async def test_by_rest(http: httpx.AsyncClient, api: Api, agent: Identity, server: Server, office: Office) -> None:
    said = {"headers": {"authorization": f"Bearer {api.token(agent)}"}}
    body = {"url": f"http://a.example:{server.port}/cal", "title": "Fériés"}
    made = await http.post("/v1/calendar/subscriptions", json=body, **said)
    assert made.status_code == 201, made.text
    await fetch_due(office.agenda)
    (listed,) = (await http.get("/v1/calendar/subscriptions", **said)).json()["subscriptions"]
    assert (listed["calendar_id"], listed["every"]) == (made.json()["calendar_id"], "3600s")
    again = await http.post(f"/v1/calendar/subscriptions/{listed['calendar_id']}:fetch", json={}, **said)
    assert again.status_code == 429
