"""Mail addresses of accounts: one spelling each, and only spellings that no mail program stumbles over.

An account's local part is a plain dot-atom (RFC 5322 §3.2.3) of letters, digits, dot, hyphen, underscore and
apostrophe. `%` and `!` are source routes of old (RFC 5321 appendix F.2); `+` is kept free for subaddresses
(RFC 5233).
"""

import re
import unicodedata

from chassis.errors import InvalidInput

MAX_LOCAL = 64  # RFC 5321 §4.5.3.1.1
MAX_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
_LOCAL = re.compile(r"[a-z0-9](?:[a-z0-9_'-]|\.(?=[a-z0-9_'-]))*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def normalised(address: str, field: str = "address") -> str:
    """The one spelling of an address: lower case, domain in its ASCII form. Raises `InvalidInput`."""
    if len(address) > 2 * MAX_ADDRESS:
        raise _refused(field, "longer than 254 characters")
    local, at, domain = unicodedata.normalize("NFC", address).strip().lower().rpartition("@")
    if not at or len(local) > MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise _refused(field, f"{address[:80]!r}: local part")
    ascii_domain = _ascii(domain)
    if not ascii_domain:
        raise _refused(field, f"{address[:80]!r}: domain")
    whole = f"{local}@{ascii_domain}"
    if len(whole) > MAX_ADDRESS:
        raise _refused(field, "longer than 254 characters")
    return whole


def normalised_domain(domain: str, field: str = "domains") -> str:
    """The one spelling of a mail domain. Raises `InvalidInput`."""
    ascii_domain = _ascii(domain.strip().lower()) if len(domain) <= MAX_ADDRESS else ""
    if not ascii_domain:
        raise InvalidInput("Not a mail domain", fields={field: repr(domain[:80])})
    return ascii_domain


def _ascii(domain: str) -> str:
    """A domain in its ASCII form (RFC 5890); empty when it is none."""
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return ""
    return ascii_domain


def _refused(field: str, wrong: str) -> InvalidInput:
    return InvalidInput("Not an address that an account may have", fields={field: wrong})


def looked_up(address: str) -> str | None:
    """The spelling under which an address would be found; None for one that no account can have."""
    try:
        return normalised(address)
    except InvalidInput:
        return None
