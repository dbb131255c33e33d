"""Run an account's script over a letter, and find out what it asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from services.mail.domain.envelope import Delivery
from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.message import Content
from services.mail.domain.passing import MAX_HEADER
from services.mail.domain.sieve import MAX_BODY, Actions, Envelope, Failure, Known, Letter, Store, Wanted, execute
from services.mail.store.remembered import memory
from services.mail.usecases.active_script import Active
from services.mail.usecases.context import Mail
from services.mail.usecases.mailboxes import list_mailboxes

log = structlog.get_logger(__name__)
_BROKE = Failure(1, "le script n'a pas pu être exécuté", "the script could not be run")
USES: Mapping[str, SpecialUse] = {f"\\{use.value}": use for use in SpecialUse if use is not SpecialUse.INBOX}


@dataclass
class Opened:
    """A letter's octets, read once for all whose scripts look at it, and only as far as one of them does."""

    mail: Mail
    content: Content
    _header: bytes | None = None
    _body: bytes | None = None

    async def header(self) -> bytes:
        """With its blank line, where it has one."""
        if self._header is None:
            length = min(self.content.structure.root.header_length, MAX_HEADER)
            self._header = await self._octets(0, length) if length else b""
        return self._header

    async def body(self) -> bytes:
        """The first MiB."""
        if self._body is None:
            start = self.content.structure.root.body_start
            length = min(self.content.size - start, MAX_BODY)
            self._body = await self._octets(start, length) if length > 0 else b""
        return self._body

    async def _octets(self, offset: int, length: int) -> bytes:
        opened = self.mail.blobs.open(self.content.blob, offset=offset, length=length)
        return b"".join([piece async for piece in opened])


@dataclass
class Circumstances:
    """What was found out for one run after the other."""

    known: Known
    boxes: list[Mailbox] = field(default_factory=list)
    body: bytes | None = None


async def run_script(
    mail: Mail, owner: str, active: Active, opened: Opened, sender: str, delivery: Delivery
) -> tuple[Actions, Letter]:
    """What it wants done, and the letter as it came. Nothing is done yet."""
    header = await opened.header()
    size = len(delivery.prefix) + opened.content.size
    original = Letter(delivery.prefix, header, size)
    if active.script is None:
        return Actions(stores=(Store(),), failure=active.failure), original
    found = Circumstances(Known(environment=_environment(mail)))
    envelope = Envelope(sender, delivery.recipient.address)
    while True:
        letter = Letter(delivery.prefix, header, size, found.body)
        try:
            outcome = execute(active.script, letter, envelope, mail.now(), found.known)
        except Exception as error:  # our own mistake may hold up no letter: it would be refused until it is given up
            log.error("script_broke", account=owner, error=f"{type(error).__name__}: {error}")
            return Actions(stores=(Store(),), failure=_BROKE), original
        if isinstance(outcome, Actions):
            return outcome, original
        found.known = replace(found.known, steps=outcome.steps)
        await _find_out(mail, owner, outcome, opened, found)


async def _find_out(mail: Mail, owner: str, wanted: Wanted, opened: Opened, found: Circumstances) -> None:
    match wanted.what:
        case "body":
            found.body = await opened.body()
        case "mailboxes":
            found.known = replace(found.known, mailboxes=_named(await list_mailboxes(mail, owner)))
        case _:
            was = memory(owner, "seen", wanted.key)
            seen = bool(await mail.store.remembered.known([was], mail.now()))
            found.known = replace(found.known, seen={**found.known.seen, wanted.key: seen})


def _named(boxes: Sequence[Mailbox]) -> dict[str, str]:
    uses = {use: name for name, use in USES.items()}
    return {box.name: uses.get(box.special_use, "") if box.special_use else "" for box in boxes}


def _environment(mail: Mail) -> dict[str, str]:
    """RFC 5183 §4.1."""
    return {
        "domain": mail.host.partition(".")[2],
        "host": mail.host,
        "location": "MDA",
        "name": "workspace",
        "phase": "during",
    }
