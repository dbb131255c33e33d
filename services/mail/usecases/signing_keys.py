"""The keys by which a domain of ours signs: made when they are first asked for, and followed by others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from chassis.errors import NotFound, PreconditionFailed
from services.mail.domain.authentication.signing import Kind, SigningKey, new_private
from services.mail.domain.domain_records import State, dkim
from services.mail.domain.envelope import mail_domain
from services.mail.store.signing_keys import KeptKey
from services.mail.usecases.context import Mail, Names
from services.mail.usecases.facts import acted


@dataclass(frozen=True)
class Generation:
    """A pair of keys that sign together. `seen`: DNS had them once."""

    number: int
    created_at: datetime
    seen: bool
    keys: tuple[SigningKey, ...]


async def signing_keys(mail: Mail, domain: str) -> list[Generation]:
    """The generations of a domain's keys, the newest first; the first is made on first need.

    Raises `NotFound` for a domain that is not ours, `InvalidInput` for what is none.
    """
    domain = mail_domain(domain)
    if not mail.domains.hold(domain):
        raise NotFound("Not a domain of ours")
    kept = await mail.store.signing_keys.of(domain)
    if not kept:
        await _make(mail, domain, 1)
        kept = await mail.store.signing_keys.of(domain)
    return [_generation(mail, number, list(keys)) for number, keys in groupby(kept, lambda key: key.generation)]


async def rotate_signing_keys(mail: Mail, names: Names, domain: str) -> list[Generation]:
    """Make the next generation; the one before signs until DNS has the new one.

    Raises `PreconditionFailed` while DNS has not yet the newest: a third would help nobody.
    """
    newest = (await signing_keys(mail, domain))[0]
    if not await published(mail, names, newest):
        raise PreconditionFailed("The newest keys are not in DNS yet; publish them first")
    domain, generation = newest.keys[0].domain, newest.number + 1
    await _make(mail, domain, generation, [acted("rotate_signing_keys", domain, {"generation": str(generation)})])
    return await signing_keys(mail, domain)


async def published(mail: Mail, names: Names, generation: Generation) -> bool:
    """Whether DNS has all of its keys as they are; while it cannot be asked, whether it had them."""
    answers = await asyncio.gather(*(names.ask(key.name, "TXT") for key in generation.keys))
    if any(answer is None for answer in answers):
        return generation.seen
    found = all(
        dkim(key).found(answer).state is State.PRESENT for key, answer in zip(generation.keys, answers, strict=True)
    )
    if found and not generation.seen:
        await mail.store.signing_keys.seen(generation.keys[0].domain, generation.number, mail.now())
    return found


async def _make(mail: Mail, domain: str, generation: int, told: Sequence[Any] = ()) -> None:
    """Of several who make them at once one has made each, and its facts are told."""
    for kind in Kind:
        private = await asyncio.to_thread(new_private, kind)
        wrapped = mail.keys.wrap(private, _bound(domain, generation, kind))
        kept = KeptKey(domain, generation, kind.value, wrapped, mail.keys.sealing_id, mail.now())
        await mail.store.signing_keys.insert(kept, told if kind is Kind.RSA else ())


def _generation(mail: Mail, number: int, kept: Sequence[KeptKey]) -> Generation:
    seen = all(each.seen_at is not None for each in kept)
    return Generation(number, kept[0].created_at, seen, tuple(_opened(mail, each) for each in kept))


def _opened(mail: Mail, kept: KeptKey) -> SigningKey:
    kind = Kind(kept.kind)
    private = mail.keys.unwrap(kept.sealed_by, bytes(kept.sealed), _bound(kept.domain, kept.generation, kind))
    return SigningKey(kept.domain, f"ws{kept.generation}{kind.value[0]}", kind, private)


def _bound(domain: str, generation: int, kind: Kind) -> bytes:
    return f"signing key {domain} {generation} {kind.value}".encode()
