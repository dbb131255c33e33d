"""In which order messages are wanted (RFC 5256)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
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
    text = " ".join(subject[:_LONGEST].split())
    while True:
        while found := _TRAILER.search(text):
            text = text[: found.start()]
        while True:
            if (found := _LEADER.match(text)) or ((found := _BLOB.match(text)) and text[found.end() :]):
                text = text[found.end() :]
            else:
                break
        forwarded = _FORWARDED.match(text)
        if forwarded is None:
            return text
        text = forwarded[1].strip()


def in_order(messages: Sequence[Message], criteria: Sequence[Criterion]) -> list[Message]:
    """By the first criterion, what is alike by the next; what is alike by all stays as it was."""
    found = list(messages)
    for criterion in reversed(criteria):
        found.sort(key=_KEYS[criterion.by], reverse=criterion.reverse)
    return found


def _sent(message: Message) -> Any:
    """RFC 5256 §2.2: the Date field; where it cannot be read, when the message came."""
    return (message.date or message.internal_date).astimezone(UTC)


def _first(people: Sequence[Address]) -> str:
    return people[0].address.partition("@")[0].casefold() if people else ""


_KEYS: dict[By, Callable[[Message], Any]] = {
    By.ARRIVAL: lambda message: message.internal_date,
    By.CC: lambda message: _first(message.cc),
    By.DATE: _sent,
    By.FROM: lambda message: _first(message.from_),
    By.SIZE: lambda message: message.size,
    By.SUBJECT: lambda message: base_subject(message.subject).casefold(),
    By.TO: lambda message: _first(message.to),
}
