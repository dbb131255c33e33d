"""Every rpc by which people reach calendars, tried by another ministry's administrator with ids of somebody's things.

Each says what it says for ids that nobody has, and changes nothing. A rpc that `walk_table.py` does not know fails.
"""

import re
from typing import Any

from google.protobuf import message_factory
from google.protobuf.json_format import ParseDict
from workspace.options.v1 import options_pb2

from chassis.errors import WorkspaceError
from chassis.identity import Grant as Granted
from chassis.identity import Identity
from chassis.rpc import translated
from gateway.upstreams import services
from tests.calendar.conftest import Api
from tests.calendar.office import Office, event
from tests.calendar.walk_table import NOBODY, OTHERWISE, WALK, Ids

_REFUSED = re.compile(r"not_found|forbidden")


def methods() -> dict[str, Any]:
    """Those that the gateway routes."""
    return {
        method.name: method
        for service in services("calendar")
        for method in service.methods
        if not method.GetOptions().Extensions[options_pb2.rule].unrouted
    }


def test_the_walk_knows_every_rpc() -> None:
    assert {*WALK, *OTHERWISE} == methods().keys()
    assert not WALK.keys() & OTHERWISE.keys()


async def said(api: Api, who: Identity, method: Any, request: dict[str, Any]) -> str:
    """What a rpc answers, or how it refuses, as text."""
    kind = "unary_stream" if method.server_streaming else "unary_unary"
    rpc = getattr(api.channel, kind)(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
    )
    message = ParseDict(request, message_factory.GetMessageClass(method.input_type)())
    try:
        with translated():
            if method.server_streaming:
                return "".join([str(each) async for each in rpc(message, **api.said(who))])
            return str(await rpc(message, **api.said(who)))
    except WorkspaceError as error:
        return f"{error.reason}: {error.detail} {error.fields}"


async def theirs(office: Office, api: Api, agent: Identity, colleague: Identity) -> Ids:
    known = methods()
    await said(api, agent, known["ListCalendars"], {})
    calendar = f"{agent.account_id}.agenda"
    series = event("secret-uid", "20261130T090000Z", "20261130T100000Z", "secret", "RRULE:FREQ=DAILY;COUNT=3")
    shown = await office.put(agent, series, "a.ics")
    private = event("secret-private", "20261130T090000Z", "20261130T100000Z", "secret", "CLASS:PRIVATE")
    hidden = await office.put(agent, private, "b.ics")
    task = await office.put(agent, event("secret-task").replace(b"VEVENT", b"VTODO").replace(b"DTEND", b"DUE"), "c.ics")
    published = await said(
        api, agent, known["PublishCalendar"], {"calendar_id": calendar, "label": "secret", "detail": 1}
    )
    option = {"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z"}
    wanted = {"title": "secret", "options": [option], "invitees": [colleague.address]}
    asked = await said(api, agent, known["CreatePoll"], wanted)
    poll = re.search(r'id: "([^"]+)"', asked)
    assert poll, asked
    publication = re.search(r'id: "([^"]+)"', published)
    delegated = await said(api, agent, known["Delegate"], {"address": colleague.address, "role": "ROLE_WRITE"})
    delegation = re.search(r'id: "([^"]+)"', delegated)
    assert publication, published
    assert delegation, delegated
    return Ids(
        agent.account_id, calendar, shown.stored.key, hidden.stored.key, publication[1], delegation[1], "ministry",
        agent.address, poll[1], task.stored.key,
    )  # fmt: skip


async def test_nobody_reaches_another_ministrys_calendars_or_learns_that_they_are_there(
    office: Office, api: Api, agent: Identity, colleague: Identity
) -> None:
    ids = await theirs(office, api, agent, colleague)
    stranger = await office.agent(
        "admin", domain="sante.gouv.tg", unit_path=("health",), grants=[Granted("administrator", "health")]
    )
    known = methods()
    await said(api, stranger, known["ListCalendars"], {})
    before = await office.state()
    wrong: list[str] = []
    for name, requests in WALK.items():
        for aimed, blank in zip(requests(ids), requests(ids.blank()), strict=True):
            told, twin = await said(api, stranger, known[name], aimed), await said(api, stranger, known[name], blank)
            for each in (ids.event, ids.secret, ids.calendar, ids.owner, ids.publication, ids.unit, ids.poll, ids.task):
                told = told.replace(each, NOBODY)  # what was sent is no news
            for each in (ids.blank().event, ids.blank().calendar):
                twin = twin.replace(each, NOBODY)
            if "secret" in told or not _REFUSED.match(told) or told != twin:
                wrong.append(f"{name} {aimed}: {told} is not {twin}")
    assert wrong == []
    assert await office.state() == before
    # The same requests reach what they name when it is the caller's own.
    for name in (
        "GetCalendar",
        "ListInstances",
        "GetEvent",
        "ExportCalendar",
        "ExportEvent",
        "ListGrants",
        "UpdateEvent",
        "GetTask",
        "UpdateTask",
        "ListTasks",
    ):
        told = await said(api, agent, known[name], WALK[name](ids)[0])
        assert not _REFUSED.match(told), name
