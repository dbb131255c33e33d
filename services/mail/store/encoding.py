"""Messages to documents and back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from services.mail.domain import layout
from services.mail.domain.message import Arrival, Content, FetchRow, Message, Particulars, Placed, Source
from services.mail.domain.mime.description import Address, Attachment, TextPart
from services.mail.domain.mime.usual import UNKNOWN, following
from services.mail.domain.threads import kinship
from services.mail.store.ids import key, outside

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# What each reader asks for, and no more.
LISTED = {
    "owner": 1, "mailbox": 1, "uid": 1, "modseq": 1, "flags": 1, "internal_date": 1, "size": 1, "subject": 1,
    "sender": 1, "from": 1, "to": 1, "cc": 1, "bcc": 1, "date": 1, "zone": 1, "rfc_message_id": 1, "preview": 1,
    "thread": 1, "email": 1, "saved_at": 1, "references": 1, "receipt_wanted": 1,
    "attachments.inline": 1,
}  # fmt: skip
READ = {"uid": 1, "prefix": 1, "blob": 1, "size": 1, "layout": 1, "attachments": 1, "text": 1}
# All of the attachments, which cannot be asked for beside a part of them.
OPENED = {field: 1 for field in LISTED if "." not in field} | READ
ROW = {"_id": 0, "uid": 1, "internal_date": 1, "size": 1, "envelope": 1, "bodystructure": 1, "prefix": 1, "usual": 1}
# What a search looks for a text in without reading the documents, by the names of the fields (RFC 3501 §6.4.4).
WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "subject": lambda document: document["subject"],
    "from": lambda document: _people(document["from"]),
    "to": lambda document: _people(document["to"]),
    "cc": lambda document: _people(document["cc"]),
    "bcc": lambda document: _people(document["bcc"]),
    "message-id": lambda document: document["rfc_message_id"],
}
FOLDED = ROW | {"subject": 1, "from": 1, "to": 1, "cc": 1, "bcc": 1, "rfc_message_id": 1}
PARTICULARS = {"uid": 1, "body": 1, "preview": 1, "email": 1, "thread": 1, "saved_at": 1}
FLAGS = {"_id": 0, "uid": 1, "flags": 1, "modseq": 1}


def described(content: Content) -> dict[str, Any]:
    """What all copies of a message share, computed once for all recipients."""
    description = content.description
    text = description.text_part
    kin = kinship(description.message_id, description.references, description.subject)
    return {
        "blob": content.blob,
        "layout": layout.pack(content.structure),
        "usual": content.structure.usual,
        "envelope": description.envelope,
        "bodystructure": description.bodystructure,
        "body": description.body,
        "subject": description.subject,
        "sender": description.sender,
        "from": [list(address) for address in description.from_],
        "to": [list(address) for address in description.to],
        "cc": [list(address) for address in description.cc],
        "bcc": [list(address) for address in description.bcc],
        **_dated(description.date),
        "rfc_message_id": description.message_id,
        "references": list(kin.references),
        "relatives": list(kin.relatives),
        "thread": kin.begun,
        "preview": description.preview,
        "attachments": [
            {
                "part": part.part,
                "filename": part.filename,
                "content_type": part.content_type,
                "encoding": part.encoding,
                "offset": part.offset,
                "length": part.length,
                "inline": part.inline,
                "content_id": part.content_id,
            }
            for part in description.attachments
        ],
        "text": None
        if text is None
        else {
            "part": text.part,
            "content_type": text.content_type,
            "charset": text.charset,
            "encoding": text.encoding,
            "offset": text.offset,
            "length": text.length,
        },
        # Few letters do.
        **({"receipt_wanted": True} if description.receipt_wanted else {}),
    }


def message_document(
    owner: str, placed: Placed, arrival: Arrival, shared: Mapping[str, Any], thread: str, saved_at: datetime
) -> dict[str, Any]:
    """The document of one copy; `shared` is what `described` found, `thread` the conversation that it is of here."""
    return {
        "_id": key(owner, placed.message_id),
        "owner": owner,
        "mailbox": placed.mailbox_id,
        "uid": placed.uid,
        "modseq": placed.modseq,
        "flags": list(arrival.flags),
        "internal_date": arrival.internal_date,
        "size": arrival.size,
        "prefix": arrival.prefix,
        **shared,
        "thread": thread or placed.message_id,
        "saved_at": saved_at,
        "terms_due": saved_at,
    }


def _dated(date: datetime | None) -> dict[str, Any]:
    """The moment and its zone in minutes; a year that leaves the calendar on its way to UTC counts as unreadable."""
    try:
        moment = date.astimezone(UTC) if date else None
    except OverflowError:
        moment = None
    offset = date.utcoffset() if date and moment else None
    return {"date": moment, "zone": int(offset.total_seconds() // 60) if offset else 0}


def _date(document: Mapping[str, Any]) -> datetime | None:
    moment: datetime | None = document["date"]
    if moment is None or not document["zone"]:
        return moment
    try:
        return moment.astimezone(timezone(timedelta(minutes=document["zone"])))
    except (OverflowError, ValueError):
        return moment


def message(document: Mapping[str, Any]) -> Message:
    """From a document with `LISTED`."""
    return Message(
        id=outside(document["_id"]),
        owner=document["owner"],
        mailbox_id=document["mailbox"],
        uid=document["uid"],
        modseq=document["modseq"],
        flags=tuple(document["flags"]),
        internal_date=document["internal_date"],
        size=document["size"],
        subject=document["subject"],
        sender=document["sender"],
        from_=[Address(*pair) for pair in document["from"]],
        to=[Address(*pair) for pair in document["to"]],
        cc=[Address(*pair) for pair in document["cc"]],
        bcc=[Address(*pair) for pair in document["bcc"]],
        date=_date(document),
        rfc_message_id=document["rfc_message_id"],
        preview=document["preview"],
        thread_id=thread_id(document),
        email_id=email_id(document),
        saved_at=document.get("saved_at"),
        references=document.get("references") or (),
        receipt_wanted="receipt_wanted" in document,
        has_attachment=any(not part["inline"] for part in document["attachments"]),
    )


def thread_id(document: Mapping[str, Any]) -> str:
    """One that came before conversations were known is a conversation of its own."""
    found: str = document.get("thread") or outside(document["_id"])
    return found


def email_id(document: Mapping[str, Any]) -> str:
    found: str = document.get("email") or outside(document["_id"])
    return found


def source(document: Mapping[str, Any]) -> Source:
    """From a document with `READ`."""
    shift = len(document["prefix"])
    text = document["text"]
    return Source(
        id=outside(document["_id"]),
        uid=document["uid"],
        prefix=document["prefix"],
        blob=document["blob"],
        size=document["size"],
        structure=layout.unpack(document["layout"], document["size"] - shift, shift),
        attachments=[Attachment(**{**part, "offset": part["offset"] + shift}) for part in document["attachments"]],
        text_part=TextPart(**{**text, "offset": text["offset"] + shift}) if text else None,
    )


def fetch_row(document: Mapping[str, Any]) -> FetchRow:
    """From a document with `ROW`."""
    when = document["internal_date"]
    return FetchRow(
        document["uid"],
        f'"{when.day:2d}-{_MONTHS[when.month - 1]}-{when.year:04d} {when:%H:%M:%S} +0000"'.encode("ascii"),
        document["size"],
        document["envelope"],
        document["bodystructure"],
        following(document["prefix"], document.get("usual", UNKNOWN)),
    )


def words(document: Mapping[str, Any]) -> dict[str, bytes]:
    """From a document with `FOLDED`, by `WORDS`."""
    return {field: folded(read(document)) for field, read in WORDS.items()}


def folded(text: str) -> bytes:
    """In any case, as `services.mail.usecases.candidates` compares; NUL ends a value where many are kept together."""
    return text.casefold().replace("\0", "").encode("utf-8", "replace")


def _people(pairs: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"{name} <{address}>" for name, address in pairs)


def particulars(document: Mapping[str, Any]) -> Particulars:
    """From a document with `PARTICULARS`."""
    return Particulars(
        document["uid"],
        document["body"],
        document["preview"],
        email_id(document),
        thread_id(document),
        document.get("saved_at"),
    )
