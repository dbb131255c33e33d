"""Calendar user addresses (RFC 5545 §3.3.3): one spelling each, so that an address is itself however it is written."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from services.calendar.domain.objects.lines import Line

Address = str
# From a principal's path or URN to the mail address of whoever it is; None for one that is nobody.
Resolver = Callable[[str], Address | None]

MAX_ADDRESS = 320
_MAILTO = "mailto:"
_PRINCIPAL = re.compile(r"(?:https?://|urn:|/)[\x21-\x7e]{1,500}", re.ASCII | re.IGNORECASE)
_MAIL = re.compile(r"[^\s@,;<>\"\\\x00-\x1f\x7f]{1,64}@[^\s@,;<>\"\\\x00-\x1f\x7f/:]{1,253}")


def address_of(uri: str) -> Address:
    """`a@b` in lower case for a mailto URI (RFC 6068; what follows `?` is no part of the address), the URI itself for a
    principal's path, URN or URL, and empty for what is no address of one person."""
    text = uri.strip().strip('"')
    if _PRINCIPAL.fullmatch(text):
        return text
    if text[: len(_MAILTO)].lower() == _MAILTO:
        text = unquote(text[len(_MAILTO) :].split("?", 1)[0], errors="replace")
    text = text.strip().lower()
    if len(text) > MAX_ADDRESS or not _MAIL.fullmatch(text):
        return ""
    local, _, domain = text.rpartition("@")
    if domain.isascii():
        return f"{local}@{domain}"
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return ""


def is_mail(address: Address) -> bool:
    return bool(address) and not _PRINCIPAL.fullmatch(address)


def uri_of(address: Address) -> str:
    """`address` is a mail address or a URI. What a URI may not hold is written by percent (RFC 6068 §2)."""
    if not is_mail(address):
        return address
    return _MAILTO + re.sub(r"[%?&#\[\]^`{|}/]", lambda found: f"%{ord(found[0]):02X}", address)


def domain_of(address: Address) -> str:
    return address.rpartition("@")[2] if is_mail(address) else ""


def who(line: Line) -> Address:
    """The address of an ORGANIZER or ATTENDEE. Apple's clients write a principal's path and the mail address beside it
    (EMAIL, RFC 7986 §6.2)."""
    address = address_of(line.value)
    if address and not is_mail(address):
        return address_of(line.param("EMAIL")) or address
    return address
