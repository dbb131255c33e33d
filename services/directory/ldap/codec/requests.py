"""What a client asks (RFC 4511 §4), taken from its octets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from services.directory.ldap.codec.ber import BOOLEAN, ENUMERATED, SEQUENCE, Malformed, Reader
from services.directory.ldap.codec.filters import Filter, read_filter

BASE, ONE_LEVEL, SUBTREE = 0, 1, 2
PAGED_RESULTS = "1.2.840.113556.1.4.319"
SORT, SORTED = "1.2.840.113556.1.4.473", "1.2.840.113556.1.4.474"
MOST_SORT_KEYS = 5
_CONTROLS = 0xA0
_BIND, _UNBIND, _SEARCH, _MODIFY, _ADD, _DELETE, _RENAME, _COMPARE, _ABANDON, _EXTENDED = (
    0x60, 0x42, 0x63, 0x66, 0x68, 0x4A, 0x6C, 0x6E, 0x50, 0x77,
)  # fmt: skip
# The tag of what answers a request that has no more to say than a result.
RESPONSES = {_BIND: 0x61, _SEARCH: 0x65, _MODIFY: 0x67, _ADD: 0x69, _DELETE: 0x6B, _RENAME: 0x6D, _COMPARE: 0x6F,
             _EXTENDED: 0x78}  # fmt: skip
MOST_ATTRIBUTES, MOST_CONTROLS = 200, 20


@dataclass(frozen=True, slots=True)
class Control:
    """An extension of a request."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Bind:
    """`mechanism` is empty for a simple bind, where `credentials` is the password."""

    version: int
    name: str
    mechanism: str
    credentials: bytes


@dataclass(frozen=True, slots=True)
class Unbind:
    """The end."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """Of an earlier request nothing more is wanted."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Search:
    """Limits of 0 are none of the client's own."""

    base: str
    scope: int
    size_limit: int
    time_limit: int
    types_only: bool
    filter: Filter
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Whether an entry has a value."""

    name: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Extended:
    """An operation by its OID."""

    oid: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """Modify, add, delete or rename: not here."""


Request: TypeAlias = Bind | Unbind | Abandon | Search | Compare | Extended | Write


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message before its operation is read: enough to answer that the operation is refused."""

    message_id: int
    tag: int
    operation: Reader
    controls: tuple[Control, ...]

    @property
    def answer_tag(self) -> int:
        """The tag of the response that ends it; 0 when it has none."""
        return RESPONSES.get(self.tag, 0)

    def request(self) -> Request:
        """Raises `Malformed`, `FilterTooLarge`."""
        read = _READERS.get(self.tag)
        if read is None:
            raise Malformed(f"no operation has the tag {self.tag:#x}")
        return read(self.operation.again())


def open_message(octets: bytes) -> Envelope:
    """A whole LDAPMessage. Raises `Malformed`."""
    outer = Reader(octets)
    message = outer.within(SEQUENCE)
    outer.finish()
    message_id = message.integer()
    if not 0 <= message_id < 2**31:
        raise Malformed("not a message's number")
    tag, operation = message.enter()
    controls: tuple[Control, ...] = ()
    if message.left:
        controls = tuple(_controls(message.within(_CONTROLS)))
    message.finish()
    return Envelope(message_id, tag, operation, controls)


def _controls(reader: Reader) -> list[Control]:
    found: list[Control] = []
    while reader.left:
        if len(found) >= MOST_CONTROLS:
            raise Malformed("too many controls")
        control = reader.within(SEQUENCE)
        oid = control.text()
        critical = control.boolean() if control.tag == BOOLEAN else False
        value = control.octets() if control.left else b""
        control.finish()
        found.append(Control(oid, critical, value))
    return found


def paging(control: Control) -> tuple[int, bytes]:
    """Size and cookie of a paged results control (RFC 2696 §2). Raises `Malformed`."""
    value = Reader(control.value)
    inner = value.within(SEQUENCE)
    value.finish()
    size, cookie = inner.integer(), inner.octets()
    inner.finish()
    if size < 0:
        raise Malformed("a page of negative size")
    return size, cookie


@dataclass(frozen=True, slots=True)
class SortKey:
    """An attribute to sort by, by a rule where one is named."""

    attribute: str
    rule: str
    reverse: bool


def sort_keys(control: Control) -> list[SortKey]:
    """The keys of a server side sorting control (RFC 2891 §1.1), the first decides. Raises `Malformed`."""
    value = Reader(control.value)
    listed = value.within(SEQUENCE)
    value.finish()
    found: list[SortKey] = []
    while listed.left:
        inner = listed.within(SEQUENCE)
        attribute = inner.text()
        rule = inner.text(0x80) if inner.tag == 0x80 else ""
        reverse = inner.boolean(0x81) if inner.tag == 0x81 else False
        inner.finish()
        found.append(SortKey(attribute, rule, reverse))
    if not 0 < len(found) <= MOST_SORT_KEYS:
        raise Malformed("no keys, or too many")
    return found


def _bind(reader: Reader) -> Bind:
    version, name = reader.integer(), reader.text()
    if reader.tag == 0x80:
        found = Bind(version, name, "", reader.octets(0x80))
    else:
        sasl = reader.within(0xA3)
        mechanism = sasl.text()
        found = Bind(version, name, mechanism or "?", sasl.octets() if sasl.left else b"")
        sasl.finish()
    reader.finish()
    return found


def _search(reader: Reader) -> Search:
    base, scope, dereference = reader.text(), reader.integer(ENUMERATED), reader.integer(ENUMERATED)
    size_limit, time_limit, types_only = reader.integer(), reader.integer(), reader.boolean()
    if scope not in (BASE, ONE_LEVEL, SUBTREE) or not 0 <= dereference <= 3 or min(size_limit, time_limit) < 0:
        raise Malformed("not a scope, or a limit below nothing")
    wanted = read_filter(reader)
    listed = reader.within(SEQUENCE)
    attributes: list[str] = []
    while listed.left:
        if len(attributes) >= MOST_ATTRIBUTES:
            raise Malformed("too many attributes")
        attributes.append(listed.text())
    reader.finish()
    return Search(base, scope, size_limit, time_limit, types_only, wanted, tuple(attributes))


def _compare(reader: Reader) -> Compare:
    name = reader.text()
    assertion = reader.within(SEQUENCE)
    found = Compare(name, assertion.text(), assertion.octets().decode("utf-8", "replace"))
    assertion.finish()
    reader.finish()
    return found


def _extended(reader: Reader) -> Extended:
    oid = reader.text(0x80)
    value = reader.octets(0x81) if reader.left else b""
    reader.finish()
    return Extended(oid, value)


def _abandon(reader: Reader) -> Abandon:
    return Abandon(reader.rest_as_integer())


_READERS: dict[int, Callable[[Reader], Request]] = {
    _BIND: _bind,
    _UNBIND: lambda _: Unbind(),
    _SEARCH: _search,
    _COMPARE: _compare,
    _EXTENDED: _extended,
    _ABANDON: _abandon,
    **{tag: lambda _: Write() for tag in (_MODIFY, _ADD, _DELETE, _RENAME)},
}
