"""Encoded bodies to text, and the preview."""

import binascii
import html
import re

from services.mail.domain.mime.words import base64_octets, to_text

PREVIEW_CHARACTERS = 200

_SPACE = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\ufeff\x00-\x1f\x7f]+")
_HIDDEN = re.compile(r"<(style|script|head|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*(?:>|\Z)")


def decoded_body(octets: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding; an unknown one counts as none (RFC 2045 §6)."""
    if encoding == "base64":
        return base64_octets(octets)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(octets)
    return octets


def decode_text(octets: bytes, *, encoding: str, charset: str, content_type: str = "text/plain") -> str:
    """A text body as characters, HTML made plain. Never fails; give it a bounded amount."""
    text = to_text(decoded_body(octets, encoding), charset)
    return plain_of(text) if content_type == "text/html" else text


def plain_of(markup: str) -> str:
    """The words of an HTML text, roughly: for previews and search, never for display as HTML."""
    return html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", markup)))


def preview_of(text: str) -> str:
    """The first characters on one line."""
    line = _SPACE.sub(" ", text[: PREVIEW_CHARACTERS * 2]).strip()
    if len(line) <= PREVIEW_CHARACTERS < len(text):
        line = _SPACE.sub(" ", text).strip()
    return line if len(line) <= PREVIEW_CHARACTERS else line[: PREVIEW_CHARACTERS - 1].rstrip() + "…"
