"""The octets of a letter but for its attachments, which stay where they are until they pass."""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Any

from chassis.errors import InvalidInput
from services.mail.domain.composing.flowed import flowed
from services.mail.domain.envelope import mail_address
from services.mail.domain.mime import Address
from services.mail.domain.receipts import ASKED

MOST_PEOPLE, MOST_ATTACHMENTS = 1000, 200
LONGEST_SUBJECT, LONGEST_NAME, LONGEST_TEXT = 2_000, 500, 2 * 1024 * 1024
# Of the original that a letter answers, as only we read it; it never leaves.
ANSWERS = "X-Workspace-Answers"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,200}")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a letter; `source` is whatever its octets are got from."""

    source: Any
    filename: str
    content_type: str
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is written. `answers`: the kind of answer and the id of the original, or nothing."""

    author: Address
    to: Sequence[Address] = ()
    cc: Sequence[Address] = ()
    bcc: Sequence[Address] = ()
    reply_to: Sequence[Address] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: Sequence[Attached] = ()
    in_reply_to: str = ""
    references: str = ""
    answers: str = ""
    # Whether its readers are asked to say that they read it (RFC 8098).
    receipt: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """The place of an attachment's octets among those of a letter."""

    attached: Attached
    # A message within a message is not encoded (RFC 2046 §5.2.1).
    encoded: bool


Segment = bytes | File


def checked(letter: Letter) -> Letter:
    """The letter with what it says in the form in which it can be sent. Raises `InvalidInput`, the field named."""
    people = {name: _people(name, getattr(letter, name)) for name in ("to", "cc", "bcc", "reply_to")}
    if sum(map(len, people.values())) > MOST_PEOPLE:
        raise InvalidInput("Too many people", fields={"to": f"more than {MOST_PEOPLE} addresses"})
    if len(letter.attachments) > MOST_ATTACHMENTS:
        raise InvalidInput("Too many attachments", fields={"attachments": f"more than {MOST_ATTACHMENTS}"})
    for name in ("text", "html"):
        if len(getattr(letter, name)) > LONGEST_TEXT:
            raise InvalidInput("Too long", fields={name: f"more than {LONGEST_TEXT} characters"})
    (author,) = _people("from", [letter.author])
    return Letter(
        author=author,
        **people,
        subject=_line(letter.subject, LONGEST_SUBJECT),
        text=letter.text.replace("\x00", ""),
        html=letter.html,
        attachments=[_attached(each) for each in letter.attachments],
        in_reply_to=letter.in_reply_to,
        references=letter.references,
        answers=letter.answers,
        receipt=letter.receipt,
    )


def segments(letter: Letter, now: datetime, unique: str) -> Iterator[Segment]:
    """The octets in order, files in their places. `letter` is `checked`; `unique` sets it apart from all others."""
    inline = [each for each in letter.attachments if each.inline and letter.html]
    others = [each for each in letter.attachments if not (each.inline and letter.html)]
    body: _Part = _Text(letter.text, "plain")
    if letter.html:
        shown: _Part = _Text(letter.html, "html")
        if inline:
            shown = _Parts("related", [shown, *map(_Leaf, inline)], f"r-{unique}")
        body = _Parts("alternative", [body, shown], f"a-{unique}")
    if others:
        body = _Parts("mixed", [body, *map(_Leaf, others)], f"m-{unique}")
    yield _header(letter, now, unique)
    yield from body.octets()


def identifiers(field: str) -> list[str]:
    """Message ids in a field, whatever stands between them."""
    return _MESSAGE_ID.findall(field)


def _people(name: str, given: Sequence[Address]) -> list[Address]:
    try:
        return [Address(_line(who.name, LONGEST_NAME), _spelt(who.address)) for who in given]
    except InvalidInput as error:
        raise InvalidInput(error.detail, fields={name: error.fields["address"]}) from error


def _spelt(address: str) -> str:
    """As it was written where that is sound: a local part's case is its owner's."""
    sound = mail_address(address)
    return address.strip() if address.strip().lower() == sound else sound


def _line(text: str, most: int) -> str:
    return _CONTROL.sub(" ", text).strip().encode("utf-8", "replace").decode()[:most]


def media_type(given: str, *, field: str = "content_type") -> str:
    """That of an attachment, as it is written; empty where none is given. Raises `InvalidInput`, `field` named."""
    kind = given.lower()
    if kind and (not _TYPE.fullmatch(kind) or kind.startswith("multipart/")):
        raise InvalidInput("Not a media type", fields={field: f"{given[:80]!r} is no media type"})
    return kind


