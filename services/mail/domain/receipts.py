"""Receipts that a letter was read (message disposition notifications, RFC 8098), in French and in English."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from enum import Enum

from chassis.errors import InvalidInput
from services.mail.domain import header as header_fields
from services.mail.domain.envelope import Domains, mail_address
from services.mail.domain.flags import Flags
from services.mail.domain.own_letter import stamp
from services.mail.domain.receipt_policy import Manner, Manners
from services.mail.domain.sieve.answering import is_automatic, is_from_list
from services.mail.domain.sieve.letter import Letter

SENT = "$MDNSent"
ASKED = "Disposition-Notification-To"
# Addresses of one letter that a receipt goes to.
MOST = 5
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_SUBJECT = "Accusé de lecture / Read receipt"
_WORDS = (
    "Votre message à {to} a été affiché le {at}. Rien ne dit qu'il a été lu en entier ni compris.",
    "Your message to {to} was displayed on {at}. Nothing says that it was read as a whole, or understood.",
)


class State(Enum):
    """Whether a receipt is asked for, and what became of that."""

    NOT_ASKED = "unspecified"
    OPEN = "open"
    ANSWERED = "answered"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """`address` is ours, the one that the letter was for; `confirm` and `by_itself`: see `ReceiptService`. `inside`:
    its sender is a colleague, and so is whoever gets the receipt."""

    state: State
    to: tuple[str, ...] = ()
    confirm: bool = False
    address: str = ""
    inside: bool = False
    by_itself: bool = False

    def under(self, holds: Manners, *, read: bool) -> "Wanted":
        """What becomes of an open one where that holds; `read`: the letter was read before."""
        manner = holds.inside if self.inside else holds.outside
        if manner is Manner.NEVER:
            return replace(self, state=State.NOT_ALLOWED)
        return replace(self, by_itself=manner is Manner.ALWAYS and not self.confirm and not read)


def wanted(trace: bytes, header: bytes, flags: Flags, ours: Domains, *, junk: bool) -> Wanted:
    """What a letter asks for, before any policy; `trace` is what we wrote above it when it came, `header` its own."""
    letter = Letter(trace, header, 0)
    if not letter.raw(ASKED.lower()):
        return Wanted(State.NOT_ASKED)
    to = _addresses(letter)
    # Of whom and for whom it is we know by our own words: a letter that was put into a mailbox says anything.
    above = Letter(trace, b"", 0)
    returned = [each.strip("<> ").lower() for each in above.values("return-path")[:1]]
    received = [each.strip("<> ").lower() for each in above.values("delivered-to")[:1]]
    # What bears results of ours came from outside, whatever its From says.
    inside = bool(to) and all(ours.hold(each) for each in to) and not letter.raw("authentication-results")
    # RFC 8098 §2.1: to one address alone, and to the one that the envelope was from, or the reader is asked.
    confirm = len(to) != 1 or returned[:1] != list(to) or not (inside or _is_proven(above, to[0]))
    if SENT in flags:
        return Wanted(State.ANSWERED, to, confirm)
    never = junk or is_automatic(letter) or is_from_list(letter) or returned == [""] or not received
    if never or not to or _needs_more(letter):
        return Wanted(State.NOT_ALLOWED, to, confirm)
    return Wanted(State.OPEN, to, confirm, received[0], inside)


def _is_proven(above: Letter, address: str) -> bool:
    """Whether the letter was found to be from the domain of an address (DMARC) when it came. Each result stands on a
    line of its own, and whatever a sender has written there ends none (`authentication/results.py`)."""
    wanted = b"header.from=" + address.rpartition("@")[2].encode()
    results = b"\n".join(above.raw("authentication-results")).split(b"\n")
    said = (line.strip(b" \t\r;").split() for line in results)
    return any(words[:1] == [b"dmarc=pass"] and words[-1] == wanted for words in said)


def _addresses(letter: Letter) -> tuple[str, ...]:
    """None where there are more than a receipt goes to, or one that is none."""
    found = [
        f"{(one.local or b'').decode('utf-8', 'replace')}@{(one.host or b'').decode('utf-8', 'replace')}"
        for each in letter.addresses(ASKED.lower())
        for one in each
    ]
    try:
        known = tuple(dict.fromkeys(mail_address(each) for each in found[: MOST + 1]))
    except InvalidInput:
        return ()
    return known if len(known) <= MOST else ()


def _needs_more(letter: Letter) -> bool:
    """RFC 8098 §2.2: whoever requires what we do not know gets no receipt."""
    return any(
        "=required" in each.replace(" ", "").lower() for each in letter.values("disposition-notification-options")
    )


def receipt(asked: Wanted, header: bytes, at: datetime, unique: str, host: str, *, by_itself: bool = False) -> bytes:
    """The whole notification; `header` is the original's, `unique` sets it apart, `host` is ours. `by_itself`: policy
    says so, and no reader of this letter."""
    original = next(iter(_MESSAGE_ID.findall(next(header_fields.raw_values(header, "message-id"), ""))), "")
    domain = asked.address.rpartition("@")[2]
    boundary = f"=_{unique}"
    fields = [
        f"From: <{asked.address}>",
        "To: " + ",\r\n ".join(f"<{each}>" for each in asked.to),
        f"Subject: {Header(_SUBJECT, 'utf-8', maxlinelen=70).encode(linesep=chr(13) + chr(10))}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{unique}@{domain}>",
        *([f"In-Reply-To: {original}", f"References: {original}"] if original else []),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary="{boundary}"',
    ]
    plain = asked.address.isascii()
    status = [
        f"Reporting-UA: {host}; Workspace",
        f"Final-Recipient: {'rfc822' if plain else 'utf-8'}; {asked.address}",
        *([f"Original-Message-ID: {original}"] if original else []),
        # RFC 8098 §3.2.6: that it was displayed is the reader's own doing either way.
        f"Disposition: manual-action/MDN-sent-{'automatically' if by_itself else 'manually'}; displayed",
    ]
    words = [each.format(to=asked.address, at=stamp(at)) for each in _WORDS]
    # RFC 6533 §6: another type where an address is UTF-8.
    kind = "message/disposition-notification" if plain else "message/global-disposition-notification"
    parts = [("text/plain; charset=utf-8", "\r\n\r\n".join(words)), (kind, "\r\n".join(status))]
    body = "".join(
        f"--{boundary}\r\nContent-Type: {type_}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n\r\n"
        for type_, text in parts
    )
    return ("\r\n".join(fields) + "\r\n\r\n" + body + f"--{boundary}--\r\n").encode()
