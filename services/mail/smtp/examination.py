"""A letter from outside on its way in: its header is held until it ends, loses what others said of it, and is looked at
while the body passes."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.mail.domain.authentication import results
from services.mail.domain.authentication.dmarc import POLICIES, aligned
from services.mail.domain.authentication.fields import Field, fields_of
from services.mail.domain.authentication.found import Found, chain_digest
from services.mail.domain.authentication.verdicts import Dmarc, Result, Verdicts
from services.mail.domain.envelope import Domains
from services.mail.domain.mime.parameters import without_comments
from services.mail.domain.passing import header_and_body
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.networks import Network, within
from services.mail.smtp.policy import Incoming
from services.mail.usecases.authenticate import Came, Checking
from services.mail.usecases.context import Names

_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.S)
_DMARC_PASS = re.compile(rb"\s*dmarc\s*=\s*pass(?![\w-])", re.I)


@dataclass(frozen=True)
class Examiner:
    """What reception looks at, and what it does about what it finds."""

    names: Names
    # By which readers know that it was us who looked (RFC 8601 §2.5).
    host: str
    ours: Domains
    # Clients whose letters are taken as they are: other servers of the platform.
    trusted: Sequence[Network] = ()
    # Forwarders who are believed that a letter was good when it reached them (RFC 8617 §7.2).
    sealers: frozenset[str] = frozenset()
    # The most that is done with what fails: none, quarantine or reject.
    strictest: str = "reject"

    def examine(self, incoming: Incoming, sender: str, limit: int, *, trusted: bool = False) -> "Examination":
        """`limit`: how many octets a message may have; `trusted`: whoever hands it over is, wherever it is."""
        return Examination(self, incoming, sender, limit, trusted=trusted or self.trusts(incoming.transit.peer))

    def trusts(self, peer: str) -> bool:
        return within(peer, self.trusted)

    def disposition(self, verdicts: Verdicts) -> str:
        """What is done with a letter: none, quarantine or reject."""
        found = verdicts.dmarc
        silent = found.result in (Result.NONE, Result.TEMPERROR)
        if silent and self.ours.hold(found.domain) and not _came_to(Result.PASS, verdicts):
            # A domain of ours of which DNS says nothing is nobody's to write from outside.
            found = Dmarc(Result.FAIL, found.domain, "quarantine")
        if found.result is not Result.FAIL or self._vouched(verdicts):
            return "none"
        return min(found.policy, self.strictest, key=POLICIES.index)

    def _vouched(self, verdicts: Verdicts) -> bool:
        arc = verdicts.arc
        return arc.result is Result.PASS and arc.sealer in self.sealers and _says_pass(arc.said)


class Examination:
    """Of one letter. Iterate over it for the octets that are kept, then ask for `outcome`."""

    def __init__(self, examiner: Examiner, incoming: Incoming, sender: str, limit: int, *, trusted: bool) -> None:
        self._examiner = examiner
        self._incoming = incoming
        self._sender = sender
        self._limit = limit
        self._trusted = trusted
        self._checking: Checking | None = None
        self._verdicts: Verdicts | None = None
        self._chain_digest = b""
        # What was found of it, once there is an outcome.
        self.found = Found(b"", looked_at=False)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises `InvalidInput` or `Refused` for a header that cannot be looked at, `TooLarge`."""
        header, body = await header_and_body(self._incoming.chunks, self._limit)
        yield self._begin(header)
        async for piece in body:
            if self._checking is not None:
                self._checking.feed(piece)
            yield piece

    def _begin(self, header: bytes) -> bytes:
        fields = fields_of(header)
        _one_author(fields)
        transit = self._incoming.transit
        if not self._trusted:
            self._chain_digest = chain_digest(fields)
            came = Came(transit.peer, transit.helo, self._sender)
            self._checking = Checking(self._examiner.names, came, fields, transit.at)
        return results.without_foreign(header)

    async def outcome(self) -> tuple[bytes, bool]:
        """The field that tells of it, and whether the letter belongs into Junk. Raises `Refused`."""
        host = self._examiner.host
        if self._checking is None:
            return results.unchecked(host), False
        verdicts = self._verdicts = await self._checking.verdicts()
        said = results.field(host, verdicts)
        self.found = Found(
            results.value_of(said),
            chain=verdicts.arc.result,
            chain_digest=self._chain_digest,
            proven=tuple(sorted(self.proven)),
            dmarc=verdicts.dmarc.result,
        )
        done = self._examiner.disposition(verdicts)
        if done == "reject":
            domain = verdicts.dmarc.domain
            if _came_to(Result.TEMPERROR, verdicts):
                raise Refused(451, "4.7.1", f"Not known yet whether it is from {domain}; try again later")
            raise Refused(550, "5.7.1", f"Not proven to be from {domain}, which asks to refuse such letters (DMARC)")
        return said, done == "quarantine"

    def proves(self, sender: str) -> bool:
        """Whether MAIL FROM is who it says: what is told to it goes to nobody else. Known once there is an outcome."""
        if not sender or self._trusted:
            # A trusted server may pass on what a stranger wrote.
            return self._examiner.ours.hold(sender)
        verdicts = self._verdicts
        domain = sender.rpartition("@")[2].lower()
        return verdicts is not None and aligned(Result.PASS, domain, verdicts.spf, verdicts.dkim)

    @property
    def proven(self) -> set[str]:
        """The domains that SPF or DKIM proves to have sent it. Known once there is an outcome."""
        if self._verdicts is None:
            return set()
        spf = self._verdicts.spf
        by_spf = {spf.domain} if spf.result is Result.PASS and spf.mailfrom else set()
        return by_spf | {each.domain.lower() for each in self._verdicts.dkim if each.result is Result.PASS}

    def give_up(self) -> None:
        """Nobody asks for the outcome any more."""
        if self._checking is not None:
            self._checking.cancel()


def _came_to(result: Result, verdicts: Verdicts) -> bool:
    """Whether SPF or DKIM did, about the author's domain."""
    return aligned(result, verdicts.dmarc.domain, verdicts.spf, verdicts.dkim)


def _says_pass(said: bytes) -> bool:
    """Whether results (RFC 8601 §2.2) are that DMARC passed. In quotes and comments stands what strangers chose: of an
    envelope's sender, of a reason."""
    bare = _QUOTED.sub(b"", without_comments(said.replace(b"\r\n", b"")))
    return any(_DMARC_PASS.match(each) for each in bare.split(b";"))


def _one_author(fields: Sequence[Field]) -> None:
    """Of several From fields each reader believes another one, and signatures need not cover all of them."""
    if sum(field.key == b"from" for field in fields) > 1:
        raise Refused(550, "5.6.0", "The message has more than one From")
