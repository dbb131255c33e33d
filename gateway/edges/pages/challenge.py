"""What a browser keeps between a first proof and the second factor: directory's challenge, good for five minutes."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.edges.pages.visit import Visit

COOKIE = "workspace_challenge"
# Of whoever has the code of a letter, and is to give the second factor before the password is replaced.
RESET_COOKIE = "workspace_reset"
SECONDS = 300
TOTP, RECOVERY_CODE, PASSKEY = "totp", "recovery_code", "passkey"


@dataclass(frozen=True)
class Challenge:
    """`methods` are those that the account has; `stay` is what the person wished on the first page."""

    token: str
    methods: tuple[str, ...]
    stay: bool


def keep(visit: Visit, fields: Mapping[str, str], *, stay: bool = False, cookie: str = COOKIE) -> None:
    """Keep what directory answered to the first proof."""
    known = [fields.get("challenge", ""), fields.get("methods", ""), stay]
    visit.keep(cookie, urlsafe_b64encode(json.dumps(known).encode()).decode(), SECONDS)


def kept(visit: Visit, cookie: str = COOKIE) -> Challenge | None:
    """The challenge of this browser; None when there is none, or no longer."""
    try:
        token, methods, stay = json.loads(urlsafe_b64decode(visit.cookie(cookie)))
        return Challenge(str(token), tuple(str(methods).split()), bool(stay)) if token else None
    except (binascii.Error, ValueError, TypeError):
        return None


def forget(visit: Visit, cookie: str = COOKIE) -> None:
    if visit.cookie(cookie):
        visit.keep(cookie, "")
