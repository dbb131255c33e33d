"""What no client should send: the answer is bounded, and the server goes on serving others."""

import contextlib
import time
from datetime import UTC, datetime

from chassis.identity import Revocation
from services.mail.domain.sieve import MAX_SCRIPT
from services.mail.managesieve.ports import Options
from tests.mail.house import House
from tests.mail.imap.party import ADDRESS
from tests.mail.managesieve.party import LOGIN, ManageSieve, Start, plain

NONSENSE = [
    b"", b" ", b"\0", b"\xff\xfe", b"FROB", b"NOOP x", b"NOOP  ", b"NOOP\t", b'NOOP "a', b'NOOP "a" "b"',
    b'NOOP "a\0b"', b'NOOP "a\\b"', b"LISTSCRIPTS 1", b"HAVESPACE", b'HAVESPACE "a"', b'HAVESPACE "a" -1',
    b'HAVESPACE "a" +1', b'HAVESPACE "a" 4294967296', b'HAVESPACE "a" 99999999999999999999', b'HAVESPACE "a" 1e3',
    b'HAVESPACE "a" 01', b'HAVESPACE "a" \xd9\xa1', b"GETSCRIPT a", b'GETSCRIPT "\xff"', b"GETSCRIPT {-1+}",
    b"GETSCRIPT {x+}", b"GETSCRIPT {}", b'SETACTIVE "a" "b"', b'PUTSCRIPT "a"', b'PUTSCRIPT "a" keep;',
    b'RENAMESCRIPT "a"', b"CHECKSCRIPT", b"AUTHENTICATE",
]  # fmt: skip
NAMES = [b"", b"a\r\nb", b"a\0b", b"\xc2\x85", b"\xe2\x80\xa8", b"x" * 129, b"\xed\xa0\x80"]
NO_SCRIPTS = [b"keep;\0", b"keep; # \xff\xfe", b"\0" * 1000, b"(" * 5000, b"if " * 5000]


async def test_nonsense_is_refused_and_the_session_goes_on(start: Start) -> None:
    sieve = await start(Options(bad_commands=1000))
    client = await sieve.logged_in()
    for octets in NONSENSE:
        assert (await client.no(octets)).startswith(b"NO "), octets
    for name in NAMES:
        written = b"{%d+}\r\n%b" % (len(name), name)
        await client.no(b"PUTSCRIPT " + written + b' "keep;"')
        await client.no(b"HAVESPACE " + written + b" 1")
    for script in NO_SCRIPTS:
        assert (await client.put("a", script)).startswith(b"NO "), script[:20]
    assert await client.ok("LISTSCRIPTS") == []


async def test_a_script_too_large_is_read_past_and_refused(sieve: ManageSieve) -> None:
    client = await sieve.logged_in()
    assert (await client.put("a", b"#" * (MAX_SCRIPT + 1))).startswith(b"NO (QUOTA/MAXSIZE) ")
    await client.ok("NOOP")
    # What follows the literal is of the same command, whatever it looks like.
    await client.send(b"CHECKSCRIPT {%d+}\r\n" % (MAX_SCRIPT * 3) + b"#" * MAX_SCRIPT * 3)
    await client.send(b' {6+}\r\nLOGOUT\r\nNOOP "z"\r\n')
    assert (await client.line()).startswith(b"NO (QUOTA/MAXSIZE) ")
    assert (await client.line()).startswith(b'OK (TAG "z")')


async def test_a_giant_literal_ends_the_session_before_it_comes(sieve: ManageSieve) -> None:
    for size in (b"5000000", b"2147483648", b"4294967296", b"99999999999999999999"):
        client = await sieve.logged_in()
        await client.send(b'PUTSCRIPT "a" {' + size + b"+}\r\n")
        assert (await client.line()).startswith(b"BYE (QUOTA/MAXSIZE) "), size
        assert await client.closed()
    await sieve.still_serves()


