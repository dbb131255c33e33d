"""Appointment pages, and who booked on them without an account."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chassis.errors import InvalidInput
from services.calendar.domain.calendars import title_given
from services.calendar.domain.finding.booking import Page, page_given
from services.calendar.domain.finding.spans import Span
from services.calendar.domain.moments import moment_english, moment_french
from services.calendar.domain.objects.addresses import is_mail, uri_of
from services.calendar.domain.objects.lines import made, made_text
from services.calendar.domain.objects.tree import Node

MAX_PAGES, MAX_TEXT, MAX_PLACE, MAX_NAME = 20, 4000, 300, 100
# A booking is held so long for whoever follows the link in the letter; nobody else has its time a little longer.
HELD, GRACE = timedelta(minutes=30), timedelta(minutes=2)
# What floods cost: bookings that nobody has confirmed, of one page, and of one address on all pages of a day.
MOST_HELD, MOST_BY_ADDRESS, MOST_BOOKINGS = 20, 3, 2000
REMEMBERED = timedelta(days=1)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)


@dataclass(frozen=True)
class Booking:
    """`digest` is that of the secret in its letter. It is an appointment when its event is in the calendar."""

    id: str
    digest: str
    start: int
    end: int
    name: str
    address: str
    answers: Mapping[str, str]
    held_until: datetime

    @property
    def object_name(self) -> str:
        return f"rdv-{self.id.lower()}.ics"

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True)
class AppointmentPage:
    """`calendar` is where appointments come to be; `version` grows with every write."""

    id: str
    owner: str
    calendar: str
    title: str
    rules: Page
    description: str = ""
    place: str = ""
    open: bool = True
    bookings: tuple[Booking, ...] = field(default=())
    version: int = 1

    def held(self, now: datetime) -> list[Booking]:
        """Those that may still be confirmed, and that nobody else can have."""
        return [each for each in self.bookings if is_held(each.held_until, now)]

    def booking(self, digest: str) -> Booking | None:
        return next((each for each in self.bookings if digest and each.digest == digest), None)


def is_held(until: datetime, now: datetime) -> bool:
    return now < until + GRACE


def page_described(page: AppointmentPage) -> AppointmentPage:
    """As its owner may say it. Raises `InvalidInput`."""
    title_given(page.title)
    page_given(page.rules)
    lines = page.description.replace("\r\n", "\n").split("\n")
    if len(page.description) > MAX_TEXT or not all(line.isprintable() for line in lines):
        raise InvalidInput("Not a description", fields={"description": f"at most {MAX_TEXT} characters"})
    if len(page.place) > MAX_PLACE or not page.place.isprintable():
        raise InvalidInput("Not a place", fields={"place": f"at most {MAX_PLACE} characters"})
    return page


def visitor_given(name: str, address: str) -> tuple[str, str]:
    """Who books. Raises `InvalidInput`."""
    known = name.strip()
    if not 0 < len(known) <= MAX_NAME or not known.isprintable():
        raise InvalidInput("Say who comes", fields={"name": f"1 to {MAX_NAME} characters"})
    return known, address_given(address)


def address_given(address: str) -> str:
    """Of somebody elsewhere, to whom a letter goes. Raises `InvalidInput`."""
    mail = address.strip().lower()
    if len(mail) > 254 or not _ADDRESS.fullmatch(mail) or not is_mail(mail):
        raise InvalidInput("Not a mail address", fields={"email": "name@domain"})
    return mail


def uid_of(booking: Booking) -> str:
    return f"{booking.id}@rendez-vous"


def event_of(page: AppointmentPage, booking: Booking, owner: tuple[str, str], link: str, now: datetime) -> Node:
    """The appointment; `owner` is the address and the name of whose page it is."""
    asked = {one.key: one.french for one in page.rules.questions}
    said = [f"{asked.get(key, key)} : {answer}" for key, answer in booking.answers.items()]
    text = "\n".join([*said, "", f"Annuler / Cancel: {link}"]).strip()
    lines = [
        made("UID", uid_of(booking)), made("DTSTAMP", _moment(int(now.timestamp()))),
        made("DTSTART", _moment(booking.start)), made("DTEND", _moment(booking.end)),
        made_text("SUMMARY", f"{page.title} – {booking.name}"), made_text("DESCRIPTION", text),
        made("ORGANIZER", uri_of(owner[0]), {"CN": owner[1]}),
        made("ATTENDEE", uri_of(booking.address), {"CN": booking.name, "PARTSTAT": "ACCEPTED"}),
    ]  # fmt: skip
    if page.place:
        lines.append(made_text("LOCATION", page.place))
    return Node("VEVENT", lines, [])


def letter(page: AppointmentPage, booking: Booking, link: str) -> tuple[str, str]:
    """Subject and text of the letter that proves the address, French first."""
    at = datetime.fromtimestamp(booking.start, UTC)
    minutes = int(HELD.total_seconds() // 60)
    text = (
        f"Un rendez-vous a été demandé avec cette adresse : {page.title}, le {moment_french(at)} (UTC, Lomé).\r\n"
        f"Pour le confirmer, ouvrez ce lien dans les {minutes} minutes :\r\n{link}\r\n"
        "Si vous n’avez rien demandé, ne faites rien : la demande s’efface d’elle-même.\r\n\r\n"
        f"An appointment was asked for with this address: {page.title}, {moment_english(at)} (UTC, Lomé).\r\n"
        f"To confirm it, open the link above within {minutes} minutes. If you asked for nothing, do nothing.\r\n"
    )
    return f"À confirmer / To confirm : {page.title}"[:200], text


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H%M%SZ}"


def kept(page: AppointmentPage, standing: Sequence[str], now: datetime) -> tuple[Booking, ...]:
    """Bookings that are of use: those whose events are there (`standing`, names), and others for a day, by which
    floods are counted."""
    return tuple(
        each
        for each in page.bookings
        if (each.object_name in standing and each.end > now.timestamp() - 30 * 86_400)
        or now < each.held_until + REMEMBERED
    )
