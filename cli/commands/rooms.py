"""`workspace rooms`: rooms and equipment, what is booked of them, and what waits for a word."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.calendar.v1 import resources_pb2 as pb

from cli.commands.accounts import id_of
from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.paging import each_one
from cli.tree import Tree

KINDS = {"room": pb.RESOURCE_KIND_ROOM, "equipment": pb.RESOURCE_KIND_EQUIPMENT}
_CLASHES = {"instances": pb.ON_CLASH_DECLINE_INSTANCES, "all": pb.ON_CLASH_DECLINE_ALL}
_SHOWN = {"busy": pb.BOOKINGS_SHOWN_BUSY, "titles": pb.BOOKINGS_SHOWN_TITLES}
_PAGE = 100
# Fields of a resource, and of its rules, by the option that says them.
_PLAIN = ("name", "description", "capacity", "features", "building", "floor")
_RULES = ("automatic", "horizon_days", "longest_minutes", "no_recurring", "closed_on_holidays")


def _row(room: pb.Resource) -> dict[str, Any]:
    kind = pb.ResourceKind.Name(room.kind).removeprefix("RESOURCE_KIND_").lower()
    return {**plain(room), "kind": kind, "features": list(room.features), "place": _place(room)}


def _place(room: pb.Resource) -> str:
    return ", ".join(filter(None, (room.building, room.floor)))


def _said(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of what is said of a room."""
    for option in (
        click.option("--description"),
        click.option("--capacity", type=int, help="Persons."),
        click.option("--feature", "features", multiple=True, help="What it has; may be repeated."),
        click.option("--building"),
        click.option("--floor"),
        click.option("--open", "spans", multiple=True, help='"1-5 07:00-12:00": days, Monday is 1; may be repeated.'),
        click.option("--zone", help="Of its hours; Africa/Lome unless said."),
        click.option("--steward", "stewards", multiple=True, help="An account that decides; may be repeated."),
        click.option("--automatic/--decided", default=None, help="Accept what is free, although there are stewards."),
        click.option("--for", "bookers", multiple=True, help="A unit whose people may book; may be repeated."),
        click.option("--horizon", "horizon_days", type=int, help="Days ahead."),
        click.option("--longest", "longest_minutes", type=int, help="Minutes."),
        click.option("--no-series/--series", "no_recurring", default=None, help="Recurring meetings are declined."),
        click.option("--closed-on-holidays/--open-on-holidays", default=None),
        click.option("--clash", type=click.Choice([*_CLASHES]), help="What of a series that clashes is declined."),
        click.option("--show", "shown", type=click.Choice([*_SHOWN]), help="What others see of bookings."),
    ):
        function = option(function)
    return function


@click.group("rooms")
def rooms() -> None:
    """Rooms and equipment of units."""


@rooms.command("add")
@click.argument("name")
@click.option("--unit", required=True, help="Whose it is: a path of names, or an id.")
@click.option("--kind", type=click.Choice([*KINDS]), default="room", show_default=True)
@click.option("--address", default="", help="Its part before the @; otherwise it is made of the name.")
@_said
@as_json
@command
async def add(name: str, unit: str, kind: str, address: str, in_json: bool, **said: Any) -> None:
    """Set up the room NAME."""
    wanted = pb.Resource(name=name, kind=KINDS[kind], address=address, unit_id=await _unit(unit))
    await _describe(wanted, said)
    async with connected("calendar") as calendar:
        made = await calendar.resources.CreateResource(pb.CreateResourceRequest(resource=wanted))
    show_one(_row(made), in_json=in_json)


@rooms.command("list")
@click.option("--unit", default="", help="Only of this unit and those below it: a path of names, or an id.")
@click.option("--kind", type=click.Choice([*KINDS]))
@click.option("--text", default="", help="Words of its name, place and features.")
@click.option("--capacity", type=int, default=0, help="At least so many persons.")
@click.option("--feature", "features", multiple=True, help="What it has to have; may be repeated.")
@click.option("--free", nargs=2, help='Free from when until when: "2026-12-07T09:00" "2026-12-07T10:00" (UTC).')
@click.option("--administered", is_flag=True, help="Only those that I administer.")
@as_json
@command
async def list_(
    unit: str,
    kind: str | None,
    text: str,
    capacity: int,
    features: Sequence[str],
    free: tuple[str, str] | None,
    administered: bool,
    in_json: bool,
) -> None:
    """List rooms by name."""
    request = pb.ListResourcesRequest(
        unit_id=await _unit(unit) if unit else "",
        kind=KINDS[kind] if kind else pb.RESOURCE_KIND_UNSPECIFIED,
        text=text,
        capacity=capacity,
        features=features,
        administered=administered,
    )
    if free:
        request.start.CopyFrom(_moment(free[0]))
        request.end.CopyFrom(_moment(free[1]))
    async with connected("calendar") as calendar:
        found = [each async for each in each_one(calendar.resources.ListResources, request, "resources", size=_PAGE)]
    show([_row(each) for each in found], ["name", "address", "capacity", "place", "features"], in_json=in_json)


@rooms.command("show")
@click.argument("room")
@as_json
@command
async def show_(room: str, in_json: bool) -> None:
    """Show ROOM, by its address or id."""
    async with connected("calendar") as calendar:
        found = await calendar.resources.GetResource(pb.GetResourceRequest(id=room))
    show_one(_row(found), in_json=in_json)


