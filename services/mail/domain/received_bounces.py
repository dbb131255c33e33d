"""What a report says of a letter of ours that did not arrive (RFC 3464): of which letter, to whom, and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chassis.errors import InvalidInput
from services.mail.domain import header
from services.mail.domain.envelope import mail_address
from services.mail.domain.mime.references import message_ids

# Octets of the part that machines read, and of the original's header behind it; what is beyond is not looked at.
MOST_OCTETS, MOST_ORIGINAL = 128 * 1024, 64 * 1024
_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}", re.ASCII)
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:\s*(<[^\s<>]{1,250}>)", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Failure:
    """`addresses`: first the one that the letter was written to, then where it went; `status` as RFC 3463."""

    addresses: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """`envid` is the sender's own name for the letter (RFC 3461 §4.4); empty where the report does not say it."""

    envid: str
    failures: tuple[Failure, ...]


def bounce(octets: bytes) -> Bounce | None:
    """What such a part says of whom a letter does not reach for good; None where it says that of nobody."""
    message, *recipients = [each for each in _BLANK.split(octets) if each.strip()] or [b""]
    failures = tuple(found for each in recipients if (found := _failure(each)) is not None)
    return Bounce(_field(message, "original-envelope-id"), failures) if failures else None


def original_name(behind: bytes) -> str:
    """The left side of the Message-ID of the letter that stands behind the report; empty where none is read."""
    found = _MESSAGE_ID.search(behind)
    ids = message_ids(found[1].decode("ascii", "replace")) if found else []
    return ids[0].partition("@")[0] if ids else ""


def _failure(group: bytes) -> Failure | None:
    if _field(group, "action").lower() != "failed":
        return None
    status = _STATUS.match(_field(group, "status"))
    addresses = dict.fromkeys(_addresses(group))
    return Failure(tuple(addresses), status[0] if status else "5.0.0") if addresses else None


def _addresses(group: bytes) -> Iterator[str]:
    """Of "rfc822; agent1@gouv.tg" the address."""
    for name in ("original-recipient", "final-recipient"):
        try:
            yield mail_address(_field(group, name).partition(";")[2].strip().strip("<>"))
        except InvalidInput:
            continue


def _field(group: bytes, name: str) -> str:
    return next(header.values(group, name), "").strip()
