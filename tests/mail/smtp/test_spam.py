"""Letters from outside are shown to rspamd; a daemon of the test's own speaks its protocol."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from services.mail.domain.mailbox import SpecialUse
from services.mail.rspamd import Rspamd, Shown
from tests.mail.authentication.signing import LETTER
from tests.mail.rspamd_daemon import Daemon, listening
from tests.mail.smtp.peer import AGENT, Start
from tests.mail.smtp.test_examination import mailbox_of, sent


async def test_rspamd_is_shown_the_letter_as_it_is_kept_and_where_it_came_from(start: Start) -> None:
    daemon = Daemon()
    async with listening(daemon) as place:
        smtp = await start(rspamd=Rspamd(place))
        claimed = b"Authentication-Results: mx.gouv.tg; dkim=pass\r\n"
        assert (await sent(smtp, claimed + LETTER)).startswith("250")
    (message,) = await smtp.inbox()
    assert daemon.shown == [LETTER]
    assert message.endswith(LETTER)
    told = dict(daemon.told[0])
    assert (told[b"ip"], told[b"helo"]) == (b"127.0.0.1", b"client.example.org")
    assert (told[b"from"], told[b"rcpt"]) == (b"agent@example.org", AGENT.encode())


@pytest.mark.parametrize("action", ["add header", "rewrite subject"])
async def test_what_rspamd_holds_for_spam_is_in_junk(start: Start, action: str) -> None:
    async with listening(Daemon(action=action)) as place:
        smtp = await start(rspamd=Rspamd(place))
        assert (await sent(smtp, LETTER)).startswith("250")
    (document,) = await smtp.documents("01AGENT1")
    assert await mailbox_of(smtp, document) is SpecialUse.JUNK


@pytest.mark.parametrize(
    ("action", "reply"), [("reject", "550 5.7.1 The message looks like spam"), ("soft reject", "451 4.")]
)
async def test_what_rspamd_refuses_or_puts_off_is_kept_nowhere(start: Start, action: str, reply: str) -> None:
    async with listening(Daemon(action=action)) as place:
        smtp = await start(rspamd=Rspamd(place))
        assert (await sent(smtp, LETTER)).startswith(reply)
        await smtp.still_serves()
    assert await smtp.documents("01AGENT1") == []


@pytest.mark.parametrize(
    "daemon",
    [
        Daemon(status=500),
        Daemon(answer=b"not JSON"),
        Daemon(answer=b"[]"),
        Daemon(answer=b"{}"),
        Daemon(action="dance"),
        Daemon(answer=b"[" * 100_000),
        Daemon(answer=b" " * 2_000_000),
    ],
    ids=["status", "text", "list", "nothing", "unknown", "deep", "long"],
)
async def test_a_daemon_that_says_nothing_of_use_lets_nothing_pass(start: Start, daemon: Daemon) -> None:
    async with listening(daemon) as place:
        smtp = await start(rspamd=Rspamd(place))
        assert (await sent(smtp, LETTER)).startswith("451 4.3.0")
        await smtp.still_serves()
    assert await smtp.documents("01AGENT1") == []


async def test_while_rspamd_is_away_senders_are_put_off(start: Start) -> None:
    async with listening(Daemon()) as place:
        pass
    smtp = await start(rspamd=Rspamd(place))
    assert (await sent(smtp, LETTER)).startswith("451 4.3.0")
    assert await smtp.documents("01AGENT1") == []


async def test_servers_of_the_platform_are_not_asked_about(start: Start) -> None:
    daemon = Daemon(action="reject")
    async with listening(daemon) as place:
        smtp = await start(rspamd=Rspamd(place), examiner={"trusted": [ip_network("127.0.0.0/8")]})
        assert (await sent(smtp, LETTER)).startswith("250")
    assert daemon.shown == []


async def test_nothing_that_a_sender_says_becomes_another_field() -> None:
    daemon = Daemon()

    async def chunks() -> AsyncIterator[bytes]:
        yield LETTER

    async with listening(daemon) as place:
        shown = Shown("127.0.0.1", "a\r\nSettings: none", "é\x00@example.org", ["b\n\n@gouv.tg"], "1")
        assert b"".join([piece async for piece in Rspamd(place).look(shown).passing(chunks())]) == LETTER
    told = dict(daemon.told[0])
    assert b"settings" not in told
    assert (told[b"helo"], told[b"rcpt"]) == (b"a??Settings: none", b"b??@gouv.tg")
