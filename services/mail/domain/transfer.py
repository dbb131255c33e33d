"""Content transfer encodings undone in a stream (RFC 2045 §6), tolerant as `mime.text` is for short texts."""

import binascii
import re
from typing import Protocol

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
# A line of quoted-printable has at most 76 characters; what is longer is cut where no code is.
LONGEST_LINE = 64 * 1024


class Decoder(Protocol):
    """Feed it the encoded octets, then close it; each gives decoded ones."""

    def feed(self, octets: bytes) -> bytes: ...
    def close(self) -> bytes: ...


class _Identity:
    def feed(self, octets: bytes) -> bytes:
        return octets

    def close(self) -> bytes:
        return b""


class _Base64:
    def __init__(self) -> None:
        self._rest = b""

    def feed(self, octets: bytes) -> bytes:
        clean = self._rest + _NOT_BASE64.sub(b"", octets)
        whole = len(clean) - len(clean) % 4
        self._rest = clean[whole:]
        return binascii.a2b_base64(clean[:whole])

    def close(self) -> bytes:
        rest = self._rest if len(self._rest) > 1 else b""
        return binascii.a2b_base64(rest + b"=" * (-len(rest) % 4))


class _QuotedPrintable:
    def __init__(self) -> None:
        self._rest = b""

    def feed(self, octets: bytes) -> bytes:
        held = self._rest + octets
        cut = held.rfind(b"\n") + 1
        if not cut and len(held) > LONGEST_LINE:
            code = held.rfind(b"=", len(held) - 3)
            cut = len(held) if code < 0 else code
        self._rest = held[cut:]
        return binascii.a2b_qp(held[:cut])

    def close(self) -> bytes:
        return binascii.a2b_qp(self._rest)


def decoder(encoding: str) -> Decoder:
    """Of a Content-Transfer-Encoding; an unknown one counts as none."""
    if encoding == "base64":
        return _Base64()
    return _QuotedPrintable() if encoding == "quoted-printable" else _Identity()
