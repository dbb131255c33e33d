"""Credentials as SASL mechanisms carry them: PLAIN (RFC 4616), LOGIN, OAUTHBEARER (RFC 7628)."""

import base64
import binascii
import re
from dataclasses import dataclass

from services.mail.smtp.codec.reply import Refused

_BEARER = re.compile(rb"Bearer +([A-Za-z0-9._~+/=-]+)", re.I)


@dataclass(frozen=True)
class Password:
    address: str
    password: str


@dataclass(frozen=True)
class Token:
    token: str


def decoded(response: bytes) -> bytes:
    """A client's response. Raises `Refused` when it gives up or is no base64."""
    if response == b"*":
        raise Refused(501, "5.7.0", "Authentication given up")
    try:
        return b"" if response == b"=" else base64.b64decode(response, validate=True)
    except binascii.Error as error:
        raise Refused(501, "5.5.2", "Not base64") from error


def text(octets: bytes) -> str:
    """UTF-8 without NUL. Raises `Refused`."""
    try:
        found = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(501, "5.5.2", "Not UTF-8") from error
    if "\x00" in found:
        raise Refused(501, "5.5.2", "Malformed credentials")
    return found


def plain(message: bytes) -> Password:
    """`authzid NUL authcid NUL password`; nobody acts for another."""
    parts = message.split(b"\x00")
    if len(parts) != 3 or not parts[1]:
        raise Refused(501, "5.5.2", "Malformed credentials")
    if parts[0] and parts[0].lower() != parts[1].lower():
        raise Refused(535, "5.7.8", "Acting for another account is not allowed")
    return Password(text(parts[1]), text(parts[2]))


def oauthbearer(message: bytes) -> Token:
    """`n,a=user,^Ahost=…^Aport=…^Aauth=Bearer token^A^A`, whose user the token itself proves."""
    header, *pairs = message.split(b"\x01")
    if header[:2] not in {b"n,", b"y,"}:
        raise Refused(501, "5.5.2", "Malformed credentials")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        if name.lower() == b"auth" and (found := _BEARER.fullmatch(value)):
            return Token(found[1].decode("ascii"))
    raise Refused(501, "5.5.2", "Malformed credentials")
