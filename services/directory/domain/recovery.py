"""Which address a lost password may be replaced through."""

import re
import unicodedata

from chassis.errors import InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.addresses import MAX_ADDRESS, MAX_LOCAL, normalised_domain

# A dot-atom (RFC 5322 §3.2.3) without source routes of old (RFC 5321 appendix F.2): other providers allow more than we.
_ATOM = r"[A-Za-z0-9#$&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")


def recovery_address(given: str, account: Account) -> str:
    """An address as it is written to: its local part as typed, since only its owner's server knows whether case counts.

    It is none of the account's own: their mailbox is closed to whoever lost the password. Raises `InvalidInput`.
    """
    if len(given) > 2 * MAX_ADDRESS:
        raise _refused("longer than 254 characters")
    local, at, domain = unicodedata.normalize("NFC", given).strip().rpartition("@")
    if not at or len(local) > MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise _refused("not a mail address")
    whole = f"{local}@{normalised_domain(domain, 'address')}"
    if len(whole) > MAX_ADDRESS:
        raise _refused("longer than 254 characters")
    if is_own(whole, account):
        raise _refused("your own")
    return whole


def is_own(address: str, account: Account) -> bool:
    """Whether an address leads into the account's own mailbox, by whatever name and subaddress (RFC 5233)."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" in {account.address, *account.other_addresses}


def _refused(wrong: str) -> InvalidInput:
    return InvalidInput("Not an address that a password can be replaced through", fields={"address": wrong})
