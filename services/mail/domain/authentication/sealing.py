"""Seal what goes on to somebody else (ARC, RFC 8617): what we found of it when it came, in the forwarder's name."""

import base64
from collections.abc import Sequence
from datetime import datetime

from services.mail.domain.authentication import arc, signatures
from services.mail.domain.authentication.bodyhash import RELAXED
from services.mail.domain.authentication.fields import Field, fields_of
from services.mail.domain.authentication.found import Found, chain_digest
from services.mail.domain.authentication.signing import SigningKey, completed, covered, folded
from services.mail.domain.authentication.tags import BadTags
from services.mail.domain.authentication.verdicts import Result

# RFC 8617 §4.2.1.
LAST_INSTANCE = 50


def sealed(key: SigningKey, header: bytes, body_hash: bytes, found: Found, at: datetime) -> bytes:
    """The three fields of a set, whole lines, to stand above the letter; nothing for one that may not be sealed.

    `header` and `body_hash` (relaxed, by SHA-256) are of the letter as it leaves: changes of ours are in them.
    """
    fields = fields_of(header)
    place = _place(fields, found)
    if place is None:
        return b""
    instance, chain = place
    who = {"a": key.kind.algorithm, "d": key.domain, "s": key.selector, "t": str(int(at.timestamp()))}
    results = Field(b"ARC-Authentication-Results", b" i=%d; " % instance + found.results)
    message = _message(key, {"i": str(instance), **who}, fields, body_hash)
    unsigned = Field(b"ARC-Seal", folded({"i": str(instance), **who, "cv": chain.value, "b": ""}))
    # A seal upon a broken chain covers its own set alone (RFC 8617 §5.1.2): the others may not even be readable.
    before = arc.sets_of(fields) if chain is Result.PASS else []
    those = [field for each in before for field in each.fields]
    octets = signatures.sealed_octets(signatures.read(unsigned), [*those, results, message])
    seal = completed(key, unsigned, octets)
    return b"".join(each.name + b":" + each.value + b"\r\n" for each in (seal, message, results))


def _message(key: SigningKey, tags: dict[str, str], fields: Sequence[Field], body_hash: bytes) -> Field:
    names = [*covered(fields), *("dkim-signature" for each in fields if each.key == signatures.DKIM)]
    more = {
        "c": f"{RELAXED}/{RELAXED}", "h": ":".join(names), "bh": base64.b64encode(body_hash).decode("ascii"), "b": "",
    }  # fmt: skip
    unsigned = Field(b"ARC-Message-Signature", folded({**tags, **more}))
    return completed(key, unsigned, signatures.signed_octets(signatures.read(unsigned), fields))


def _place(fields: Sequence[Field], found: Found) -> tuple[int, Result] | None:
    """Which set it will be, and what is said of those before it; None where there may be none (RFC 8617 §5.1)."""
    digest = chain_digest(fields)
    if not digest:
        return 1, Result.NONE
    if found.chain is Result.TEMPERROR:
        # Nobody knows whether the chain holds; whoever comes next can still find out.
        return None
    last, broken = _last(fields)
    if broken or not 0 < last < LAST_INSTANCE:
        return None
    # A script may have changed what was looked at.
    whole = found.chain is Result.PASS and digest == found.chain_digest
    return last + 1, Result.PASS if whole else Result.FAIL


def _last(fields: Sequence[Field]) -> tuple[int, bool]:
    """The highest instance of a seal, and whether that one says that the chain was broken already; 0 where a seal
    cannot be read."""
    try:
        seals = [signatures.read(each) for each in fields if each.key == signatures.SEAL]
    except BadTags:
        return 0, False
    last = max(seals, key=lambda each: each.instance, default=None)
    return (last.instance, last.chain == Result.FAIL.value) if last is not None else (0, False)