async def test_strangers_have_little_room(sieve: ManageSieve) -> None:
    client = await sieve.clear()
    await client.send(b'PUTSCRIPT "a" {100000+}\r\n' + b"#" * 100_000 + b"\r\n")
    assert (await client.line()).startswith(b"NO (QUOTA/MAXSIZE) ")
    await client.ok("NOOP")
    await client.send(b"NOOP " + b"x" * 100_000)
    assert (await client.line()).startswith(b"BYE ")
    await sieve.still_serves()


async def test_commands_before_starttls_are_never_run(sieve: ManageSieve) -> None:
    plain_text = await sieve.clear()
    await plain_text.send(b"STARTTLS\r\n" + LOGIN + b"\r\nNOOP\r\n")
    assert (await plain_text.line()).startswith(b"OK")
    await plain_text.send(b"NOOP\r\n")
    with contextlib.suppress(ConnectionError):  # what was sent in the clear is gone: TLS or nothing
        assert b"OK" not in await plain_text.reader.read()
    assert sieve.doorkeeper.asked == []
    # The second command stands in the same packet as STARTTLS.
    client = await sieve.clear()
    await client.send(b'STARTTLS\r\nNOOP "smuggled"\r\n')
    assert (await client.line()).startswith(b"OK")
    await client.writer.start_tls(sieve.trust, server_hostname="localhost")
    told = await client.answer()
    assert told[0].startswith(b'"IMPLEMENTATION"')
    assert b"smuggled" not in b"".join([*told, *await client.do("NOOP")])
    await client.no("STARTTLS")


async def test_pipelined_commands_are_answered_in_order(sieve: ManageSieve, house: House, owner: str) -> None:
    client = await sieve.logged_in()
    many = [b'PUTSCRIPT "n%d" {5+}\r\nkeep;\r\nNOOP "%d"\r\n' % (number % 7, number) for number in range(100)]
    await client.send(b"".join(many))
    for number in range(100):
        assert (await client.line()).startswith(b"OK")
        assert (await client.line()).startswith(b'OK (TAG "%d")' % number)
    assert len((await house.mail.store.scripts.of(owner)).sources) == 7


async def test_too_many_bad_commands_end_the_session(sieve: ManageSieve) -> None:
    client = await sieve.clear()
    await client.send(b"x\r\n" * 60)
    told = []
    while line := await client.line():
        told.append(line)
    assert told[-1].startswith(b"BYE")
    assert len(told) < 30
    await sieve.still_serves()


async def test_failed_logins_end_the_session_and_say_no_more_than_that(sieve: ManageSieve) -> None:
    client = await sieve.secure()
    wrong = b'AUTHENTICATE "PLAIN" "%b"' % plain("faux")
    first = await client.no(wrong)
    assert ADDRESS.encode() not in first
    await client.no(wrong)
    assert (await client.do(wrong))[-1].startswith(b"BYE")
    assert await client.closed()
    waiting = await sieve.secure()
    sieve.doorkeeper.locked = True
    assert (await waiting.no(LOGIN)).startswith(b"NO (TRYLATER)")


async def test_malformed_responses_log_nobody_in(sieve: ManageSieve) -> None:
    client = await sieve.secure()
    for told in (
        b'"===="',
        b'"!"',
        b"AQ==",
        b'""',
        b"{5+}\r\nAAAAA",
        b'"' + b"A" * 400 + b'"',
        b'"*"',
        b'"AAAA" "AAAA"',
    ):
        await client.send(b'AUTHENTICATE "PLAIN"\r\n')
        assert await client.line() == b'""'
        await client.send(told + b"\r\n")
        assert (await client.line()).startswith(b"NO"), told
    assert sieve.doorkeeper.asked == []
    await client.ok("NOOP")


