"""What leaves is signed by the domain of its author, and what goes on is sealed, once DNS has that domain's keys."""

from collections.abc import AsyncIterator, Sequence

import structlog
from cachetools import LRUCache, TTLCache

from chassis.errors import InvalidInput, NotFound, TooLarge
from services.mail.domain.authentication.bodyhash import RELAXED, BodyHash
from services.mail.domain.authentication.fields import fields_of
from services.mail.domain.authentication.sealing import sealed
from services.mail.domain.authentication.signing import Kind, SigningKey, signature
from services.mail.domain.mime.addresses import addresses
from services.mail.domain.passing import header_and_body
from services.mail.domain.queue import Entry
from services.mail.smtp.codec.data import ChunkDecoder
from services.mail.usecases import Mail
from services.mail.usecases.context import Names
from services.mail.usecases.signing_keys import published, signing_keys

log = structlog.get_logger(__name__)
# A domain's keys, and whether DNS has them, are looked up so often.
KEYS_SECONDS, KNOWN_DOMAINS = 300.0, 1_000
# One message goes to several domains, and is tried several times: its body is hashed once.
REMEMBERED = 500


class Signer:
    """Makes the fields of DKIM and ARC of messages in the store."""

    def __init__(self, mail: Mail, names: Names) -> None:
        self._mail = mail
        self._names = names
        self._keys: TTLCache[str, Sequence[SigningKey]] = TTLCache(KNOWN_DOMAINS, KEYS_SECONDS)
        self._hashed: LRUCache[str, tuple[bytes, bytes]] = LRUCache(REMEMBERED)

    async def fields(self, entry: Entry) -> bytes:
        """Those of a message, to stand above it; none where its domain has no keys in DNS.

        What was written here is signed by its author's domain, by each kind of key. What came from outside is sealed by
        the domain that passes it on (ARC): to sign it would make our own of what somebody forged.

        Raises `NotFound`, `Unavailable` as the store does.
        """
        try:
            header, body_hash = await self._read(entry.blob)
        except (InvalidInput, TooLarge):
            # No message: a header that does not end.
            return b""
        now = self._mail.now()
        if entry.found is not None and entry.found.looked_at:
            keys = await self._usable(entry.found.forwarder or entry.domain)
            # RFC 8617 has one signature in a set, and everybody verifies RSA.
            seals = [sealed(key, header, body_hash, entry.found, now) for key in keys if key.kind is Kind.RSA]
            return b"".join(seals)
        domain = _author(header)
        keys = await self._usable(domain) if domain else ()
        return b"".join(signature(key, header, body_hash, now) for key in keys)

    async def _usable(self, domain: str) -> Sequence[SigningKey]:
        known = self._keys.get(domain)
        if known is not None:
            return known
        try:
            generations = await signing_keys(self._mail, domain)
        except (NotFound, InvalidInput):
            return ()
        keys: Sequence[SigningKey] = ()
        for each in generations:
            # A signature that nobody can look up proves nothing: until the new keys are in DNS the former sign.
            if await published(self._mail, self._names, each):
                keys = each.keys
                break
        else:
            log.warning("domain_signs_nothing", domain=domain, name=generations[0].keys[0].name)
        self._keys[domain] = keys
        return keys

    async def _read(self, blob: str) -> tuple[bytes, bytes]:
        """The header, and the hash of the body."""
        known = self._hashed.get(blob)
        if known is not None:
            return known
        header, pieces = await header_and_body(self._as_it_leaves(blob), self._mail.options.max_message)
        body = BodyHash(RELAXED, "sha256")
        async for piece in pieces:
            body.feed(piece)
        found = self._hashed[blob] = header, body.digest()
        return found

    async def _as_it_leaves(self, blob: str) -> AsyncIterator[bytes]:
        lines = ChunkDecoder()
        async for octets in self._mail.blobs.open(blob):
            yield lines.feed(octets)
        yield lines.close()


def _author(header: bytes) -> str:
    """The domain of the one author; empty where there is none, or another number of them."""
    found = [
        mailbox.host
        for field in fields_of(header)
        if field.key == b"from"
        for mailbox in addresses(field.value.replace(b"\r\n", b""))
        if mailbox.host
    ]
    return found[0].decode("ascii", "replace").lower() if len(set(found)) == 1 else ""