@rooms.command("update")
@click.argument("room")
@click.option("--name")
@_said
@as_json
@command
async def update(room: str, in_json: bool, **said: Any) -> None:
    """Change what is named of ROOM; what is not named stays as it is, and what is booked stays booked."""
    async with connected("calendar") as calendar:
        wanted = await calendar.resources.GetResource(pb.GetResourceRequest(id=room))
        paths = await _describe(wanted, said)
        if not paths:
            raise WrongUsage("nothing is named that should change")
        request = pb.UpdateResourceRequest(resource=wanted, update_mask=FieldMask(paths=paths))
        changed = await calendar.resources.UpdateResource(request)
    show_one(_row(changed), in_json=in_json)


@rooms.command("remove")
@click.argument("room")
@command
async def remove(room: str) -> None:
    """Give ROOM up; whoever has booked it is told."""
    async with connected("calendar") as calendar:
        found = await calendar.resources.GetResource(pb.GetResourceRequest(id=room))
        await calendar.resources.DeleteResource(pb.DeleteResourceRequest(id=found.id))


@rooms.command("bookings")
@click.argument("room")
@click.argument("start")
@click.argument("end")
@as_json
@command
async def bookings(room: str, start: str, end: str, in_json: bool) -> None:
    """Show when ROOM is taken from START to END ("2026-12-07T09:00", UTC)."""
    request = pb.ListResourceBookingsRequest(id=room, start=_moment(start), end=_moment(end))
    async with connected("calendar") as calendar:
        found = await calendar.resources.ListResourceBookings(request)
    _show_bookings(found.bookings, in_json)


@rooms.command("pending")
@as_json
@command
async def pending(in_json: bool) -> None:
    """List the bookings that wait for my word."""
    async with connected("calendar") as calendar:
        found = await calendar.resources.ListPendingBookings(pb.ListPendingBookingsRequest())
    _show_bookings(found.bookings, in_json)


@rooms.command("approve")
@click.argument("room")
@click.argument("booking")
@click.option("--comment", default="", help="For its organiser.")
@command
async def approve(room: str, booking: str, comment: str) -> None:
    """Accept BOOKING of ROOM."""
    await _decide(room, booking, comment, accept=True)


@rooms.command("decline")
@click.argument("room")
@click.argument("booking")
@click.option("--comment", default="", help="For its organiser.")
@command
async def decline(room: str, booking: str, comment: str) -> None:
    """Decline BOOKING of ROOM, or take it back."""
    await _decide(room, booking, comment, accept=False)


async def _decide(room: str, booking: str, comment: str, *, accept: bool) -> None:
    request = pb.DecideBookingRequest(resource_id=room, booking_id=booking, accept=accept, comment=comment)
    async with connected("calendar") as calendar:
        await calendar.resources.DecideBooking(request)


def _show_bookings(found: Sequence[pb.ResourceBooking], in_json: bool) -> None:
    rows = [
        {**plain(each), "state": pb.BookingState.Name(each.state).removeprefix("BOOKING_STATE_").lower()}
        for each in found
    ]
    show(rows, ["id", "start", "end", "state", "title", "organizer"], in_json=in_json)


async def _unit(given: str) -> str:
    async with connected() as directory:
        return await Tree(directory).unit_id(given)


async def _describe(room: pb.Resource, said: dict[str, Any]) -> list[str]:
    """Write what options say; the fields that they are of."""
    paths = [name for name in _PLAIN if said.get(name) not in (None, ())]
    for name in paths:
        if name == "features":
            del room.features[:]
            room.features.extend(said["features"])
        else:
            setattr(room, name, said[name])
    if said["spans"] or said["zone"]:
        room.time_zone = said["zone"] or room.time_zone
        if said["spans"]:
            del room.hours[:]
            room.hours.extend(span for given in said["spans"] for span in _spans(given))
        paths += ["time_zone", "hours"]
    if await _rule(room.policy, said):
        paths.append("policy")
    return paths


async def _rule(policy: pb.BookingPolicy, said: dict[str, Any]) -> bool:
    """Write what options say of how it is booked; whether they do."""
    before = pb.BookingPolicy()
    before.CopyFrom(policy)
    if said["stewards"] or said["bookers"]:
        async with connected() as directory:
            stewards = [await id_of(directory, each) for each in said["stewards"]]
            units = [await Tree(directory).unit_id(each) for each in said["bookers"]]
        if stewards and not policy.steward_ids:
            # Whoever gets the first ones wants them to decide.
            policy.automatic = False
        for field, named in ((policy.steward_ids, stewards), (policy.booker_unit_ids, units)):
            if named:
                del field[:]
                field.extend(named)
    for name in _RULES:
        if said[name] is not None:
            setattr(policy, name, said[name])
    policy.on_clash = _CLASHES[said["clash"]] if said["clash"] else policy.on_clash
    policy.shown = _SHOWN[said["shown"]] if said["shown"] else policy.shown
    return policy != before


def _spans(given: str) -> list[pb.OpeningSpan]:
    days, _, clock = given.partition(" ")
    first, _, last = days.partition("-")
    start, _, end = clock.partition("-")
    if not (first.isdigit() and (last or first).isdigit() and start and end):
        raise WrongUsage(f'not opening hours: {given!r}; say "1-5 07:00-12:00"')
    span = range(int(first), int(last or first) + 1)
    return [pb.OpeningSpan(weekday=day, until=end, **{"from": start}) for day in span]


def _moment(given: str) -> Timestamp:
    try:
        read = datetime.fromisoformat(given)
    except ValueError as error:
        raise WrongUsage(f"not a time: {given!r}; say 2026-12-07T09:00") from error
    made = Timestamp()
    made.FromDatetime(read if read.tzinfo is not None else read.replace(tzinfo=UTC))
    return made
