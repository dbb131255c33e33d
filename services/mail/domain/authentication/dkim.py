"""DKIM (RFC 6376): which signatures a message has, and whether they hold."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime

from services.mail.domain.authentication import signatures
from services.mail.domain.authentication.fields import Field
from services.mail.domain.authentication.keys import Key, Revoked, key_of
from services.mail.domain.authentication.signatures import Signature
from services.mail.domain.authentication.tags import BadTags
from services.mail.domain.authentication.verdicts import Dkim, Result

# Signatures that are looked at; each may cost a question to DNS.
MOST = 8

# What DNS has at a name, all of it: none, one or several texts; None when it could not be asked.
Texts = Callable[[str], Sequence[bytes] | None]
# The digest of the body that a signature is to have, and how many octets its canonical form has.
Bodies = Callable[[Signature], tuple[bytes, int]]


def signatures_of(fields: Sequence[Field]) -> list[Signature | BadTags]:
    """The first signatures in the header, those that cannot be read by their fault."""
    found: list[Signature | BadTags] = []
    for field in fields:
        if field.key == signatures.DKIM and len(found) < MOST:
            try:
                found.append(signatures.read(field))
            except BadTags as error:
                found.append(error)
    return found


def evaluate(
    read: Sequence[Signature | BadTags], fields: Sequence[Field], texts: Texts, bodies: Bodies, now: datetime
) -> tuple[Dkim, ...]:
    """What each comes to."""
    found = []
    for each in read:
        if isinstance(each, BadTags):
            found.append(Dkim(Result.PERMERROR, reason=str(each)))
        else:
            result, reason = _evaluated(each, fields, texts, bodies, now)
            found.append(
                Dkim(
                    result,
                    each.domain,
                    each.selector,
                    each.algorithm,
                    each.identity,
                    base64.b64encode(each.octets)[:8].decode("ascii"),
                    reason,
                )
            )
    return tuple(found)


def _evaluated(
    signature: Signature, fields: Sequence[Field], texts: Texts, bodies: Bodies, now: datetime
) -> tuple[Result, str]:
    if signature.expired(now):
        return Result.FAIL, "expired"
    try:
        key = usable_key(signature, texts)
    except LookupError:
        return Result.TEMPERROR, "the key could not be looked up"
    except Revoked as error:
        return Result.FAIL, str(error)
    except BadTags as error:
        return Result.PERMERROR, str(error)
    if key.strict and signature.identity.rpartition("@")[2].lower() != signature.domain:
        return Result.PERMERROR, "the key is for its own domain alone"
    digest, octets = bodies(signature)
    if digest != signature.body_hash:
        return Result.FAIL, "the body was changed"
    if not signatures.holds(signature, signatures.signed_octets(signature, fields), key):
        return Result.FAIL, "the signature does not hold"
    if signature.length is not None and signature.length < octets:
        # Anybody may have written the rest (RFC 6376 §8.2).
        return Result.POLICY, "a part of the body is not signed"
    return (Result.NEUTRAL, "the domain is trying it out") if key.testing else (Result.PASS, "")


def usable_key(signature: Signature, texts: Texts) -> Key:
    """The key of a signature. Raises `BadTags`, `LookupError` when DNS could not be asked."""
    # RFC 8301 §3.1: nobody relies on SHA-1 any more.
    if signature.algorithm not in {"rsa-sha256", "ed25519-sha256"}:
        raise BadTags("an algorithm that nobody relies on")
    records = texts(signature.key_name)
    if records is None:
        raise LookupError(signature.key_name)
    if len(records) != 1:
        raise BadTags("no key" if not records else "several keys")
    key = key_of(records[0])
    if key.kind != signature.algorithm.partition("-")[0]:
        raise BadTags("a key of another kind")
    return key
