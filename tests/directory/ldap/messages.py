"""Messages as ldap3 and pyasn1 make and read them, which know nothing of our codec; filters as text (RFC 4515)."""

import asyncio
from typing import Any

from hypothesis import strategies as st
from ldap3 import DEREF_NEVER, SUBTREE
from ldap3.operation.search import search_operation
from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
from ldap3.utils.asn1 import encode
from ldap3.utils.conv import escape_filter_chars
from pyasn1.codec.ber import decoder
from pyasn1_modules import rfc2251

from services.directory.ldap.codec.ber import element, integer, octets, sequence
from services.directory.ldap.codec.filters import And, Compares, Filter, Holds, Matches, Not, Or, Present

ATTRIBUTES = ["cn", "sn", "mail", "title", "ou", "telephoneNumber", "objectClass", "employeeNumber", "nonsense"]
VALUES = st.text(alphabet="abkoéɔ @.2", min_size=1, max_size=6)


def filters(attributes: list[str] = ATTRIBUTES, values: st.SearchStrategy[str] = VALUES) -> st.SearchStrategy[Filter]:
    """Any filter over these attributes, every kind of item in it."""
    name = st.sampled_from(attributes)
    # The rule is as long as an OID has to be for ldap3.
    items = st.one_of(
        st.builds(Present, name),
        st.builds(Compares, name, st.sampled_from(["=", ">=", "<=", "~="]), values),
        st.builds(Holds, name, values, st.lists(values, max_size=2).map(tuple), st.one_of(st.just(""), values)),
        st.builds(Holds, name, st.just(""), st.lists(values, min_size=1, max_size=2).map(tuple), st.just("")),
        st.builds(Matches, st.sampled_from(["", "2.5.13.2"]), name, values, st.booleans()),
    )
    return st.recursive(
        items,
        lambda inner: st.one_of(
            st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Not, inner),
        ),
        max_leaves=6,
    )


def written(wanted: Filter) -> str:
    """A filter as people write it."""
    match wanted:
        case And(inner):
            return f"(&{''.join(map(written, inner))})"
        case Or(inner):
            return f"(|{''.join(map(written, inner))})"
        case Not(inner):
            return f"(!{written(inner)})"
        case Present(attribute):
            return f"({attribute}=*)"
        case Compares(attribute, how, value):
            return f"({attribute}{how}{_escaped(value)})"
        case Holds(attribute, initial, parts, final):
            return f"({attribute}={'*'.join(map(_escaped, (initial, *parts, final)))})"
        case Matches(rule, attribute, value, dn):
            return f"({attribute}{':dn' if dn else ''}{f':{rule}' if rule else ''}:={_escaped(value)})"
    raise AssertionError(wanted)


def _escaped(value: str) -> str:
    # ldap3 strips spaces around a value, which the text form has none of.
    return str(escape_filter_chars(value)).replace(" ", "\\20")


def searching(text: str, message_id: int = 7, base: str = "dc=gouv,dc=tg", scope: str = SUBTREE) -> bytes:
    """A search request as ldap3 sends it."""
    request = search_operation(base, text, scope, DEREF_NEVER, ["cn"], 0, 0, False, True, True)
    message = LDAPMessage()
    message["messageID"] = MessageID(message_id)
    message["protocolOp"] = ProtocolOp().setComponentByName("searchRequest", request)
    return bytes(encode(message))


def read(data: bytes) -> tuple[Any, bytes]:
    """The first message in some octets as pyasn1 reads it, and the rest."""
    return decoder.decode(data, asn1Spec=rfc2251.LDAPMessage())


def binding(name: str, password: str, message_id: int = 1, version: int = 3) -> bytes:
    operation = integer(version) + octets(name.encode()) + octets(password.encode(), 0x80)
    return sequence((integer(message_id), element(0x60, operation)))


def operation(tag: int, content: bytes, message_id: int = 1) -> bytes:
    return sequence((integer(message_id), element(tag, content)))


async def answered(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    """The next message that a server sends: its number, its operation's tag, and its octets."""
    head = await reader.readexactly(2)
    size = head[1]
    if size >= 0x80:
        more = await reader.readexactly(size & 0x7F)
        head, size = head + more, int.from_bytes(more, "big")
    whole = head + await reader.readexactly(size)
    number = whole[len(head) : len(head) + 2 + whole[len(head) + 1]]
    return int.from_bytes(number[2:], "big"), whole[len(head) + len(number)], whole


def code_of(whole: bytes) -> int:
    """The result code of a response."""
    message, _ = read(whole)
    chosen = message["protocolOp"].getComponent()
    return int(chosen["resultCode"])
