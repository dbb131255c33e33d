"""MTA-STS (RFC 8461): what a domain says of the servers that take its mail, and how they prove themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256

MAX_POLICY = 64 * 1024
# RFC 8461 §3.2: no policy holds longer.
LONGEST = timedelta(seconds=31_557_600)
_RECORD = re.compile(rb"v=STSv1[ \t]*;(.*)", re.S)
_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_MOST_MX = 200


class Mode(Enum):
    """What to do with servers that do not prove themselves."""

    ENFORCE = "enforce"
    # Told of, and sent to all the same.
    TESTING = "testing"
    NONE = "none"


class BadPolicy(ValueError):
    """It is none; the message says why."""


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A domain's policy. `mx` are names, in lower case; one that begins by `*.` stands for any one label."""

    mode: Mode
    mx: tuple[str, ...]
    max_age: timedelta

    def names(self, host: str) -> bool:
        """Whether a server stands in it (RFC 8461 §4.1)."""
        host = host.rstrip(".").lower()
        parent = host.partition(".")[2]
        return host in self.mx or (bool(parent) and f"*.{parent}" in self.mx)

    @property
    def lines(self) -> tuple[str, ...]:
        """As it is written, and as reports quote it."""
        seconds = int(self.max_age.total_seconds())
        named = [f"mx: {name}" for name in self.mx]
        return ("version: STSv1", f"mode: {self.mode.value}", *named, f"max_age: {seconds}")

    @property
    def text(self) -> str:
        """As its host serves it."""
        return "".join(f"{line}\r\n" for line in self.lines)

    @property
    def id(self) -> str:
        """What DNS tells of it: another one for each other policy."""
        return sha256(self.text.encode()).hexdigest()[:20]


def record_id(answer: Sequence[Sequence[bytes]]) -> str:
    """The id of the one record of a domain (RFC 8461 §3.1); empty where there is none, or more than one."""
    found = [match[1] for pieces in answer if (match := _RECORD.match(b"".join(pieces)))]
    if len(found) != 1:
        return ""
    fields = [field.strip() for field in found[0].decode("latin-1").split(";") if field.strip()]
    given = [value.strip() for name, _, value in (field.partition("=") for field in fields) if name.strip() == "id"]
    return given[0] if len(given) == 1 and _ID.match(given[0]) else ""


def read_policy(text: bytes) -> StsPolicy:
    """A policy as its host serves it (RFC 8461 §3.2). Raises `BadPolicy`."""
    if len(text) > MAX_POLICY:
        raise BadPolicy("too large")
    first: dict[str, str] = {}
    mx: list[str] = []
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise BadPolicy("not UTF-8") from None
    for line in lines:
        name, colon, value = line.rstrip("\r").partition(":")
        if not colon:
            if line.strip():
                raise BadPolicy("a line is no pair")
            continue
        name, value = name.strip(), value.strip()
        if name == "mx":
            mx.append(value.rstrip(".").lower())
        else:
            first.setdefault(name, value)
    return _checked(first, mx)


def _checked(fields: dict[str, str], mx: list[str]) -> StsPolicy:
    if fields.get("version") != "STSv1":
        raise BadPolicy("another version")
    try:
        mode = Mode(fields.get("mode", ""))
    except ValueError:
        raise BadPolicy("no mode") from None
    age = fields.get("max_age", "")
    if not re.fullmatch(r"[0-9]{1,10}", age):
        raise BadPolicy("no max_age")
    if mode is not Mode.NONE and not mx:
        raise BadPolicy("no mx")
    if len(mx) > _MOST_MX or not all(len(name) <= 253 and _HOST.match(name) for name in mx):
        raise BadPolicy("an mx that is no name")
    return StsPolicy(mode, tuple(mx), min(timedelta(seconds=int(age)), LONGEST))
