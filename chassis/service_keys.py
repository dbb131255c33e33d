"""The keys that a service is given: the first one seals, all of them open, so that one can be replaced by and by."""

import base64
import binascii
from dataclasses import dataclass, field

from chassis.errors import WorkspaceError

KEY_OCTETS = 32


class BadServiceKeys(WorkspaceError, ValueError):
    """The service cannot start without its keys."""

    reason = "bad_service_keys"
    title = "WORKSPACE_SERVICE_KEYS is to be <id>:<base64 of 32 octets>, comma separated"


@dataclass(frozen=True)
class ServiceKey:
    """One key; its id stands beside whatever it sealed."""

    id: str
    secret: bytes = field(repr=False)


def service_keys(text: str) -> list[ServiceKey]:
    """Read `<id>:<base64 of 32 octets>`, comma separated, the sealing one first. Raises `BadServiceKeys`."""
    found = [_service_key(item) for item in filter(None, (item.strip() for item in text.split(",")))]
    if not found:
        raise BadServiceKeys
    return found


def _service_key(item: str) -> ServiceKey:
    name, _, encoded = item.partition(":")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise BadServiceKeys from None
    if not name or "." in name or len(secret) != KEY_OCTETS:
        raise BadServiceKeys
    return ServiceKey(name, secret)
