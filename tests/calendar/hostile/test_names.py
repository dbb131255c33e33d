"""Names and paths that lead elsewhere lead nowhere, and what is named so is named otherwise."""

import pytest
from workspace.mail.v1.events_pb2 import CalendarPartReceived

from chassis.identity import Identity
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.scheduling.hearing import hear_part
from tests.calendar.dav.conftest import CalendarClient, condition, event
from tests.calendar.office import Office
from tests.calendar.scheduling.post import meeting

UP = "../../inbox/x"
OUTSIDE = "invitee@ministere.example"


async def paths(mine: CalendarClient) -> list[str]:
    found = await mine.propfind(mine.calendar, "D:getetag", depth="1")
    return [path for path in found.properties if path != mine.calendar]


@pytest.mark.parametrize("uid", [UP, "..", "/etc/passwd", "%2e%2e%2fx", "a/b", "C:x", "x" * 1_000, "é\u202e"])
@pytest.mark.parametrize("way", ["PUT", "file", "letter"])
async def test_a_uid_names_no_place(office: Office, mine: CalendarClient, agent: Identity, uid: str, way: str) -> None:
    await own_calendars(office.agenda, agent.account_id)
    content = meeting(OUTSIDE, [agent.address], uid=uid)
    if way == "PUT":
        assert (await mine.store("a.ics", content)).status_code == 201
    elif way == "file":
        home = (await mine.http.get("/v1/calendars", headers=mine.headers)).json()["calendars"][0]["id"]
        typed = {**mine.headers, "content-type": "text/calendar"}
        taken = await mine.http.post(f"/v1/calendars/{home}:import", content=content, headers=typed)
        assert taken.json()["created"] == 1, taken.text
    else:
        text = content.decode().replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST")
        told = CalendarPartReceived(
            account_id=agent.account_id, method="REQUEST", content=text, author=OUTSIDE, recipient=agent.address,
            dmarc="pass",
        )  # fmt: skip
        await hear_part(office.agenda, "letter-1", told)
    [path] = await paths(mine)
    name = path.removeprefix(mine.calendar)
    assert name.isascii()
    assert name.removesuffix(".ics").isalnum(), name
    assert (await mine.ask("GET", path)).status_code == 200
    (stored,) = await office.agenda.objects.of_owner_with_uid(agent.account_id, uid)
    assert stored.calendar == f"{agent.account_id}.agenda"
    assert (await mine.ask("DELETE", path)).status_code == 204


# Segments of a path, each of which is no name here.
NO_NAMES = (
    "..%2fx.ics",
    "%2e%2e",
    "a%2f..%2fb.ics",
    "%00.ics",
    "a%00.ics",
    "a%0d%0ab.ics",
    "x" * 300 + ".ics",
    "%ff.ics",
)


async def test_what_is_no_name_is_nowhere_by_any_method(office: Office, mine: CalendarClient) -> None:
    assert (await mine.store("a.ics", event("u"))).status_code == 201
    before = await office.state()
    for name in NO_NAMES:
        path = mine.calendar + name
        for method in ("GET", "DELETE", "LOCK", "PROPPATCH", "PROPFIND", "PUT"):
            body = event("v") if method == "PUT" else b""
            answer = await mine.ask(method, path, body, depth="0", content_type="text/calendar")
            assert answer.status_code in {400, 404}, (method, name, answer.status_code)
        for method in ("MOVE", "COPY"):
            there = await mine.ask(method, f"{mine.calendar}a.ics", destination=path)
            assert there.status_code in {400, 403, 404, 409}, (method, name, there.status_code)
        made = await mine.ask("MKCALENDAR", f"{mine.home}{name}/")
        assert made.status_code in {400, 403, 404}, (name, made.status_code)
    assert await office.state() == before


async def test_a_destination_or_href_that_climbs_is_not_followed(
    office: Office, mine: CalendarClient, others: CalendarClient
) -> None:
    assert (await mine.store("a.ics", event("u"))).status_code == 201
    assert (await others.store("b.ics", event("secret", summary="Secret"))).status_code == 201
    before = await office.state()
    climbing = (
        f"{mine.calendar}../inbox/x.ics", f"{mine.calendar}..%2finbox%2fx.ics",
        f"{mine.home}../{others.address}/agenda/x.ics",
        f"{others.calendar}x.ics", f"{mine.calendar}./../../{others.address}/agenda/b.ics", "/etc/passwd",
    )  # fmt: skip
    for destination in climbing:
        for method in ("MOVE", "COPY"):
            answer = await mine.ask(method, f"{mine.calendar}a.ics", destination=destination)
            assert answer.status_code in {400, 403, 404, 409, 502}, (method, destination, answer.status_code)
    hrefs = "".join(f"<D:href>{each}</D:href>" for each in (*climbing, f"{others.calendar}b.ics"))
    found = await mine.report(mine.calendar, "C:calendar-multiget", f"<D:prop><C:calendar-data/></D:prop>{hrefs}")
    assert found.properties == {}
    assert set(found.statuses.values()) == {404}
    assert "Secret" not in found.answer.text
    assert await office.state() == before


async def test_depths_that_a_method_does_not_have_are_refused(office: Office, mine: CalendarClient) -> None:
    assert (await mine.make("projet")).status_code == 201
    projet = f"{mine.home}projet/"
    assert (await mine.ask("PUT", f"{projet}a.ics", event("u"), content_type="text/calendar")).status_code == 201
    before = await office.state()
    for path in ("/dav/", "/dav/calendars/", mine.home, projet, f"{mine.home}inbox/"):
        for depth in ({"depth": "infinity"}, {}):
            answer = await mine.ask("PROPFIND", path, **depth)
            assert (answer.status_code, condition(answer)) == (403, "propfind-finite-depth"), (path, depth)
    for depth in ("2", "-1", "infinity, 1", "x", "Infinity1"):
        assert (await mine.ask("PROPFIND", projet, depth=depth)).status_code == 400, depth
        assert (await mine.ask("LOCK", projet, depth=depth)).status_code == 400, depth
    assert await office.state() == before