def _attached(given: Attached) -> Attached:
    kind = media_type(given.content_type, field="attachments")
    if given.content_id and not _CONTENT_ID.fullmatch(given.content_id):
        raise InvalidInput("Not a content id", fields={"attachments": f"{given.content_id[:80]!r} is no content id"})
    name = _line(given.filename, 255).replace("\\", "/").rpartition("/")[2]
    return Attached(given.source, name, kind, given.inline, given.content_id)


def _header(letter: Letter, now: datetime, unique: str) -> bytes:
    # An address in UTF-8 has no other form (RFC 6532 §3.2).
    everybody = (letter.author, *letter.to, *letter.cc, *letter.bcc, *letter.reply_to)
    policy = SMTP if all(who.address.isascii() for who in everybody) else SMTPUTF8
    made = EmailMessage(policy=policy)
    made["From"] = _addresses([letter.author])
    for name, people in (("To", letter.to), ("Cc", letter.cc), ("Bcc", letter.bcc), ("Reply-To", letter.reply_to)):
        if people:
            made[name] = _addresses(people)
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{unique}@{letter.author.address.rpartition('@')[2]}>"
    if letter.in_reply_to:
        made["In-Reply-To"] = letter.in_reply_to
    if letter.references:
        made["References"] = letter.references
    if letter.answers:
        made[ANSWERS] = letter.answers
    if letter.receipt:
        made[ASKED] = f"<{letter.author.address}>"
    made["MIME-Version"] = "1.0"
    return _fields(made)


def _addresses(people: Sequence[Address]) -> list[HeaderAddress]:
    made = []
    for who in people:
        local, _, domain = who.address.rpartition("@")
        made.append(HeaderAddress(display_name=who.name, username=local, domain=domain))
    return made


def _fields(made: EmailMessage) -> bytes:
    """Its header, folded, without the blank line."""
    return b"".join(made.policy.fold_binary(name, value) for name, value in made.items())


class _Text:
    def __init__(self, text: str, subtype: str) -> None:
        self._text, self._subtype = text, subtype

    def octets(self) -> Iterator[Segment]:
        made = EmailMessage(policy=SMTP)
        plain = self._subtype == "plain"
        text = flowed(self._text) if plain else self._text.rstrip("\n") + "\n"
        kept = text.encode("utf-8", "replace").decode()
        cte = "7bit" if kept.isascii() and max(map(len, kept.split("\n"))) < 900 else "quoted-printable"
        made.set_content(kept, subtype=self._subtype, charset="utf-8", cte=cte)
        if plain:
            made.set_param("format", "flowed")
        del made["MIME-Version"]
        yield made.as_bytes()


class _Leaf:
    def __init__(self, attached: Attached) -> None:
        self._attached = attached

    def octets(self) -> Iterator[Segment]:
        one = self._attached
        message = one.content_type == "message/rfc822"
        made = EmailMessage(policy=SMTP)
        made["Content-Type"] = one.content_type or "application/octet-stream"
        made["Content-Transfer-Encoding"] = "8bit" if message else "base64"
        made.add_header("Content-Disposition", "inline" if one.inline else "attachment")
        if one.filename:
            made.set_param("filename", one.filename, header="Content-Disposition", replace=True)
        if one.content_id:
            made["Content-ID"] = f"<{one.content_id}>"
        yield _fields(made) + b"\r\n"
        yield File(one, encoded=not message)
        yield b"\r\n"


class _Parts:
    def __init__(self, subtype: str, parts: "Sequence[_Part]", boundary: str) -> None:
        self._subtype, self._parts, self._boundary = subtype, parts, boundary

    def octets(self) -> Iterator[Segment]:
        yield f'Content-Type: multipart/{self._subtype}; boundary="{self._boundary}"\r\n\r\n'.encode()
        for part in self._parts:
            yield f"--{self._boundary}\r\n".encode()
            yield from part.octets()
        yield f"--{self._boundary}--\r\n".encode()


_Part = _Text | _Leaf | _Parts


class Base64:
    """Octets encoded in lines as they pass (RFC 2045 §6.8)."""

    # Octets of whole lines, many at once.
    _WHOLE = 57 * 512

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, octets: bytes) -> bytes:
        held = self._rest + octets
        whole = len(held) - len(held) % self._WHOLE
        self._rest = held[whole:]
        return self._lines(held[:whole])

    def close(self) -> bytes:
        return self._lines(self._rest)

    @staticmethod
    def _lines(octets: bytes) -> bytes:
        return base64.encodebytes(octets).replace(b"\n", b"\r\n") if octets else b""
