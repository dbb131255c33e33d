"""Page tokens of lists whose order takes one number or several: opaque to clients, bound to the list they came from."""

import base64
import binascii
from collections.abc import Sequence

from chassis.errors import InvalidInput


def position_token(of: str, position: Sequence[int] | None) -> str:
    """Empty after the last page."""
    if position is None:
        return ""
    text = " ".join((of, *map(str, position)))
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")


def position_of(token: str, of: str, numbers: int) -> list[int] | None:
    """The numbers of a token. Raises `InvalidInput` for one of another list, or of nobody's making."""
    if not token:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        named, *found = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(" ")
        if named == of and len(found) == numbers and all(len(each) <= 20 for each in found):
            return [int(each) for each in found]
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise not_a_page()


def not_a_page() -> InvalidInput:
    return InvalidInput("Not a page of this list", fields={"page_token": "is not a page of this list"})
