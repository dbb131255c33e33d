"""Where a notification goes (RFC 5436, RFC 6068)."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_address

MAX_ADDRESSES = 4
# RFC 5436 §2.7: what a URI may say of the letter; all else in it is ignored.
_LINE = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Mailto:
    """`mailto:a@b,c@d?subject=…&body=…`."""

    addresses: tuple[str, ...]
    subject: str = ""
    body: str = ""


def mailto(uri: str) -> Mailto | None:
    """None for what is no such URI, or names nobody or too many."""
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() != "mailto":
        return None
    path, _, query = rest.partition("?")
    named = unquote(path).split(",")
    said: dict[str, str] = {}
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        key = unquote(name).lower()
        if equals and key == "to":
            named += unquote(value).split(",")
        elif equals:
            said.setdefault(key, unquote(value))
    try:
        addresses = tuple(dict.fromkeys(mail_address(each) for each in named if each.strip()))
    except InvalidInput:
        return None
    if not 0 < len(addresses) <= MAX_ADDRESSES:
        return None
    return Mailto(addresses, _LINE.sub(" ", said.get("subject", ""))[:250], said.get("body", "")[:2000])
