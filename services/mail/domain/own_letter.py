"""Letters that the platform itself writes to an agent: plain text, in French and in English.

The same words of the same moment give the same octets, so that telling them again makes no second copy.
"""

from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from textwrap import wrap

# Octets of a line.
LONGEST = 998


def own_letter(subject: str, address: str, unique: str, at: datetime, paragraphs: Sequence[str]) -> bytes:
    """A whole message to the agent at `address`; `unique` is its Message-ID, whose domain's postmaster writes."""
    fields = [
        *own_fields(subject, address, unique, at),
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\r\n".join([*fields, "", "\r\n\r\n".join(map(_folded, paragraphs)), ""]).encode()


def stamp(at: datetime) -> str:
    """A moment in UTC, as what we write says it."""
    return at.strftime("%d/%m/%Y %H:%M UTC")


def _folded(paragraph: str) -> str:
    """What others wrote may be too long for a line (RFC 5322 §2.1.1)."""
    return "\r\n".join(part for line in paragraph.split("\r\n") for part in _parts(line))


def _parts(line: str) -> list[str]:
    # A character is four octets at the most.
    return [line] if len(line.encode()) <= LONGEST else wrap(line, LONGEST // 4, subsequent_indent="  ")


def own_fields(subject: str, address: str, unique: str, at: datetime) -> list[str]:
    """The header of such a message, but for what kind of content it has."""
    return [
        f"From: Messagerie <postmaster@{unique.rpartition('@')[2]}>",
        f"To: <{address}>",
        f"Subject: {Header(subject, 'utf-8', maxlinelen=70).encode(linesep=chr(13) + chr(10))}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{unique}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
