"""What calendar says to people by mail (iMIP, RFC 6047): a letter with words, and with the same for calendars.

The same words of the same moment give the same octets, so that sending them again makes no second letter.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from chassis.errors import InvalidInput, TooLarge
from services.mail.domain.envelope import mail_address
from services.mail.domain.mime import Address

MOST_ATTENDEES, LONGEST_TEXT, LARGEST = 1_000, 100_000, 256 * 1024
LONGEST_SUBJECT, LONGEST_NAME = 500, 200
# How long it is known what was sent: as long as somebody may replay what failed.
REMEMBERED = timedelta(days=90)
# Before an id of what calendar asked, in the name of its letter.
_NAMED = "invitation."
_METHOD = re.compile(r"[A-Z0-9-]{1,40}")
_SAID = re.compile(r"^METHOD:([^\r\n]*)\r?$", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BEGIN, _END = "BEGIN:VCALENDAR", "END:VCALENDAR"


@dataclass(frozen=True, slots=True)
class Invitation:
    """`content` is an iCalendar object whose METHOD is `method`; both are empty where there are words alone."""

    attendees: Sequence[Address]
    method: str
    subject: str
    text: str
    content: str


def name_of(request: str) -> str:
    """By which the letter is known outside: the left side of its Message-ID, and its ENVID (RFC 3461 §4.4)."""
    return f"{_NAMED}{request.lower()}"


def is_name(said: str) -> bool:
    return said.startswith(_NAMED)


def checked(given: Invitation) -> Invitation:
    """As it can be sent, each attendee once. Raises `InvalidInput`, the field named, and `TooLarge`."""
    if not 0 < len(given.attendees) <= MOST_ATTENDEES:
        raise InvalidInput("Not a number of attendees", fields={"attendees": f"must be 1 to {MOST_ATTENDEES}"})
    if len(given.content.encode("utf-8", "replace")) > LARGEST or len(given.text) > LONGEST_TEXT:
        raise TooLarge(f"An invitation has at most {LARGEST} octets and {LONGEST_TEXT} characters of text")
    content = given.content.replace("\r\n", "\n").replace("\n", "\r\n").strip("\r\n")
    if content or given.method:
        _check_calendar(given.method, content)
    people = {mail_address(each.address): _line(each.name, LONGEST_NAME) for each in given.attendees}
    return Invitation(
        attendees=[Address(name, address) for address, name in people.items()],
        method=given.method,
        subject=_line(given.subject, LONGEST_SUBJECT) or "Invitation",
        text=given.text.replace("\x00", ""),
        content=f"{content}\r\n" if content else "",
    )


def _check_calendar(method: str, content: str) -> None:
    """Raises `InvalidInput`."""
    if not content.startswith(_BEGIN) or not content.endswith(_END) or "\x00" in content:
        raise InvalidInput("Not a calendar", fields={"content": "is no iCalendar object"})
    if not _METHOD.fullmatch(method) or _SAID.findall(content) != [method]:
        raise InvalidInput("Another method", fields={"method": "is not the one that the calendar object has"})


def letter(invitation: Invitation, author: Address, unique: str, at: datetime) -> bytes:
    """The whole letter; `invitation` is `checked`, `unique` becomes the left side of its Message-ID."""
    domain = author.address.rpartition("@")[2]
    plain = all(each.address.isascii() for each in (author, *invitation.attendees))
    # An address is no place for encoded words (RFC 2047 §5): what has another one has a header in UTF-8 (RFC 6532).
    made = EmailMessage(policy=SMTP if plain else SMTPUTF8)
    made["From"] = _people([author])
    made["To"] = _people(invitation.attendees)
    made["Subject"] = invitation.subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{unique}@{domain}>"
    made["MIME-Version"] = "1.0"
    header = b"".join(made.policy.fold_binary(name, value) for name, value in made.items())
    words = "\r\n".join(invitation.text.replace("\r\n", "\n").split("\n")).encode("utf-8", "replace")
    if not invitation.content:
        return header + _part("text/plain; charset=utf-8", words)
    calendar = invitation.content.encode("utf-8", "replace")
    alternative = _parts(
        "alternative",
        f"a-{unique}",
        [
            _part("text/plain; charset=utf-8", words),
            _part(f"text/calendar; charset=utf-8; method={invitation.method}", calendar),
        ],
    )
    # Some readers take an invitation only from a file.
    file = _part('application/ics; name="invite.ics"', calendar, 'attachment; filename="invite.ics"')
    return header + _parts("mixed", f"m-{unique}", [alternative, file])


def _part(content_type: str, octets: bytes, disposition: str = "") -> bytes:
    lines = [f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64"]
    lines += [f"Content-Disposition: {disposition}"] if disposition else []
    return "\r\n".join([*lines, "", ""]).encode("ascii") + base64.encodebytes(octets).replace(b"\n", b"\r\n")


def _parts(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    begun = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    mark = f"--{boundary}".encode("ascii")
    return begun + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _people(people: Sequence[Address]) -> list[HeaderAddress]:
    found = []
    for who in people:
        local, _, domain = who.address.rpartition("@")
        found.append(HeaderAddress(display_name=who.name, username=local, domain=domain))
    return found


def _line(text: str, most: int) -> str:
    return _CONTROL.sub(" ", text).strip().encode("utf-8", "replace").decode()[:most]
