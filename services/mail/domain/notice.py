"""What a sender is told of a message that does not arrive, or does: RFC 3464, in French and in English.

The same message and try give the same octets, so that telling it again after a crash makes no second copy.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from enum import Enum

from services.mail.domain.dsn import Wish, decoded
from services.mail.domain.own_letter import stamp
from services.mail.domain.queue import GIVE_UP_AFTER, Waiting

MAX_HEADER = 64 * 1024
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:\s*(<[^\s<>]{1,250}>)", re.I | re.M)


class Kind(Enum):
    """RFC 3464 §2.3.3, Action."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"

    def is_wanted(self, wish: Wish) -> bool:
        """Whether a recipient's sender wants to be told of it."""
        if self is Kind.FAILED:
            return wish.of_failure
        return wish.of_delay if self is Kind.DELAYED else wish.of_success


@dataclass(frozen=True, slots=True)
class About:
    """The message that is told of: `id` and `attempts` tell one notice from another, `envid` is its sender's own name
    for it."""

    id: str
    attempts: int
    sender: str
    accepted_at: datetime
    envid: str = ""


@dataclass(frozen=True)
class _Words:
    subject: str
    french: str
    english: str


_WORDS = {
    Kind.FAILED: _Words(
        "Message non remis / Undelivered message",
        "Votre message n'a pas pu être remis aux destinataires suivants. Il ne sera plus réessayé.",
        "Your message could not be delivered to the following recipients. No further attempt will be made.",
    ),
    Kind.DELAYED: _Words(
        "Message en attente / Delayed message",
        "Votre message n'a pas encore pu être remis aux destinataires suivants."
        " Les essais continuent jusqu'au {until} ; vous n'avez rien à faire.",
        "Your message has not been delivered to the following recipients yet. Attempts go on until {until};"
        " there is nothing you need to do.",
    ),
    Kind.DELIVERED: _Words(
        "Message remis / Delivered message",
        "Votre message est dans la boîte des destinataires suivants. Rien ne dit s'ils l'ont lu.",
        "Your message is in the mailboxes of the following recipients. Nothing says whether they have read it.",
    ),
    Kind.RELAYED: _Words(
        "Message transmis / Relayed message",
        "Votre message a été transmis au serveur des destinataires suivants, qui n'en dira pas plus.",
        "Your message was passed on to the server of the following recipients, which will not tell what becomes of it.",
    ),
    Kind.EXPANDED: _Words(
        "Message distribué / Expanded message",
        "Votre message est dans les boîtes de tous ceux qui reçoivent pour les adresses suivantes.",
        "Your message is in the mailboxes of all who receive for the following addresses.",
    ),
}


# By whether the whole original stands there, and whether it is told of in ASCII.
_ORIGINALS = {
    (True, True): "message/rfc822",
    (True, False): "message/global",
    (False, True): "text/rfc822-headers",
    (False, False): "message/global-headers",
}


def notice(
    kind: Kind,
    about: About,
    recipients: Sequence[Waiting],
    host: str,
    header: bytes,
    at: datetime,
    *,
    full: bool = False,
) -> tuple[bytes, bytes]:
    """A message to the sender, as what stands before the original and what after it. `header` is the original's, blank
    line left out; between the two stands that, or the whole original where it is `full`."""
    boundary = f"=_{about.id}.{about.attempts}"
    original = _MESSAGE_ID.search(header)
    reference = original[1].decode("ascii", "replace") if original else ""
    fields = [
        f"From: Mail Delivery System <MAILER-DAEMON@{host}>",
        f"To: <{about.sender}>",
        f"Subject: {Header(_WORDS[kind].subject, 'utf-8' if not _WORDS[kind].subject.isascii() else 'ascii').encode()}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{kind.value}.{about.id.lower()}.{about.attempts}@{host.lower()}>",
        *([f"In-Reply-To: {reference}", f"References: {reference}"] if reference.isascii() and reference else []),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
    ]
    status = _status(kind, about, recipients, host)
    # RFC 6533: reports have another type where an address is UTF-8.
    plain = status.isascii()
    parts = [
        ("text/plain; charset=utf-8", "8bit", _text(kind, about, recipients).encode()),
        (f"message/{'' if plain else 'global-'}delivery-status", "7bit" if plain else "8bit", status.encode()),
        (_ORIGINALS[full, header.isascii() or plain], "8bit", b""),
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Type: {type_}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode("ascii")
        + content
        for type_, encoding, content in parts
    )
    before = "\r\n".join(fields).encode() + b"\r\n\r\n" + body
    return before, f"\r\n--{boundary}--\r\n".encode()


def _text(kind: Kind, about: About, recipients: Sequence[Waiting]) -> str:
    until = about.accepted_at + GIVE_UP_AFTER
    words = _WORDS[kind]
    listed = [f"  <{waiting.address}>\r\n      {_diagnostic(waiting)}".rstrip() for waiting in recipients]
    french, english = (text.format(until=stamp(until)) for text in (words.french, words.english))
    return "\r\n\r\n".join([french, english, *listed]) + "\r\n"


def _diagnostic(waiting: Waiting) -> str:
    if waiting.last is None:
        return "4.0.0"
    return f"{waiting.last.host}: {waiting.last.diagnostic}" if waiting.last.host else waiting.last.diagnostic


def _status(kind: Kind, about: About, recipients: Sequence[Waiting], host: str) -> str:
    message = [f"Original-Envelope-Id: {decoded(about.envid)}"] if about.envid else []
    message += [f"Reporting-MTA: dns; {host}", f"Arrival-Date: {format_datetime(about.accepted_at)}"]
    groups = [message]
    for waiting in recipients:
        original = waiting.wish.original_recipient
        group = [f"Original-Recipient: {original}"] if original else []
        group += [f"Final-Recipient: {_typed(waiting.address)}", f"Action: {kind.value}"]
        last = waiting.last
        group.append(f"Status: {last.status if last else '4.0.0'}")
        if last is not None and last.diagnostic:
            if last.host:
                group.append(f"Remote-MTA: dns; {last.host.split()[0]}")
            group.append(f"Diagnostic-Code: {'smtp' if last.host else 'x-workspace'}; {_printable(last.diagnostic)}")
        if kind is Kind.DELAYED:
            group.append(f"Will-Retry-Until: {format_datetime(about.accepted_at + GIVE_UP_AFTER)}")
        groups.append(group)
    return "\r\n\r\n".join("\r\n".join(group) for group in groups) + "\r\n"


def _typed(address: str) -> str:
    """RFC 3464 §2.3.2, RFC 6533 §3."""
    return f"rfc822; {address}" if address.isascii() else f"utf-8; {address}"


def _printable(text: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in text)


def header_of(octets: bytes) -> bytes:
    """The header at the beginning of a message, its last line end included."""
    end = octets.find(b"\r\n\r\n")
    return octets[: end + 2] if end >= 0 else octets[: octets.rfind(b"\r\n") + 2]
