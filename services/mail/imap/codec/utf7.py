"""Modified UTF-7 of mailbox names (RFC 3501 §5.1.3), strictly: one name has one form."""

import binascii
import re

_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
_PRINTABLE = re.compile(r"[ -~]*")
_NEEDS_SHIFT = re.compile(r"[^ -~]+|&")


def decode_name(octets: bytes) -> str:
    """A mailbox name's characters. Raises `ValueError` when another encoder than RFC 3501's made it."""
    try:
        text = octets.decode("ascii")
    except UnicodeDecodeError:
        raise ValueError("8-bit octets in a mailbox name") from None
    if not _PRINTABLE.fullmatch(text):
        raise ValueError("control characters in a mailbox name")
    if "&" not in text:
        return text
    name = _SHIFTED.sub(lambda shifted: _characters(shifted[1]), text)
    if encode_name(name) != octets:  # a bare "&", a shift of what is printable, adjacent shifts, stray bits
        raise ValueError("not modified UTF-7")
    return name


def _characters(base64: str) -> str:
    if not base64:
        return "&"
    padded = base64.replace(",", "/") + "=" * (-len(base64) % 4)
    try:
        return binascii.a2b_base64(padded, strict_mode=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("not modified UTF-7") from None


def encode_name(name: str) -> bytes:
    """A mailbox name as it goes over the wire."""
    return _NEEDS_SHIFT.sub(_shift, name).encode("ascii")


def _shift(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    base64 = binascii.b2a_base64(found[0].encode("utf-16-be", "surrogatepass"), newline=False).decode("ascii")
    return "&" + base64.rstrip("=").replace("/", ",") + "-"
