"""Find out whether a letter from outside is from whom it says."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.mail.domain.authentication import arc, dkim, dmarc, spf
from services.mail.domain.authentication.bodyhash import BodyHash
from services.mail.domain.authentication.fields import Field
from services.mail.domain.authentication.signatures import Signature
from services.mail.domain.authentication.tags import BadTags
from services.mail.domain.authentication.verdicts import Arc, Dmarc, Result, Spf, Verdicts
from services.mail.domain.mime.addresses import addresses
from services.mail.usecases.context import Names

# All questions of one letter together; what is not known by then counts as not to be asked.
SECONDS = 15.0
# Questions that are out at a time, of SPF and of all others.
AT_ONCE = 10
# Domains of one From that are looked at: each reader shows another one.
MOST_AUTHORS = 5


@dataclass(frozen=True, slots=True)
class Came:
    """Where a letter came from: the client's address, its HELO, MAIL FROM (empty for a bounce)."""

    remote: str
    helo: str
    mailfrom: str


@dataclass
class Checking:
    """A letter that is being looked at: its header is here, its body passes."""

    names: Names
    came: Came
    fields: Sequence[Field]
    now: datetime
    _answers: dict[tuple[str, str], list[Any] | None] = field(default_factory=dict)
    _bodies: dict[tuple[str, str, int | None], BodyHash] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dkim = dkim.signatures_of(self.fields)
        self._chain_fault: BadTags | None = None
        self._sets: list[arc.Set] = []
        try:
            self._sets = arc.sets_of(self.fields)
        except BadTags as error:
            self._chain_fault = error
        for signature in (*self._signatures, *(each.message for each in self._sets[-1:])):
            if signature.algorithm.endswith("-sha256"):
                self._bodies.setdefault(_form(signature), BodyHash(signature.body_form, "sha256", signature.length))
        self._spf = self._undecided(Result.TEMPERROR)
        self._asking = asyncio.get_running_loop().create_task(self._ask_all())

    @property
    def _signatures(self) -> list[Signature]:
        return [each for each in self._dkim if isinstance(each, Signature)]

    @property
    def authors(self) -> list[str]:
        """The domains of From, each once."""
        values = [each.value.replace(b"\r\n", b"") for each in self.fields if each.key == b"from"]
        found = [mailbox for value in values for mailbox in addresses(value) if mailbox.host is not None]
        domains = dict.fromkeys(_domain(mailbox.host or b"") for mailbox in found)
        return [each for each in domains if each][:MOST_AUTHORS]

    def feed(self, piece: bytes) -> None:
        """Octets of the body."""
        for body in self._bodies.values():
            body.feed(piece)

    async def verdicts(self) -> Verdicts:
        """What was found; the body has passed."""
        await self._asking
        digests = {form: (body.digest(), body.octets) for form, body in self._bodies.items()}

        def bodies(signature: Signature) -> tuple[bytes, int]:
            return digests.get(_form(signature), (b"", 0))

        found = dkim.evaluate(self._dkim, self.fields, self._texts, bodies, self.now)
        chain = arc.evaluate(self._sets, self.fields, self._texts, bodies)
        if self._chain_fault is not None:
            chain = Arc(Result.FAIL, reason=str(self._chain_fault))
        each = [self._dmarc(domain, found) for domain in self.authors] or [Dmarc(Result.NONE)]
        return Verdicts(self._spf, found, chain, max(each, key=_severity))

    def cancel(self) -> None:
        """Nobody asks any more."""
        self._asking.cancel()

    def _dmarc(self, domain: str, found: Sequence[Any]) -> Dmarc:
        records = [self._texts(name) for name in dmarc.names_of(domain)]
        if records[0] is None or (records[-1] is None and dmarc.policy_of(records[0]) is None):
            return Dmarc(Result.TEMPERROR, domain)
        policies = [dmarc.policy_of(each or ()) for each in records]
        return dmarc.evaluate(domain, policies, self._spf, found, random.randrange(100))  # noqa: S311 - a sample

    def _texts(self, name: str) -> list[bytes] | None:
        answer = self._answers.get((name.lower(), "TXT"))
        return None if answer is None else [b"".join(pieces) for pieces in answer]

    async def _ask_all(self) -> None:
        """Ask for all that is known to be needed, and for what SPF needs as it goes on.

        Policies come first: the letter names whose keys are asked for, and a sender may name many that nobody answers.
        """
        policies = [name for domain in self.authors for name in dmarc.names_of(domain)]
        keys = [each.key_name for each in self._signatures]
        keys += [each.message.key_name for each in self._sets[-1:]] + [each.seal.key_name for each in self._sets]
        wanted = dict.fromkeys((name.lower(), "TXT") for name in (*policies, *keys))
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await asyncio.gather(self._check_spf(), self._ask(list(wanted)))

    async def _check_spf(self) -> None:
        asked = 0
        while True:
            try:
                self._spf = spf.evaluate(self.came.remote, self.came.mailfrom, self.came.helo, self._answers)
                return
            except spf.Lacking as lacking:
                asked += len(lacking.questions)
                if asked > spf.MOST_QUESTIONS:
                    self._spf = self._undecided(Result.PERMERROR)
                    return
                await self._ask(lacking.questions)

    def _undecided(self, result: Result) -> Spf:
        domain = (self.came.mailfrom or f"@{self.came.helo}").rpartition("@")[2].lower()
        return Spf(result, domain, self.came.mailfrom, self.came.helo)

    async def _ask(self, questions: Sequence[tuple[str, str]]) -> None:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(question: tuple[str, str]) -> None:
            async with slots:
                self._answers[question] = await self.names.ask(*question)

        await asyncio.gather(*(one(each) for each in questions))


def _form(signature: Signature) -> tuple[str, str, int | None]:
    return signature.body_form, signature.hash, signature.length


def _domain(host: bytes) -> str:
    text = host.decode("utf-8", "replace").lower().rstrip(".")
    try:
        return text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        return text


_WORST: Mapping[Result, int] = {Result.NONE: 0, Result.PASS: 1, Result.TEMPERROR: 2, Result.FAIL: 3}


def _severity(found: Dmarc) -> tuple[int, int]:
    """Of several authors the one that is least proven counts, and of those the one that wants most."""
    policy = dmarc.POLICIES.index(found.policy) if found.policy in dmarc.POLICIES else -1
    return _WORST.get(found.result, 0), policy
