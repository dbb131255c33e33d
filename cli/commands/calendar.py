"""`workspace calendar`: one's calendars, and what is in them as files of iCalendar."""

import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from google.api.httpbody_pb2 import HttpBody
from workspace.calendar.v1 import calendars_pb2 as pb
from workspace.calendar.v1 import handovers_pb2, transfers_pb2

from chassis.rpc import translated
from cli.commands.accounts import id_of
from cli.connection import Connection, connected
from cli.failures import Refused, WrongUsage, command
from cli.output import as_json, plain, show, show_one

PIECE = 64 * 1024
SHOWN_FAILURES = 20
STANDARD = Path("-")
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


@click.group("calendar")
def calendar() -> None:
    """Calendars that you see."""


@calendar.command("list")
@as_json
@command
async def list_(in_json: bool) -> None:
    """List your calendars, and those that others share with you."""
    async with connected("calendar") as service:
        found = await service.calendars.ListCalendars(pb.ListCalendarsRequest())
    rows = [_row(each) for each in found.calendars]
    show(rows, ["id", "title", "owner_address", "role", "objects", "time_zone"], in_json=in_json)


@calendar.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--calendar", "named", default="", help="Its id, name or title; the first of your own otherwise.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of each event and task.")
@as_json
@command
async def import_(file: BinaryIO, named: str, dry_run: bool, in_json: bool) -> None:
    """Take the events and tasks of FILE ("-" for standard input) into a calendar.

    One whose UID is there replaces it; the same file again changes nothing. Nobody is invited by it.
    """
    async with connected("calendar") as service:
        into = await _calendar(service, named)
        with translated():
            report = await service.calendar_files.ImportEvents(_requests(file, into.id, dry_run))
    counts = {name: getattr(report, name) for name in ("created", "updated", "unchanged", "refused")}
    refused = [plain(each) for each in report.events if each.outcome == "refused"]
    show_one({"calendar": into.id, **counts, **({"events": refused} if in_json else {})}, in_json=in_json)
    if refused and not in_json:
        show(refused[:SHOWN_FAILURES], ["position", "uid", "title", "reason"], in_json=False)
    if refused:
        raise Refused(f"{len(refused)} were not taken" if not dry_run else f"{len(refused)} would not be taken")


@calendar.command("export")
@click.argument("named", metavar="CALENDAR")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--from", "begin", type=_MOMENT, help="Only what ends later (UTC).")
@click.option("--until", "end", type=_MOMENT, help="Only what begins earlier (UTC).")
@command
async def export(named: str, file: Path, begin: datetime | None, end: datetime | None) -> None:
    """Write CALENDAR, by its id, name or title, into FILE ("-" for standard output) as iCalendar.

    A file that is there is replaced when the new one is whole.
    """
    async with connected("calendar") as service:
        found = await _calendar(service, named)
        if file == STANDARD:
            await _write(service, _asked(found.id, begin, end), sys.stdout.buffer)
            return
        part = file.with_name(f"{file.name}.part")
        try:
            with _opened(part) as whole:
                await _write(service, _asked(found.id, begin, end), whole)
                whole.flush()
                os.fsync(whole.fileno())
            part.replace(file)
        except OSError as error:
            raise WrongUsage(f"{file}: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)


@calendar.command("meetings")
@click.argument("account")
@as_json
@command
async def meetings(account: str, in_json: bool) -> None:
    """List the meetings ahead that ACCOUNT, of a unit that you administer, organises."""
    request = handovers_pb2.ListOrganisedMeetingsRequest(account_id=await _account(account))
    async with connected("calendar") as service:
        found = await service.handovers.ListOrganisedMeetings(request)
    rows = [plain(each) for each in found.meetings]
    show(rows, ["event_id", "start", "title", "recurring", "attendees"], in_json=in_json)


@calendar.command("hand-over")
@click.argument("account")
@click.argument("successor", metavar="TO")
@click.option("--meeting", "chosen", multiple=True, help="Its id; may be repeated. All meetings ahead otherwise.")
@as_json
@command
async def hand_over(account: str, successor: str, chosen: tuple[str, ...], in_json: bool) -> None:
    """Hand the meetings ahead of ACCOUNT, which is suspended, to the agent whose address is TO.

    Within seconds that agent invites to each anew, and the former one is called off.
    """
    request = handovers_pb2.HandOverMeetingsRequest(
        account_id=await _account(account), successor_address=successor, event_ids=chosen
    )
    async with connected("calendar") as service:
        answer = await service.handovers.HandOverMeetings(request)
    show_one({"meetings": answer.meetings, "to": successor}, in_json=in_json)


async def _account(given: str) -> str:
    """Directory is asked of addresses alone."""
    if "@" not in given:
        return given
    async with connected() as directory:
        return await id_of(directory, given)


def _asked(calendar_id: str, begin: datetime | None, end: datetime | None) -> transfers_pb2.ExportCalendarRequest:
    request = transfers_pb2.ExportCalendarRequest(calendar_id=calendar_id)
    for field, moment in ((request.start, begin), (request.end, end)):
        if moment is not None:
            field.FromDatetime(moment)
    return request


async def _write(service: Connection, request: transfers_pb2.ExportCalendarRequest, file: BinaryIO) -> None:
    with translated():
        async for body in service.calendar_files.ExportCalendar(request):
            file.write(body.data)


def _opened(path: Path) -> BinaryIO:
    """Anew, and for nobody else to read: private events are in it."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


async def _requests(
    file: BinaryIO, calendar_id: str, dry_run: bool
) -> AsyncIterator[transfers_pb2.ImportEventsRequest]:
    yield transfers_pb2.ImportEventsRequest(calendar_id=calendar_id, validate_only=dry_run)
    while piece := file.read(PIECE):
        yield transfers_pb2.ImportEventsRequest(file=HttpBody(content_type="text/calendar", data=piece))
    yield transfers_pb2.ImportEventsRequest(last=True)


async def _calendar(service: Connection, named: str) -> pb.Calendar:
    """The one that an id, a name or a title means; one's own before those of others."""
    answer: pb.ListCalendarsResponse = await service.calendars.ListCalendars(pb.ListCalendarsRequest())
    found = list(answer.calendars)
    # One's own come first.
    own = [each for each in found if each.owner_id == found[0].owner_id]
    if not named:
        return own[0]
    for fits in (
        [each for each in found if each.id == named],
        [each for each in own if each.name == named],
        [each for each in found if each.title == named],
    ):
        if len(fits) > 1:
            raise Refused(f"{len(fits)} calendars are called {named!r}: name one by its id")
        if fits:
            return fits[0]
    raise Refused(f"there is no calendar {named!r}; see `workspace calendar list`")


def _row(found: pb.Calendar) -> dict[str, Any]:
    return {
        **plain(found),
        "role": pb.Role.Name(found.role).removeprefix("ROLE_").lower(),
        "kind": pb.CalendarKind.Name(found.kind).removeprefix("CALENDAR_KIND_").lower(),
        "objects": found.objects,
    }
