"""Meetings that somebody writes into the calendar of another, whose they become."""

from chassis.identity import identity_or_none
from services.calendar.domain.itip.people import organizer_of, replaced
from services.calendar.domain.itip.series import object_of, series_of
from services.calendar.domain.objects import CalendarObject
from services.calendar.domain.objects.addresses import uri_of
from services.calendar.domain.objects.lines import made
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.scheduling.copies import copies_of
from services.calendar.usecases.scheduling.parties import Party, party_of


async def owners(agenda: Agenda, owner: Party, given: CalendarObject) -> CalendarObject:
    """A new meeting, organised by the owner of the calendar where whoever writes it there wrote themselves: programs
    know one address of their user's, and nobody would be invited by a meeting of another than the calendar's owner
    (RFC 6638 §3.1). It stays as it is where it is the copy of one that the writer has elsewhere."""
    caller = identity_or_none()
    if caller is None or caller.account_id == owner.id:
        return given
    writer = await party_of(agenda, caller.account_id)
    if writer is None or {organizer_of(node) for node in given.nodes} - {""} - writer.own:
        return given
    series = series_of(given)
    if series.organizer not in writer.own or await copies_of(agenda, writer, given.uid):
        return given
    for node in series.nodes():
        for line in node.every("ORGANIZER"):
            name = {"CN": owner.name} if owner.name else {}
            replaced(node, line, made("ORGANIZER", uri_of(owner.addresses[0]), name))
    return object_of(series)
