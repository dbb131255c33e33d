"""The parameters by which a sender says what it wants to be told (RFC 3461 §4)."""

import re

from services.mail.domain.dsn import DELAY, FAILURE, MAX_ENVID, MAX_ORCPT, NEVER, SUCCESS, is_xtext
from services.mail.smtp.codec.reply import Refused

_RECIPIENT_TYPE = re.compile(r"[A-Za-z0-9-]{1,40}")
_TOLD = (SUCCESS, FAILURE, DELAY)


def ret(value: str) -> str:
    """RET of MAIL: FULL or HDRS. Raises `Refused`."""
    found = value.upper()
    if found not in {"FULL", "HDRS"}:
        raise Refused(501, "5.5.4", "RET is FULL or HDRS")
    return found


def envid(value: str) -> str:
    """ENVID of MAIL, as it came. Raises `Refused`."""
    if not value or len(value) > MAX_ENVID or not is_xtext(value):
        raise Refused(501, "5.5.4", "ENVID is no xtext")
    return value


def notify(value: str) -> tuple[str, ...]:
    """NOTIFY of RCPT, each word once. Raises `Refused`."""
    words = value.upper().split(",")
    if words == [NEVER]:
        return (NEVER,)
    if not set(words) <= set(_TOLD):
        raise Refused(501, "5.5.4", "NOTIFY is NEVER, or of SUCCESS, FAILURE and DELAY")
    return tuple(word for word in _TOLD if word in words)


def orcpt(value: str) -> str:
    """ORCPT of RCPT, as it came. Raises `Refused`."""
    kind, separator, address = value.partition(";")
    sound = separator and address and _RECIPIENT_TYPE.fullmatch(kind) and is_xtext(address)
    if not sound or len(value) > MAX_ORCPT:
        raise Refused(501, "5.5.4", "ORCPT is no address type and xtext")
    return value
