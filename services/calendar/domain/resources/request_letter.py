"""What is told of a booking that waits for somebody's word, to whoever gives it: in French, and in English."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.calendar.domain.moments import span_english, span_french
from services.calendar.domain.reminder_letter import one_line
from services.calendar.domain.resources.deciding import Instance
from services.calendar.domain.resources.resource import Resource

_UNTITLED = ("(sans titre)", "(untitled)")
_OF_STEWARDS = (
    "Une réservation attend votre décision ; le créneau est retenu jusque-là.",
    "Répondez parmi les réservations en attente de votre agenda, ou par l'une de ces commandes",
    "A booking waits for your decision; the time is held until then.",
    "Answer among the pending bookings of your calendar, or by one of these commands",
)
_OF_ADMINISTRATORS = (
    "Une réservation attend une décision, et aucun de ceux qui la prennent n'est là ; le créneau est retenu jusque-là.",
    "Vous en administrez l'objet : nommez qui en décide désormais, ou répondez par l'une de ces commandes",
    "A booking waits for a decision, and none of those who take it is there; the time is held until then.",
    "You administer what it is of: name who decides from now on, or answer by one of these commands",
)


def request_letter(
    resource: Resource,
    booking_id: str,
    organizer: str,
    title: str,
    first: Instance | None,
    *,
    recurring: bool,
    in_their_stead: bool,
) -> tuple[str, list[str]]:
    """Its subject and its paragraphs; `title` is empty where the meeting is private. `in_their_stead`: to who
    administers it, since no steward can decide."""
    zone, where = ZoneInfo(resource.hours.zone), one_line(resource.place)
    french = [f"Demande : {where}", f"De : {one_line(organizer)}", f"Objet : {one_line(title) or _UNTITLED[0]}"]
    english = [f"Asked for: {where}", f"By: {one_line(organizer)}", f"About: {one_line(title) or _UNTITLED[1]}"]
    if first is not None:
        start, end = (datetime.fromtimestamp(each, zone) for each in (first.start, first.end))
        french.append(f"Quand : {span_french(start, end, all_day=first.all_day)} ({zone.key})")
        english.append(f"When: {span_english(start, end, all_day=first.all_day)} ({zone.key})")
    if recurring:
        french.append("Cette réunion se répète ; la date ci-dessus est la première.")
        english.append("This meeting recurs; the above is its first date.")
    french_why, french_how, english_why, english_how = _OF_ADMINISTRATORS if in_their_stead else _OF_STEWARDS
    approve, decline = (f"workspace rooms {verb} {resource.address} {booking_id}" for verb in ("approve", "decline"))
    return f"Réservation à décider / Booking to decide : {one_line(resource.name)}", [
        french_why,
        "\r\n".join(french),
        f"{french_how} :\r\n{approve}\r\n{decline}",
        english_why,
        "\r\n".join(english),
        f"{english_how}:\r\n{approve}\r\n{decline}",
    ]
