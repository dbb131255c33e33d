"""Opaque page tokens, bound to the list they were given for."""

import base64
import binascii
import json

from chassis.errors import InvalidInput

DEFAULT, MOST = 50, 500


def page_size(asked: int) -> int:
    """50 when absent, at most 500. Raises `InvalidInput` for a negative one."""
    if asked < 0:
        raise InvalidInput("A page has 1 to 500 entries", fields={"page_size": "negative"})
    return min(asked or DEFAULT, MOST)


def token_after(listing: str, of: str, last: str) -> str:
    """The token of the page that follows `last`."""
    text = json.dumps([listing, of, last], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("utf-8")).rstrip(b"=").decode("ascii")


def resume_after(token: str, listing: str, of: str) -> str:
    """What a token's page follows; the empty text for the first page. Raises `InvalidInput`."""
    if not token:
        return ""
    try:
        text = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        found = json.loads(text)
    except (ValueError, binascii.Error, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != 3 or found[:2] != [listing, of] or not isinstance(found[2], str):
        raise InvalidInput("Not a token of this list", fields={"page_token": "foreign"})
    return found[2]
