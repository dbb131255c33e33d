"""Page tokens: opaque to clients, bound to the list they came from."""

import base64
import binascii

from chassis.errors import InvalidInput


def page_token(mailbox_id: str, below: int | None) -> str:
    """Empty after the last page."""
    if below is None:
        return ""
    return base64.urlsafe_b64encode(f"{mailbox_id} {below}".encode()).decode("ascii").rstrip("=")


def below_of(token: str, mailbox_id: str) -> int | None:
    """The UID that a token points below. Raises `InvalidInput` for one of another list, or of nobody's making."""
    if not token:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        of, _, below = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(" ")
        if of == mailbox_id and below.isdecimal() and 0 < int(below) <= 2**32:
            return int(below)
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise InvalidInput("Not a page of this list", fields={"page_token": "is not a page of this list"})
