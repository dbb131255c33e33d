"""Hashes of passwords from older systems: what may be imported, and whether a password is theirs.

bcrypt and crypt(3) can be as slow as whoever made the hash wished: what would keep a thread busy for longer than a
quarter of a second is refused when it is imported, for it would be verified at every login until the first right one.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable

import bcrypt
from passlib.hash import md5_crypt, sha256_crypt, sha512_crypt

from chassis.errors import InvalidInput

LONGEST = 512
# bcrypt's cost is an exponent: 12 takes a quarter of a second.
BCRYPT_COSTS = range(4, 13)
CRYPT_ROUNDS = range(1000, 100_001)
SALTS = range(1, 65)
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_CRYPT = re.compile(r"\$([156])\$(?:rounds=(\d{1,9})\$)?([^$:\s]{0,16})\$([./A-Za-z0-9]{22,86})")
_CRYPTS = {"1": md5_crypt, "5": sha256_crypt, "6": sha512_crypt}
_SALTED: dict[str, Callable[..., "hashlib._Hash"]] = {
    "SSHA": hashlib.sha1, "SSHA256": hashlib.sha256, "SSHA512": hashlib.sha512,
}  # fmt: skip
_SCHEME = re.compile(r"\{([A-Za-z0-9]{3,8})\}(.+)", re.DOTALL)


def imported(text: str, field: str = "password_hash") -> str:
    """A hash of an older system in the form that is kept. Raises `InvalidInput`.

    Forms: `{SSHA}…`, `{SSHA256}…`, `{SSHA512}…` (RFC 2307, salted), `{CRYPT}` or bare `$1$`, `$5$`, `$6$` (crypt(3)),
    `{BCRYPT}` or bare `$2a$`, `$2b$`, `$2y$`.
    """
    given = text.strip()
    if len(given) > LONGEST or not given.isascii():
        raise _refused(field, "longer than 512 characters, or not ASCII")
    scheme, rest = _split(given)
    if scheme in _SALTED:
        _digest(scheme, rest, field)
        return f"{{{scheme}}}{rest}"
    if scheme not in {"CRYPT", "BCRYPT", ""}:
        raise _refused(field, f"scheme {scheme[:20]}")
    if found := _BCRYPT.fullmatch(rest):
        if int(found[1]) not in BCRYPT_COSTS:
            raise _refused(field, "bcrypt with a cost beyond 12")
        return rest
    found = _CRYPT.fullmatch(rest)
    if found is None or (found[1] == "1" and found[2]):
        raise _refused(field, "not a form that is known")
    if found[2] and int(found[2]) not in CRYPT_ROUNDS:
        raise _refused(field, "crypt with fewer than 1,000 or more than 100,000 rounds")
    if not _CRYPTS[found[1]].identify(rest):
        raise _refused(field, "not a form that is known")
    return rest


def is_imported(encoded: str) -> bool:
    """Whether a kept hash is one of an older system's."""
    return encoded.startswith(("{", "$1$", "$2", "$5$", "$6$"))


def verified(encoded: str, password: str) -> bool:
    """Whether a password is the one of an imported hash. Blocks for as long as the hash takes."""
    try:
        scheme, rest = _split(encoded)
        octets = password.encode("utf-8")
        if scheme in _SALTED:
            digest, salt = _digest(scheme, rest, "")
            return hmac.compare_digest(_SALTED[scheme](octets + salt).digest(), digest)
        if rest.startswith("$2"):
            # Older implementations looked at 72 octets and no further.
            return bcrypt.checkpw(octets[:72], rest.encode("ascii"))
        matches: bool = _CRYPTS[rest[1]].verify(password, rest)
        return matches
    except (ValueError, TypeError, LookupError, InvalidInput):
        return False


def _split(text: str) -> tuple[str, str]:
    found = _SCHEME.fullmatch(text)
    return (found[1].upper(), found[2]) if found else ("", text)


def _digest(scheme: str, rest: str, field: str) -> tuple[bytes, bytes]:
    """Digest and salt."""
    try:
        whole = base64.b64decode(rest, validate=True)
    except binascii.Error:
        raise _refused(field, "not base64") from None
    size = _SALTED[scheme]().digest_size
    if len(whole) - size not in SALTS:
        raise _refused(field, "no salt, or one longer than 64 octets")
    return whole[:size], whole[size:]


def _refused(field: str, why: str) -> InvalidInput:
    return InvalidInput("Not a password hash that can be imported", fields={field: why})
