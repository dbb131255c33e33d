"""What the audit log keeps of rooms and equipment: what administrators and stewards did, and what was there before."""

from collections.abc import Mapping
from dataclasses import fields

from chassis.events import Fact
from services.calendar.domain.finding.working_hours import WorkingHours, shown_clock
from services.calendar.domain.resources.resource import Policy, Resource
from services.calendar.store.resources import Booking
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import acted

_LONGEST = 300
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def resource_created(agenda: Agenda, resource: Resource) -> Fact:
    said = await _described(agenda, resource)
    return _act("create_resource", resource, {name: value for name, value in said.items() if value})


async def resource_changed(agenda: Agenda, before: Resource, after: Resource) -> list[Fact]:
    """None where nothing is otherwise."""
    was, now = await _described(agenda, before), await _described(agenda, after)
    details = {name: f"{was[name] or '-'} > {now[name] or '-'}" for name in now if was[name] != now[name]}
    return [_act("change_resource", after, details)] if details else []


def resource_given_up(resource: Resource) -> Fact:
    return _act("give_up_resource", resource, {"address": resource.address})


def booking_decided(resource: Resource, booking: Booking, *, accepted: bool) -> Fact:
    details = {"organizer": booking.organizer, "uid": booking.uid[:_LONGEST]}
    if booking.comment:
        details["comment"] = booking.comment
    return _act("approve_booking" if accepted else "refuse_booking", resource, details)


def _act(act: str, resource: Resource, details: Mapping[str, str]) -> Fact:
    return acted(act, resource.id, resource.name, resource.unit_path, details)


async def _described(agenda: Agenda, resource: Resource) -> dict[str, str]:
    """Its fields as texts; stewards by their addresses."""
    people = {each.account_id: each.address for each in await agenda.people.by_ids(resource.policy.stewards)}
    stewards = [people.get(each, each) for each in resource.policy.stewards]
    said: dict[str, object] = {
        "kind": resource.kind.value,
        "name": resource.name,
        "address": resource.address,
        "description": resource.description,
        "capacity": resource.capacity or "",
        "features": ", ".join(resource.features),
        "building": resource.building,
        "floor": resource.floor,
        "hours": _hours(resource.hours),
        **_rules(resource.policy),
        "stewards": ", ".join(stewards),
    }
    return {name: str(value)[:_LONGEST] for name, value in said.items()}


def _rules(policy: Policy) -> dict[str, object]:
    said = {each.name: getattr(policy, each.name) for each in fields(policy) if each.name != "stewards"}
    return {
        **said,
        "bookers": ", ".join(policy.bookers),
        "on_clash": policy.on_clash.value,
        "shown": policy.shown.value,
    }


def _hours(hours: WorkingHours) -> str:
    days = [
        f"{name} {shown_clock(start)}-{shown_clock(end)}"
        for name, spans in zip(_DAYS, hours.days, strict=True)
        for start, end in spans
    ]
    return f"{hours.zone}: {', '.join(days)}"
