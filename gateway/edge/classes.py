"""What may be asked for without a token, each in a class of rate of its own: guessing at one takes nothing of another.

A class counts by network address, which a whole ministry may share; where a request names what is guessed at, that is
counted on its own as well, much more narrowly.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import Message

from chassis.rates import Rate
from gateway.settings import Settings

LOGIN, SECOND_FACTOR, PASSKEY, CODE, RESET = "login", "second_factor", "passkey", "code", "reset"
REFRESH, KEYS, TOKEN = "refresh", "keys", "token"
PUBLISHED, BOOKING, BOOKED = "published", "booking", "booked"


@dataclass(frozen=True)
class Class:
    """`field` of the request is what is guessed at; empty where nothing in it is worth counting."""

    name: str
    field: str = ""


# By the name of the request. `TOKEN` are the provider's endpoints, whose rpcs are the gateway's to call.
CLASSES: Mapping[str, Class] = {
    f"workspace.directory.v1.{request}": found
    for request, found in {
        "CreateSessionRequest": Class(LOGIN, "address"),
        "ConfirmSessionRequest": Class(SECOND_FACTOR, "challenge"),
        "ConfirmResetRequest": Class(SECOND_FACTOR, "challenge"),
        "BeginPasskeyRequest": Class(PASSKEY),
        "FinishPasskeyRequest": Class(PASSKEY),
        "FinishResetRequest": Class(CODE, "code"),
        "ActivateRequest": Class(CODE, "code"),
        "StartResetRequest": Class(RESET, "address"),
        "RefreshSessionRequest": Class(REFRESH),
        "GetKeysRequest": Class(KEYS),
        "IssueTokensRequest": Class(TOKEN),
        "IntrospectTokenRequest": Class(TOKEN),
        "RevokeTokenRequest": Class(TOKEN),
    }.items()
} | {
    "workspace.calendar.v1.ReadPublicationRequest": Class(PUBLISHED, "secret"),
    "workspace.calendar.v1.BookAppointmentRequest": Class(BOOKING, "email"),
    "workspace.calendar.v1.ShowAppointmentRequest": Class(BOOKED, "secret"),
}


class ClassRates:
    """The counters of every class."""

    def __init__(self, settings: Settings) -> None:
        wide = dict.fromkeys((REFRESH, KEYS, TOKEN), settings.address_rate)
        narrow = {RESET: settings.reset_rate, BOOKING: settings.reset_rate}
        names = {found.name for found in CLASSES.values()}
        limits = {name: (wide | narrow).get(name, settings.credential_rate) for name in names}
        self._places = {name: Rate(name, limit) for name, limit in limits.items()}
        self._things = {
            name: Rate(name, settings.link_rate if name == PUBLISHED else settings.login_rate) for name in names
        }

    def counters(self, request: Message, place: str) -> list[tuple[Rate, str]]:
        """What a request from a network counts under, the narrowest last; none for what needs a token."""
        found = CLASSES.get(request.DESCRIPTOR.full_name)
        if found is None:
            return []
        counters = [(self._places[found.name], place)]
        if found.field:
            counters.append(self.guess(found.name, place, getattr(request, found.field)))
        return counters

    def guess(self, name: str, place: str, thing: str) -> tuple[Rate, str]:
        """One guess at a thing of a class; only a digest of it is remembered."""
        digest = hashlib.sha256(thing.strip().lower().encode("utf-8", "replace")).hexdigest()
        return self._things[name], f"{place} {digest}"
