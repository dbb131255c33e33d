"""Reads the words of one command. Each octet is looked at a bounded number of times."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.codec.sequences import SequenceSet, sequence_set
from services.mail.imap.codec.utf7 import decode_name

_MONTHS = {name: number for number, name in enumerate(b"JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)}

_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_ASTRING_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\]+")
_LIST_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){\"\\]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*+)"')
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\r\n")
_LITERAL8 = re.compile(rb"~\{(\d{1,10})\+?\}\r\n")
_NUMBER = re.compile(rb"\d{1,20}")
_SET = re.compile(rb"\$|[0-9*:,]+")
_FLAG = re.compile(rb"\\?[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_DATE = re.compile(rb'("?)(\d{1,2})-([A-Za-z]{3})-(\d{4})\1')
_DATE_TIME = re.compile(rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_ESCAPED = re.compile(rb"\\(.)")

MOST_FLAGS = 100
LARGEST_MODSEQ = 2**63 - 1


class Cursor:
    """A place in a command whose literals are inline: `{5}` CRLF and five octets."""

    __slots__ = ("at", "octets", "utf8")

    def __init__(self, octets: bytes, at: int = 0, *, utf8: bool = False) -> None:
        self.octets = octets
        self.at = at
        # Mailbox names are UTF-8 (RFC 9051 §5.1), and not in modified UTF-7.
        self.utf8 = utf8

    @property
    def done(self) -> bool:
        return self.at >= len(self.octets)

    def peek(self) -> bytes:
        return self.octets[self.at : self.at + 1]

    def skip(self, mark: bytes) -> bool:
        """Pass `mark` if it stands here."""
        if self.octets.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    def expect(self, mark: bytes) -> None:
        if not self.skip(mark):
            raise BadSyntax(f"Expected {mark.decode()!r}" if mark != b" " else "Expected a space")

    def space(self) -> None:
        self.expect(b" ")

    def end(self) -> None:
        if not self.done:
            raise BadSyntax("Unexpected text after the command")

    def _match(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        found = pattern.match(self.octets, self.at)
        if found is None:
            raise BadSyntax(f"Expected {what}")
        self.at = found.end()
        return found

    def atom(self, what: str = "an atom") -> str:
        return self._match(_ATOM, what)[0].decode("ascii")

    def word(self, what: str = "a word") -> str:
        """An atom in upper case."""
        return self.atom(what).upper()

    def number(self, what: str = "a number", largest: int = 2**32 - 1) -> int:
        value = int(self._match(_NUMBER, what)[0])
        if value > largest:
            raise BadSyntax(f"{what} is too large")
        return value

    def modseq(self) -> int:
        return self.number("a mod-sequence", LARGEST_MODSEQ)

    def string(self) -> bytes:
        """A quoted string or a literal."""
        if self.peek() == b'"':
            inner = self._match(_QUOTED, "a quoted string")[1]
            return _ESCAPED.sub(rb"\1", inner) if b"\\" in inner else inner
        size = int(self._match(_LITERAL, "a string")[1])
        value = self.octets[self.at : self.at + size]
        if len(value) < size or b"\0" in value:
            raise BadSyntax("Not a literal")
        self.at += size
        return value

    def astring(self) -> bytes:
        if self.peek() in (b'"', b"{"):
            return self.string()
        return self._match(_ASTRING_ATOM, "a string")[0]

    def nstring(self) -> bytes | None:
        return None if self.skip(b"NIL") or self.skip(b"nil") else self.string()

    def binary_nstring(self) -> bytes | None:
        """Also a literal that may hold NUL (RFC 3516 §4.4)."""
        found = _LITERAL8.match(self.octets, self.at)
        if found is None:
            return self.nstring()
        start, size = found.end(), int(found[1])
        self.at = start + size
        if self.at > len(self.octets):
            raise BadSyntax("Not a literal")
        return self.octets[start : self.at]

    def mailbox(self) -> str:
        return self._name(self.astring())

    def list_mailbox(self) -> str:
        """A mailbox name that may have wildcards."""
        return self._name(self.string() if self.peek() in (b'"', b"{") else self._match(_LIST_ATOM, "a mailbox")[0])

    def _name(self, octets: bytes) -> str:
        try:
            return octets.decode("utf-8") if self.utf8 else decode_name(octets)
        except UnicodeDecodeError:
            raise BadSyntax("The mailbox name is not UTF-8") from None
        except ValueError as error:
            raise BadSyntax(f"The mailbox name is {error}") from None

    def sequence(self) -> SequenceSet:
        return sequence_set(self._match(_SET, "a sequence set")[0])

    def flag(self) -> str:
        return self._match(_FLAG, "a flag")[0].decode("ascii")

    def flags(self) -> tuple[str, ...]:
        """A parenthesised list of flags, possibly empty."""
        self.expect(b"(")
        found: list[str] = []
        while not self.skip(b")"):
            if found:
                self.space()
            found.append(self.flag())
            if len(found) > MOST_FLAGS:
                raise BadSyntax("Too many flags")
        return tuple(found)

    def date(self) -> date:
        found = self._match(_DATE, "a date")
        try:
            return date(int(found[4]), _MONTHS[found[3].upper()], int(found[2]))
        except (ValueError, KeyError):
            raise BadSyntax("Not a date") from None

    def date_time(self) -> datetime:
        found = self._match(_DATE_TIME, "a date and time")
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == b"-" else 1)
        try:
            zone = timezone(offset) if offset else UTC
            moment = datetime(
                int(year), _MONTHS[month.upper()], int(day), int(hour), int(minute), int(second), tzinfo=zone
            )
            moment.astimezone(UTC)
        except (ValueError, KeyError, OverflowError):
            # OverflowError: in the first or the last hours there are, and in no year of UTC's.
            raise BadSyntax("Not a date and time") from None
        return moment