async def test_slow_senders_are_given_up(start: Start) -> None:
    sieve = await start(Options(stalled_seconds=0.4, login_seconds=30, idle_seconds=0.4))
    begun, middle, exchange, idle = [await sieve.logged_in() for _ in range(3)] + [await sieve.secure()]
    await begun.send(b"LISTSC")
    await middle.send(b'PUTSCRIPT "a" {1000+}\r\nkeep;')
    await exchange.ok("UNAUTHENTICATE")
    await exchange.send(b'AUTHENTICATE "PLAIN"\r\n')
    assert await exchange.line() == b'""'
    for client in (begun, middle, exchange, idle):
        assert (await client.line()).startswith(b"BYE")
        assert await client.closed()


async def test_strangers_have_little_time_and_are_few(start: Start) -> None:
    sieve = await start(Options(login_seconds=1.5, strangers_per_address=2))
    known = await sieve.logged_in()
    first, second = await sieve.secure(), await sieve.clear()
    third = await sieve.silent()
    assert (await third.line()).startswith(b"BYE (TRYLATER)")
    assert await third.closed()
    for client in (first, second):
        assert (await client.line()).startswith(b"BYE")
    await known.ok("LISTSCRIPTS")
    [connection], before = sieve.server._known, time.monotonic()
    await known.ok("UNAUTHENTICATE")
    # A stranger again, whose time has begun anew.
    assert not connection.overdue(before + 1)
    assert connection.overdue(connection.began + 2)


async def test_an_account_has_so_many_connections(start: Start) -> None:
    sieve = await start(Options(connections_per_account=1))
    first, second = await sieve.logged_in(), await sieve.secure()
    assert (await second.no(LOGIN)).startswith(b"NO (TRYLATER)")
    await second.no("LISTSCRIPTS")
    await first.ok("UNAUTHENTICATE")
    await second.ok(LOGIN)


async def test_nobody_reaches_anothers_scripts(sieve: ManageSieve, house: House) -> None:
    scripts = await house.mail.store.scripts.of("01AUTRE")
    assert await house.mail.store.scripts.keep("01AUTRE", scripts, scripts.put("secret", b"keep;").activate("secret"))
    client = await sieve.logged_in()
    assert await client.ok("LISTSCRIPTS") == []
    for command in ('GETSCRIPT "secret"', 'GETSCRIPT "01AUTRE.secret"', 'SETACTIVE "secret"', 'DELETESCRIPT "secret"',
                    'GETSCRIPT "../01AUTRE/secret"', 'RENAMESCRIPT "secret" "mien"'):  # fmt: skip
        assert (await client.no(command)).startswith(b"NO (NONEXISTENT)"), command
    await client.put("secret", b"discard;")
    await client.ok('SETACTIVE "secret"')
    await client.ok('SETACTIVE ""')
    await client.ok('DELETESCRIPT "secret"')
    active = await house.mail.store.scripts.active("01AUTRE")
    assert active is not None
    assert active.source == b"keep;"


async def test_an_ended_session_is_dismissed_at_once(sieve: ManageSieve, owner: str) -> None:
    client = await sieve.logged_in()
    sieve.revocations.add(Revocation("01AUTRE", "", datetime.now(UTC)))
    await client.ok("NOOP")
    sieve.revocations.add(Revocation(owner, "", datetime.now(UTC)))
    assert (await client.line()).startswith(b"BYE")
    assert await client.closed()


async def test_plain_login_where_the_settings_allow_it(start: Start) -> None:
    sieve = await start(Options(plain_login=True))
    client = await sieve.clear()
    await client.ok(LOGIN)
    await client.ok("LISTSCRIPTS")


async def test_a_database_that_fails_is_answered(sieve: ManageSieve, house: House) -> None:
    client = await sieve.logged_in()
    whole = house.mail.store.scripts.keep

    async def refuse(*_: object) -> None:
        raise OSError("refused")

    house.mail.store.scripts.keep = refuse  # type: ignore[assignment]
    try:
        assert (await client.put("a", b"keep;")).startswith(b"NO ")
    finally:
        house.mail.store.scripts.keep = whole  # type: ignore[method-assign]
    assert await client.ok("LISTSCRIPTS") == []
    assert (await client.put("a", b"keep;")).startswith(b"OK")
