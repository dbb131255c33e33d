"""One conversation with one server: what it says of each recipient."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPRecipientRefused, SMTPResponseException

from services.mail.domain.dsn import NO_WISHES, Wish, Wishes
from services.mail.domain.queue import Fate, Outcome, deferred, failed, outcome_of_reply
from services.mail.relay.route import Server, Tls
from services.mail.relay.secured import Results, Unkept
from services.mail.relay.starttls import SOFTER, NotReached, Security, TlsFailed, said
from services.mail.relay.stuffing import Stuffer

T = TypeVar("T")


@dataclass(frozen=True)
class Timeouts:
    """Seconds, as RFC 5321 §4.5.3.2 has them."""

    connect: float = 30
    command: float = 300
    piece: float = 180
    end: float = 600


@dataclass(frozen=True)
class Letter:
    """What is sent."""

    sender: str
    recipients: Sequence[str]
    size: int
    # Reads the octets from their beginning at each call.
    octets: Callable[[], AsyncIterator[bytes]]
    wishes: Wishes = NO_WISHES
    # Its header is UTF-8.
    utf8: bool = False

    @property
    def wholly_utf8(self) -> bool:
        """Whether a server without SMTPUTF8 can take it for nobody (RFC 6531 §3.2)."""
        return self.utf8 or not self.sender.isascii()


_UNKEPT = Unkept()
_NO_UTF8 = "The server takes no addresses or headers in UTF-8 (SMTPUTF8)"


class Transmitter:
    """Speaks to servers as `host`."""

    def __init__(self, host: str, timeouts: Timeouts = Timeouts(), results: Results = _UNKEPT) -> None:
        self._host = host
        self._timeouts = timeouts
        self._security = Security(results)

    async def send(self, server: Server, letter: Letter) -> list[tuple[str, Outcome]]:
        """The outcome of each recipient. Raises `NotReached` when the server was none."""
        return await self._spoken(server, lambda client: self._transact(client, server, letter))

    async def ask(self, server: Server, address: str) -> Outcome:
        """What it says of a recipient, of whom it is sent nothing. Raises `NotReached`, also when it does not take as
        much as the sender: that says nothing of the recipient."""
        return await self._spoken(server, lambda client: _asked(client, server, address))

    async def _spoken(self, server: Server, act: Callable[[SMTP], Awaitable[T]]) -> T:
        tls = server.tls
        while True:
            try:
                return await self._converse(server, act, tls)
            except TlsFailed:
                if tls not in SOFTER:
                    raise
                tls = SOFTER[tls]

    async def _converse(self, server: Server, act: Callable[[SMTP], Awaitable[T]], tls: Tls) -> T:
        client = SMTP(
            hostname=server.address,
            port=server.port,
            local_hostname=self._host,
            timeout=self._timeouts.command,
            use_tls=tls is Tls.IMPLICIT,
            start_tls=False,
            tls_context=self._security.proven if tls is Tls.IMPLICIT else None,
        )
        try:
            await self._reach(client, server, tls)
            done = await act(client)
            await self._leave(client)
            return done
        finally:
            client.close()

    async def _reach(self, client: SMTP, server: Server, tls: Tls) -> None:
        try:
            await client.connect(timeout=self._timeouts.connect)
            await _greet(client)
        except (SMTPException, OSError, ValueError) as error:
            raise NotReached(said(error)) from error
        if tls not in {Tls.NONE, Tls.IMPLICIT}:
            await self._security.begin(client, server, tls, self._timeouts.connect)
        if server.user:
            try:
                await client.login(server.user, server.password)
            except (SMTPException, OSError) as error:
                raise NotReached(said(error)) from error

    async def _transact(self, client: SMTP, server: Server, letter: Letter) -> list[tuple[str, Outcome]]:
        told = f"{server.name} [{server.address}]"
        outcomes: dict[str, Outcome] = {}
        try:
            limit = client.esmtp_extensions.get("size", "")
            if limit.isdigit() and 0 < int(limit) < letter.size:
                refusal = failed("5.3.4", f"The message has {letter.size} octets, the server takes {limit}", told)
                return [(recipient, refusal) for recipient in letter.recipients]
            if not client.supports_extension("smtputf8"):
                lost = [each for each in letter.recipients if letter.wholly_utf8 or not each.isascii()]
                outcomes |= dict.fromkeys(lost, failed("5.6.7", _NO_UTF8, told))
            wanted = [recipient for recipient in letter.recipients if recipient not in outcomes]
            if wanted:
                await client.mail(letter.sender, options=_options(client, letter), encoding="utf-8")
            for recipient in wanted:
                try:
                    wished = _wished(client, letter.wishes.of(recipient))
                    await client.rcpt(recipient, options=wished, encoding="utf-8")
                except SMTPRecipientRefused as refused:
                    outcomes[recipient] = outcome_of_reply(refused.code, refused.message, told)
            taken = [recipient for recipient in letter.recipients if recipient not in outcomes]
            if taken:
                outcome = await self._data(client, letter, told)
                outcomes |= {recipient: _told_on(client, letter.wishes.of(recipient), outcome) for recipient in taken}
        except SMTPResponseException as error:
            rest = outcome_of_reply(error.code, error.message, told)
            outcomes = {recipient: outcomes.get(recipient, rest) for recipient in letter.recipients}
        except (SMTPException, OSError) as error:
            rest = deferred("4.4.2", said(error), told)
            outcomes = {recipient: outcomes.get(recipient, rest) for recipient in letter.recipients}
        return [(recipient, outcomes[recipient]) for recipient in letter.recipients]

    async def _data(self, client: SMTP, letter: Letter, told: str) -> Outcome:
        """Stream the message; a reply that does not come leaves open whether it was taken."""
        begun = await client.execute_command(b"DATA")
        if begun.code != 354:
            return outcome_of_reply(begun.code if begun.code >= 400 else 451, begun.message, told)
        if client.transport is None or client.protocol is None:
            return deferred("4.4.2", "The connection was lost", told)
        transport = cast(asyncio.WriteTransport, client.transport)
        writer = asyncio.StreamWriter(transport, client.protocol, None, asyncio.get_running_loop())
        stuffer = Stuffer()
        async for octets in letter.octets():
            writer.write(stuffer.feed(octets))
            async with asyncio.timeout(self._timeouts.piece):
                await writer.drain()
        writer.write(stuffer.close())
        ended = await client.execute_command(b".", timeout=self._timeouts.end)
        return outcome_of_reply(ended.code, ended.message, told)

    async def _leave(self, client: SMTP) -> None:
        try:
            await client.quit(timeout=5)
        except (SMTPException, OSError):
            return


async def _asked(client: SMTP, server: Server, address: str) -> Outcome:
    told = f"{server.name} [{server.address}]"
    try:
        await client.mail("")
        try:
            taken = await client.rcpt(address)
        except SMTPRecipientRefused as refused:
            return outcome_of_reply(refused.code, refused.message, told)
        return outcome_of_reply(taken.code, taken.message, told)
    except (SMTPException, OSError) as error:
        raise NotReached(said(error)) from error


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


def _options(client: SMTP, letter: Letter) -> list[str]:
    options = []
    if client.supports_extension("size"):
        options.append(f"SIZE={letter.size}")
    if client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    if letter.wholly_utf8 or not all(recipient.isascii() for recipient in letter.recipients):
        # Only of servers that know it: those who need it were told so of the others.
        options += ["SMTPUTF8"] if client.supports_extension("smtputf8") else []
    if client.supports_extension("dsn"):
        options += [
            f"{name}={value}" for name, value in (("RET", letter.wishes.ret), ("ENVID", letter.wishes.envid)) if value
        ]
    return options


def _wished(client: SMTP, wish: Wish) -> list[str]:
    """What RCPT asks for, of a server that does it (RFC 3461 §5.2.1)."""
    if not client.supports_extension("dsn"):
        return []
    given = (("NOTIFY", ",".join(wish.notify)), ("ORCPT", wish.orcpt))
    return [f"{name}={value}" for name, value in given if value]


def _told_on(client: SMTP, wish: Wish, outcome: Outcome) -> Outcome:
    """Of a server that tells nobody what comes of it, that it took the message is the last that is known."""
    if outcome.fate is Fate.DELIVERED and wish.of_success and not client.supports_extension("dsn"):
        return replace(outcome, fate=Fate.RELAYED)
    return outcome
