"""A letter from outside on its way in: its header is held until it ends, loses what others said of it, and is looked at
while the body passes."""

import ipaddress
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from chassis.errors import TooLarge
from services.mail.domain.authentication import results
from services.mail.domain.authentication.dmarc import POLICIES, aligned
from services.mail.domain.authentication.fields import Field, fields_of
from services.mail.domain.authentication.verdicts import Dmarc, Result, Verdicts
from services.mail.domain.envelope import Domains
from services.mail.smtp.codec.head import MAX_HEAD
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.policy import Incoming
from services.mail.usecases.authenticate import Came, Checking
from services.mail.usecases.context import Names

_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Examiner:
    """What reception looks at, and what it does about what it finds."""

    names: Names
    # By which readers know that it was us who looked (RFC 8601 §2.5).
    host: str
    ours: Domains
    # Clients whose letters are taken as they are: other servers of the platform.
    trusted: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = ()
    # Forwarders who are believed that a letter was good when it reached them (RFC 8617 §7.2).
    sealers: frozenset[str] = frozenset()
    # The most that is done with what fails: none, quarantine or reject.
    strictest: str = "reject"

    def examine(self, incoming: Incoming, sender: str, most: int) -> "Examination":
        """`most`: how many octets a message may have."""
        return Examination(self, incoming, sender, most)

    def trusts(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.trusted)

    def disposition(self, verdicts: Verdicts) -> str:
        """What is done with a letter: none, quarantine or reject."""
        found = verdicts.dmarc
        if found.result is Result.NONE and self.ours.hold(f"@{found.domain}") and not _proven(found.domain, verdicts):
            # A domain of ours without a policy in DNS is nobody's to write from outside.
            found = Dmarc(Result.FAIL, found.domain, "quarantine")
        if found.result is not Result.FAIL or self._vouched(verdicts):
            return "none"
        return min(found.policy, self.strictest, key=POLICIES.index)

    def _vouched(self, verdicts: Verdicts) -> bool:
        arc = verdicts.arc
        said = arc.said.replace(b"\r\n", b"").replace(b"\t", b" ").lower()
        return arc.result is Result.PASS and arc.sealer in self.sealers and b"dmarc=pass" in said


class Examination:
    """Of one letter. Iterate over it for the octets that are kept, then ask for `outcome`."""

    def __init__(self, examiner: Examiner, incoming: Incoming, sender: str, most: int) -> None:
        self._examiner = examiner
        self._incoming = incoming
        self._sender = sender
        self._most = most
        self._trusted = examiner.trusts(incoming.transit.peer)
        self._checking: Checking | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises `Refused` for a header that cannot be looked at, `TooLarge`."""
        held, begun = bytearray(), False
        async for chunk in self._incoming.chunks:
            if begun:
                self._feed(chunk)
                yield chunk
                continue
            held += chunk
            end = 2 if held.startswith(b"\r\n") else held.find(_END, max(0, len(held) - len(chunk) - 3)) + len(_END)
            if end >= len(_END) or held.startswith(b"\r\n"):
                begun = True
                yield self._begin(bytes(held[:end]))
                body = bytes(held[end:])
                held.clear()
                self._feed(body)
                if body:
                    yield body
            elif len(held) > self._most:
                raise TooLarge
            elif len(held) > MAX_HEAD:
                raise Refused(550, "5.6.0", "The header is too long")
        if not begun:
            # A header alone, which no empty line ends.
            yield self._begin(bytes(held))

    def _begin(self, header: bytes) -> bytes:
        fields = fields_of(header)
        _one_author(fields)
        transit = self._incoming.transit
        if not self._trusted:
            came = Came(transit.peer, transit.helo, self._sender)
            self._checking = Checking(self._examiner.names, came, fields, transit.at)
        return results.without_foreign(header)

    def _feed(self, piece: bytes) -> None:
        if self._checking is not None:
            self._checking.feed(piece)

    async def outcome(self) -> tuple[bytes, bool]:
        """The field that tells of it, and whether the letter belongs into Junk. Raises `Refused`."""
        host = self._examiner.host
        if self._checking is None:
            return results.unchecked(host), False
        verdicts = await self._checking.verdicts()
        done = self._examiner.disposition(verdicts)
        if done == "reject":
            domain = verdicts.dmarc.domain
            raise Refused(550, "5.7.1", f"Not proven to be from {domain}, which asks to refuse such letters (DMARC)")
        return results.field(host, verdicts), done == "quarantine"

    def give_up(self) -> None:
        """Nobody asks for the outcome any more."""
        if self._checking is not None:
            self._checking.cancel()


def _proven(domain: str, verdicts: Verdicts) -> bool:
    good = [verdicts.spf.domain] if verdicts.spf.result is Result.PASS else []
    good += [each.domain for each in verdicts.dkim if each.result is Result.PASS]
    return any(aligned(domain, each, strict=False) for each in good)


def _one_author(fields: Sequence[Field]) -> None:
    """Of several From fields each reader believes another one, and signatures need not cover all of them."""
    if sum(field.key == b"from" for field in fields) > 1:
        raise Refused(550, "5.6.0", "The message has more than one From")
