"""Octets that nobody should send: the connection ends in good order, and everybody else's goes on."""

import asyncio
import ssl
from dataclasses import replace

import pytest
from ldap3.utils.conv import escape_filter_chars

from services.directory.ldap.codec.ber import element, integer, octets, sequence
from tests.directory.conftest import PASSWORD
from tests.directory.ldap.conftest import Ldap, People
from tests.directory.ldap.messages import answered, binding, code_of, operation, read, searching
from tests.directory.ldap.test_codec import nested, search_for

AGENT = "agent@sante.gouv.tg"
DISCONNECTION = b"1.3.6.1.4.1.1466.20036"
ENTRY, DONE = 0x64, 0x65


async def bound(ldap: Ldap) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context(cafile=str(ldap.certificate_authority))
    reader, writer = await asyncio.open_connection("127.0.0.1", ldap.tls_port, ssl=context, server_hostname="localhost")
    writer.write(binding(AGENT, PASSWORD))
    assert code_of((await answered(reader))[2]) == 0
    return reader, writer


async def done(reader: asyncio.StreamReader) -> tuple[int, int]:
    """The number and the result code of the next search that ends."""
    while True:
        number, tag, whole = await asyncio.wait_for(answered(reader), 10)
        if tag == DONE:
            return number, code_of(whole)


@pytest.mark.parametrize("secure", [False, True])
async def test_what_is_no_message_ends_the_connection_with_a_notice(people: People, ldap: Ldap, secure: bool) -> None:
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80\x02\x01\x01", sequence((integer(1),)),
        operation(0x7F, b""), operation(0x60, b""), sequence((octets(b"1"), element(0x42, b""))),
        sequence((integer(-1), element(0x42, b""))), operation(0x63, element(4, b"")),
        searching("(cn=*)")[:-1] + b"\xff",
    ):  # fmt: skip
        context = ssl.create_default_context(cafile=str(ldap.certificate_authority)) if secure else None
        port = ldap.tls_port if secure else ldap.port
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="localhost" if secure else None
        )
        writer.write(garbage)
        answer = await asyncio.wait_for(reader.read(), 10)
        if answer:
            message, rest = read(answer)
            assert (int(message["messageID"]), rest) == (0, b"")
            assert DISCONNECTION in answer
        writer.close()
    reader, writer = await bound(ldap)
    writer.write(searching("(mail=agent@sante.gouv.tg)"))
    assert (await done(reader))[1] == 0
    writer.close()


async def test_huge_and_deep_filters_are_refused_and_the_connection_goes_on(people: People, ldap: Ldap) -> None:
    reader, writer = await bound(ldap)
    for wanted in (nested(20_000 // 4), element(0xA0, octets(b"cn", 0x87) * 2000), nested(3000, 0xA1)):
        writer.write(search_for(wanted))
        assert await done(reader) == (1, 11)
    # What an application lets its users write between the brackets stays a value.
    writer.write(searching(f"(cn={escape_filter_chars('*)(|(mail=*')})"))
    _, tag, whole = await asyncio.wait_for(answered(reader), 10)
    assert (tag, code_of(whole)) == (DONE, 0)
    writer.close()


async def test_many_requests_at_once_are_answered_in_their_order(people: People, ldap: Ldap) -> None:
    reader, writer = await bound(ldap)
    writer.write(b"".join(searching("(mail=agent@sante.gouv.tg)", number) for number in range(2, 2002)))
    assert [await done(reader) for _ in range(2000)] == [(number, 0) for number in range(2, 2002)]
    writer.write(operation(0x42, b"", 9))
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_what_is_abandoned_is_not_answered(people: People, ldap: Ldap) -> None:
    reader, writer = await bound(ldap)
    # The bind takes its time; what waits behind it is taken out of the line.
    abandon = operation(0x50, b"\x03", 4)
    writer.write(binding(AGENT, PASSWORD, 2) + searching("(cn=*)", 3) + abandon + searching("(cn=nobody)", 5))
    assert (await answered(reader))[0] == 2
    assert await done(reader) == (5, 0)
    writer.close()


async def test_octets_that_come_one_by_one_are_a_message_too(people: People, ldap: Ldap) -> None:
    reader, writer = await bound(ldap)
    for octet in searching("(mail=agent@sante.gouv.tg)", 3):
        writer.write(bytes((octet,)))
        await writer.drain()
    assert await done(reader) == (3, 0)
    writer.close()


async def test_a_critical_control_that_is_not_known_is_refused_and_another_passed_over(
    people: People, ldap: Ldap
) -> None:
    reader, writer = await bound(ldap)
    for critical, code in ((True, 12), (False, 0)):
        control = sequence((octets(b"1.2.3.4"), element(1, b"\xff" if critical else b"\0")))
        bare = searching("(mail=agent@sante.gouv.tg)")
        # The sequence's content with the controls behind it.
        message = sequence((bare[2:] if bare[1] < 0x80 else bare[2 + (bare[1] & 0x7F) :], sequence((control,), 0xA0)))
        writer.write(message)
        assert (await done(reader))[1] == code
    writer.close()


async def test_whoever_is_too_slow_or_one_too_many_is_let_go(people: People, ldap: Ldap) -> None:
    ldap.server.options = replace(ldap.server.options, login_seconds=0.2, stalled_seconds=0.2)
    for first in (b"", b"\x30\x20\x02"):
        reader, writer = await asyncio.open_connection("127.0.0.1", ldap.port)
        writer.write(first)
        assert DISCONNECTION in await asyncio.wait_for(reader.read(), 10)
        writer.close()
    ldap.server.options = replace(ldap.server.options, connections_per_address=0)
    reader, writer = await asyncio.open_connection("127.0.0.1", ldap.port)
    assert DISCONNECTION in await asyncio.wait_for(reader.read(), 10)
    writer.close()
