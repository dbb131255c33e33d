"""From a command's octets, literals inline, to what it asks (RFC 5804 §4)."""

import base64
import binascii
import re
from collections.abc import Callable

from services.mail.managesieve.codec import commands
from services.mail.managesieve.codec.errors import BadSyntax

_VERB = re.compile(rb"[A-Za-z]{1,20}(?= |\Z)")
# Of a quoted string only these two are escaped; it has no line end and no NUL.
_QUOTED = re.compile(rb'"((?:[^"\\\x00\r\n]|\\["\\])*)"')
_ESCAPED = re.compile(rb'\\(["\\])')
_LITERAL = re.compile(rb"\{(0|[1-9]\d{0,9})\+?\}\r\n")
_NUMBER = re.compile(rb"(0|[1-9]\d{0,9})(?= |\Z)")
_MOST = 2**32 - 1


class _Octets:
    """A command, read from its front."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def _take(self, pattern: re.Pattern[bytes], wanted: str) -> re.Match[bytes]:
        found = pattern.match(self._octets, self._at)
        if found is None:
            raise BadSyntax(f"{wanted} is missing or malformed")
        self._at = found.end()
        return found

    @property
    def more(self) -> bool:
        return self._at < len(self._octets)

    def space(self) -> None:
        if self._octets[self._at : self._at + 1] != b" ":
            raise BadSyntax("An argument is missing or malformed")
        self._at += 1

    def end(self) -> None:
        if self.more:
            raise BadSyntax("There is something behind the last argument")

    def verb(self) -> bytes:
        return self._take(_VERB, "The command's name")[0].upper()

    def number(self) -> int:
        value = int(self._take(_NUMBER, "A number")[0])
        if value > _MOST:
            raise BadSyntax("The number is too large")
        return value

    def string(self) -> bytes:
        if self._octets[self._at : self._at + 1] == b'"':
            return _ESCAPED.sub(rb"\1", self._take(_QUOTED, "A string")[1])
        size = int(self._take(_LITERAL, "A string")[1])
        value = self._octets[self._at : self._at + size]
        if len(value) < size:
            raise BadSyntax("A string is missing or malformed")
        self._at += size
        return value

    def text(self) -> str:
        try:
            return self.string().decode("utf-8")
        except UnicodeDecodeError:
            raise BadSyntax("The name is no UTF-8") from None


def parse(octets: bytes) -> commands.Command:
    """The command that a line, with its literals, is. Raises `BadSyntax`."""
    given = _Octets(octets)
    verb = given.verb()
    if verb not in _ARGUMENTS:
        raise BadSyntax("Unknown command")
    command = _ARGUMENTS[verb](given)
    given.end()
    return command


def response(octets: bytes) -> bytes:
    """A client's part of a SASL exchange: a string of base64 (RFC 5804 §2.1). Raises `BadSyntax`, also when the client
    gives up."""
    given = _Octets(octets)
    value = given.string()
    given.end()
    if value == b"*":
        raise BadSyntax("Given up")
    return _base64(value)


def _base64(value: bytes) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise BadSyntax("Not base64") from None


def _authenticate(given: _Octets) -> commands.Command:
    given.space()
    mechanism = given.string().decode("ascii", "replace").upper()
    if not given.more:
        return commands.Authenticate(mechanism, None)
    given.space()
    return commands.Authenticate(mechanism, _base64(given.string()))


def _noop(given: _Octets) -> commands.Command:
    if not given.more:
        return commands.Noop(None)
    given.space()
    return commands.Noop(given.string())


def _have_space(given: _Octets) -> commands.Command:
    given.space()
    name = given.text()
    given.space()
    return commands.HaveSpace(name, given.number())


def _put(given: _Octets) -> commands.Command:
    given.space()
    name = given.text()
    given.space()
    return commands.PutScript(name, given.string())


def _check(given: _Octets) -> commands.Command:
    given.space()
    return commands.CheckScript(given.string())


def _rename(given: _Octets) -> commands.Command:
    given.space()
    old = given.text()
    given.space()
    return commands.RenameScript(old, given.text())


def _of_name(make: Callable[[str], commands.Command]) -> Callable[[_Octets], commands.Command]:
    def read(given: _Octets) -> commands.Command:
        given.space()
        return make(given.text())

    return read


def _bare(make: Callable[[], commands.Command]) -> Callable[[_Octets], commands.Command]:
    return lambda _: make()


_ARGUMENTS: dict[bytes, Callable[[_Octets], commands.Command]] = {
    b"AUTHENTICATE": _authenticate,
    b"UNAUTHENTICATE": _bare(commands.Unauthenticate),
    b"STARTTLS": _bare(commands.StartTls),
    b"LOGOUT": _bare(commands.Logout),
    b"CAPABILITY": _bare(commands.Capability),
    b"NOOP": _noop,
    b"HAVESPACE": _have_space,
    b"PUTSCRIPT": _put,
    b"CHECKSCRIPT": _check,
    b"LISTSCRIPTS": _bare(commands.ListScripts),
    b"SETACTIVE": _of_name(commands.SetActive),
    b"GETSCRIPT": _of_name(commands.GetScript),
    b"DELETESCRIPT": _of_name(commands.DeleteScript),
    b"RENAMESCRIPT": _rename,
}
