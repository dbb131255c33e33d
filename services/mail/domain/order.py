"""In which order messages are wanted (RFC 5256)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from services.mail.domain.message import Message
from services.mail.domain.mime.description import Address

# Of a subject; each step of what is taken off it is linear.
_LONGEST = 1000
_TRAILER = re.compile(r"(?:\s+|\(fwd\))\Z", re.IGNORECASE)
_LEADER = re.compile(r"(?:\[[^\[\]]*\]\s*)*(?:re|fwd?)\s*(?:\[[^\[\]]*\]\s*)?:\s*", re.IGNORECASE)
_BLOB = re.compile(r"\[[^\[\]]*\]\s*")
_FORWARDED = re.compile(r"\[fwd:(.*)\]\Z", re.IGNORECASE)


class By(Enum):
    """What is compared."""

    ARRIVAL = "ARRIVAL"
    CC = "CC"
    DATE = "DATE"
    FROM = "FROM"
    SIZE = "SIZE"
    SUBJECT = "SUBJECT"
    TO = "TO"


@dataclass(frozen=True, slots=True)
class Criterion:
    by: By
    reverse: bool = False


def base_subject(subject: str) -> str:
    """What a conversation is about, without what answers and forwards put around it (RFC 5256 §2.1)."""
    return _bared(subject)[0]


def is_answer(subject: str) -> bool:
    """Whether it is the subject of an answer or of a forward."""
    return _bared(subject)[1]


def _bared(subject: str) -> tuple[str, bool]:
    """The base subject, and whether an answer or a forward had put something around it."""
    answer = False
    text = " ".join(subject[:_LONGEST].split())
    while True:
        while found := _TRAILER.search(text):
            text = text[: found.start()]
            answer = answer or bool(found[0].strip())
        while True:
            if found := _LEADER.match(text):
                answer = True
            elif not (found := _BLOB.match(text)) or not text[found.end() :]:
                break
            text = text[found.end() :]
        forwarded = _FORWARDED.match(text)
        if forwarded is None:
            return text, answer
        text, answer = forwarded[1].strip(), True


def in_order(messages: Sequence[Message], criteria: Sequence[Criterion]) -> list[Message]:
    """By the first criterion, what is alike by the next; what is alike by all stays as it was."""
    found = list(messages)
    for criterion in reversed(criteria):
        found.sort(key=_KEYS[criterion.by], reverse=criterion.reverse)
    return found


def sent(message: Message) -> datetime:
    """RFC 5256 §2.2: the Date field; where it cannot be read, when the message came."""
    return (message.date or message.internal_date).astimezone(UTC)


def _first(people: Sequence[Address]) -> str:
    return people[0].address.partition("@")[0].casefold() if people else ""


_KEYS: dict[By, Callable[[Message], Any]] = {
    By.ARRIVAL: lambda message: message.internal_date,
    By.CC: lambda message: _first(message.cc),
    By.DATE: sent,
    By.FROM: lambda message: _first(message.from_),
    By.SIZE: lambda message: message.size,
    By.SUBJECT: lambda message: base_subject(message.subject).casefold(),
    By.TO: lambda message: _first(message.to),
}
