"""Encrypted letters: told as such, and never laid beside what is clear ("EFAIL")."""

from collections.abc import Iterable
from enum import Enum

from services.mail.domain.mime import Part
from services.mail.domain.mime.parameters import parameter

_ARMOUR = "-----BEGIN PGP MESSAGE-----"


class Sealed(Enum):
    """How a letter, or something in it, is encrypted."""

    NOT = "not"
    # RFC 3156.
    PGP_MIME = "pgp_mime"
    # Text between armour lines (RFC 9580 §6).
    PGP_INLINE = "pgp_inline"
    # RFC 8551; signed and wrapped (`smime-type=signed-data`) is no text to be read here either.
    SMIME = "smime"


def sealed_by_parts(parts: Iterable[Part]) -> Sealed:
    for part in parts:
        kind = f"{part.maintype}/{part.subtype}"
        if kind in ("multipart/encrypted", "application/pgp-encrypted"):
            return Sealed.PGP_MIME
        if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            return Sealed.SMIME
        # A boundary that is missing makes an opaque part of it, by the scan as by other programs.
        if kind == "application/octet-stream" and parameter(part.parameters, "protocol") == "application/pgp-encrypted":
            return Sealed.PGP_MIME
    return Sealed.NOT


def sealed_by_text(*texts: str) -> Sealed:
    return Sealed.PGP_INLINE if any(_ARMOUR in text for text in texts) else Sealed.NOT
