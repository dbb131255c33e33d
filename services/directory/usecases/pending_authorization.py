"""An authorization request that waits for a login or a consent, sealed into a URL instead of kept.

Anybody may begin one without being known; keeping each would let anybody fill the database.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chassis.errors import NotFound
from chassis.service_keys import BadServiceKeys
from services.directory.domain.authorization import OAuthFault
from services.directory.usecases.context import Directory

CONTINUE = "continue"
PATH = "/oidc/authorize"
LIFETIME = timedelta(minutes=30)
_PURPOSE = "pending-authorization"
# A request line holds no more.
_LONGEST = 16_000


@dataclass(frozen=True)
class Pending:
    """The parameters as the client gave them, and since when; a consent is the business of one session only."""

    parameters: Mapping[str, str]
    since: datetime
    session_id: str = ""
    denied: bool = False


def sealed(directory: Directory, pending: Pending) -> str:
    """The text that carries it. Raises `OAuthFault` for a request that is longer than a URL may be."""
    said = [dict(pending.parameters), pending.since.timestamp(), pending.session_id, pending.denied]
    text = directory.sealer.seal(json.dumps(said, separators=(",", ":")), _PURPOSE, "").rstrip("=")
    if len(text) > _LONGEST:
        raise OAuthFault("invalid_request", "The request is too long")
    return text


def opened(directory: Directory, text: str) -> Pending | None:
    """None of what we did not seal, or so long ago that nobody waits any more."""
    try:
        padded = text + "=" * (-len(text.partition(".")[2]) % 4)
        said = json.loads(directory.sealer.open(padded, _PURPOSE, "")) if len(text) <= _LONGEST else None
    except (BadServiceKeys, ValueError):
        return None
    if said is None:
        return None
    parameters, since, session_id, denied = said
    pending = Pending(parameters, datetime.fromtimestamp(since, UTC), session_id, denied)
    return pending if pending.since + LIFETIME > directory.clock() else None


def path_to(directory: Directory, pending: Pending) -> str:
    """Where the browser goes on with it."""
    return f"{PATH}?{CONTINUE}={sealed(directory, pending)}"


def waiting_for_consent(directory: Directory, text: str, session_id: str) -> Pending:
    """A request that waits for this session's consent. Raises `NotFound`."""
    pending = opened(directory, text)
    if pending is None or not pending.session_id or pending.session_id != session_id:
        raise NotFound("There is no such request, or it has waited too long")
    return pending


def denied(pending: Pending) -> Pending:
    return replace(pending, denied=True)
