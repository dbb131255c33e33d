"""The address that somebody sets up, as far as it is looked at: whether anybody has it, nobody is told here."""

import re

_ADDRESS = re.compile(r"[!-?A-~]{1,64}@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63})\Z")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z")


def mail_address(given: str) -> str:
    """The address in lower case; empty for what is none."""
    found = given.strip()
    return found.lower() if len(found) <= 254 and _ADDRESS.match(found) else ""


def domain_of(address: str, host: str) -> str:
    """The mail domain that is asked about: the address's, else that of the name we are called by; empty for none."""
    domain = mail_address(address).partition("@")[2]
    if not domain:
        domain = host.partition(":")[0].lower().removeprefix("autoconfig.")
    return domain if _DOMAIN.match(domain) else ""
