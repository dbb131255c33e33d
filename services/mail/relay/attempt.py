"""One try of an entry: its domain's servers in order, until one takes it or says no."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol

import structlog

from chassis.errors import NotFound
from services.mail.domain.dsn import Wishes
from services.mail.domain.passing import PASSED_ON
from services.mail.domain.queue import Entry, Outcome, deferred, failed
from services.mail.relay.route import NoRoute, Router, Server
from services.mail.relay.starttls import NotReached, TlsFailed
from services.mail.relay.transmit import Letter, Transmitter
from services.mail.usecases import Mail

log = structlog.get_logger(__name__)
MAX_SERVERS = 10
_GONE = "The message is gone from our store"


def passed_on(servers: Sequence[Server]) -> bytes:
    """By which we know a letter that a former server sends back; RFC 5321 §6.3 leaves the means to us."""
    return next((f"{PASSED_ON}: {each.former_of}\r\n".encode("ascii") for each in servers if each.former_of), b"")


class Signing(Protocol):
    """What our domains say of a message."""

    async def fields(self, entry: Entry) -> bytes:
        """Whole fields to stand above it; none for one that nobody signs. Raises as the store does."""
        ...


async def attempt(
    mail: Mail, router: Router, transmitter: Transmitter, signer: Signing, entry: Entry, host: str, now: datetime
) -> list[tuple[str, Outcome]]:
    """The outcome of each recipient that is open. Never raises for what the world does wrong."""
    wanted = [waiting.address for waiting in entry.open]
    trace = f"Received: by {host} id {entry.id};\r\n\t{format_datetime(now)}\r\n".encode("ascii")

    async def octets() -> AsyncIterator[bytes]:
        yield above
        async for piece in mail.blobs.open(entry.blob):
            yield piece

    try:
        servers = await router.servers(entry.domain, whatever_tls=entry.whatever_tls)
        nobodys = entry.passed and (entry.found is None or not entry.found.looked_at)
        above = trace + passed_on(servers) + (b"" if nobodys else await signer.fields(entry))
    except NoRoute as error:
        outcome = (failed if error.permanent else deferred)(error.status, error.diagnostic)
        return [(address, outcome) for address in wanted]
    except NotFound:
        return [(address, failed("5.3.0", _GONE)) for address in wanted]
    wishes = Wishes(entry.ret, entry.envid, {waiting.address: waiting.wish for waiting in entry.open})
    letter = Letter(entry.sender, wanted, entry.size + len(above), octets, wishes, entry.utf8)
    last = deferred("4.4.1", "No server answers")
    for server in servers[:MAX_SERVERS]:
        try:
            return await transmitter.send(server, letter)
        except NotReached as error:
            status = "4.7.5" if isinstance(error, TlsFailed) else "4.4.1"
            last = deferred(status, str(error), f"{server.name} [{server.address}]")
            log.info("server_not_reached", server=server.name, address=server.address, error=str(error))
        except NotFound:
            last = failed("5.3.0", _GONE)
            break
    return [(address, last) for address in wanted]
