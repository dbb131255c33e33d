"""Signatures upon messages: DKIM-Signature (RFC 6376) and the two of ARC (RFC 8617), which are made alike."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.mail.domain.authentication.bodyhash import RELAXED, SIMPLE
from services.mail.domain.authentication.fields import Field, relaxed, selected, simple
from services.mail.domain.authentication.keys import Key
from services.mail.domain.authentication.tags import BadTags, closed_up, number_of, tags_of, text_of

DKIM, MESSAGE, SEAL = b"dkim-signature", b"arc-message-signature", b"arc-seal"
# Labels (RFC 6376 §3.5), and the underscores that some have: in anything else readers of our verdict would see another
# domain than the one whose key was asked for.
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+\Z", re.IGNORECASE)
_SELECTOR = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\Z", re.IGNORECASE)
# A signature is some 500 octets long; a key of 4096 bits adds as many.
LONGEST = 8192
# Clocks differ; more than that is no accident.
_SLACK = timedelta(hours=10)
_NEEDED = {
    DKIM: ("v", "a", "b", "bh", "d", "h", "s"),
    MESSAGE: ("i", "a", "b", "bh", "d", "h", "s"),
    SEAL: ("i", "a", "b", "cv", "d", "s"),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One, read. `signed` are the names of the fields it covers, lower case."""

    field: Field
    algorithm: str
    domain: str
    selector: str
    identity: str
    signed: tuple[bytes, ...]
    octets: bytes
    body_hash: bytes
    header_form: str
    body_form: str
    # l=: it covers so many octets of the body; None for all.
    length: int | None = None
    expires: int | None = None
    # Of ARC: which set it is of, and what the sealer found of those before.
    instance: int = 0
    chain: str = ""

    @property
    def key_name(self) -> str:
        """Where DNS has its key."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def hash(self) -> str:
        return self.algorithm.rpartition("-")[2]

    def expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires < (now - _SLACK).timestamp()


def read(field: Field) -> Signature:
    """Raises `BadTags` for what is no signature of its kind."""
    if len(field.value) > LONGEST:
        raise BadTags("longer than any signature")
    tags = tags_of(field.value)
    kind = field.key
    for name in _NEEDED[kind]:
        if name not in tags:
            raise BadTags(f"no {name}=")
    if kind == DKIM and tags["v"] != b"1":
        raise BadTags("another version")
    if kind == SEAL and "h" in tags:
        raise BadTags("a seal names no fields")
    signed = tuple(name.lower() for name in closed_up(tags.get("h", b"")).split(b":"))
    if kind != SEAL and b"from" not in signed:
        raise BadTags("From is not signed")
    if kind == MESSAGE and SEAL in signed:
        raise BadTags("seals are not signed")
    header_form, _, body_form = text_of(tags.get("c", b"relaxed/relaxed" if kind != DKIM else b"simple")).partition("/")
    if header_form not in (SIMPLE, RELAXED) or (body_form or SIMPLE) not in (SIMPLE, RELAXED):
        raise BadTags("an unknown canonical form")
    domain, selector = text_of(tags["d"]).lower(), text_of(tags["s"])
    if not _DOMAIN.match(domain) or not _SELECTOR.match(selector):
        raise BadTags("d= or s= is no name")
    identity = text_of(tags.get("i", b"@" + domain.encode())) if kind == DKIM else ""
    below = identity.rpartition("@")[2].lower()
    if kind == DKIM and not (_DOMAIN.match(below) and f".{below}".endswith(f".{domain}")):
        raise BadTags("i= is not below d=")
    if "q" in tags and b"dns/txt" not in closed_up(tags["q"]).split(b":"):
        raise BadTags("the key is not in DNS")
    return Signature(
        field=field,
        algorithm=text_of(tags["a"]).lower(),
        domain=domain,
        selector=selector,
        identity=identity,
        signed=signed,
        octets=_decoded(tags["b"]),
        body_hash=_decoded(tags.get("bh", b"")),
        header_form=header_form,
        body_form=body_form or SIMPLE,
        length=number_of(tags["l"]) if "l" in tags else None,
        expires=number_of(tags["x"]) if "x" in tags else None,
        instance=number_of(tags["i"]) if kind != DKIM else 0,
        chain=text_of(tags.get("cv", b"")).lower(),
    )


def signed_octets(signature: Signature, fields: Sequence[Field]) -> bytes:
    """What the signature is made of: the fields that it names, and itself without its own value (RFC 6376 §3.7)."""
    return _joined(signature, selected(fields, signature.signed))


def sealed_octets(seal: Signature, covered: Iterable[Field]) -> bytes:
    """The same of a seal, which covers all sets up to its own in their order (RFC 8617 §5.1.1)."""
    return _joined(seal, covered)


def holds(signature: Signature, octets: bytes, key: Key) -> bool:
    """Whether the signature is the one of these octets by that key."""
    return key.verifies(signature.octets, hashlib.new(signature.hash, octets).digest())


def _joined(signature: Signature, covered: Iterable[Field]) -> bytes:
    form = relaxed if signature.header_form == RELAXED else simple
    own = form(Field(signature.field.name, _without_value(signature.field.value)))
    return b"".join(form(field) + b"\r\n" for field in covered) + own


def _without_value(value: bytes) -> bytes:
    """A signature's field with nothing behind b=, whatever stood there."""
    parts = value.split(b";")
    return b";".join(
        part.partition(b"=")[0] + b"=" if part.partition(b"=")[0].strip() == b"b" else part for part in parts
    )


def _decoded(value: bytes) -> bytes:
    try:
        return base64.b64decode(closed_up(value), validate=True)
    except binascii.Error as error:
        raise BadTags("not base64") from error
