"""Mail domains: each is one unit's, has administrators of its own beside that unit's, and ends only when unused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import InvalidInput, PreconditionFailed
from services.directory.domain.addresses import normalised_domain

# Takes addresses; takes no new one and still receives; is no more.
ACTIVE, CLOSING, GONE = "active", "closing", "gone"
MAX_ADMINISTRATORS = 20
# Under these a country's registry hands out names to whoever asks: none of them is anybody's own.
_REGISTRIES = frozenset({"ac", "asso", "co", "com", "edu", "info", "int", "mil", "net", "nom", "org"})
_COUNTRY = re.compile(r"[a-z]{2}")


@dataclass(frozen=True)
class MailDomain:
    """A mail domain by its name in ASCII; only accounts in or below its unit have addresses in it."""

    name: str
    unit_id: str
    created_at: datetime
    changed_at: datetime
    state: str = ACTIVE
    # Accounts in or below its unit that give and take addresses of it, whatever else they may do.
    administrators: tuple[str, ...] = ()
    version: int = 1

    @property
    def takes_addresses(self) -> bool:
        return self.state == ACTIVE

    def owns(self, address: str) -> bool:
        return address.rpartition("@")[2] == self.name

    def administered_by(self, ids: Iterable[str]) -> "MailDomain":
        each = tuple(dict.fromkeys(ids))
        if len(each) > MAX_ADMINISTRATORS:
            raise InvalidInput(
                f"A mail domain has at most {MAX_ADMINISTRATORS} administrators",
                fields={"administrator_ids": "too many"},
            )
        return replace(self, administrators=each)

    def in_state(self, state: str) -> "MailDomain":
        if state not in {ACTIVE, CLOSING}:
            raise InvalidInput("A mail domain is active or closing, until it is deleted", fields={"state": "unknown"})
        return replace(self, state=state)

    def of_unit(self, unit_id: str) -> "MailDomain":
        """Another unit's from now on; who administered it stands elsewhere."""
        return self if unit_id == self.unit_id else replace(self, unit_id=unit_id, administrators=())

    def refuse_other_version(self, expected: int) -> None:
        """Raise `PreconditionFailed` when the caller knew another version than this; 0 knows none."""
        if expected not in {0, self.version}:
            raise PreconditionFailed("The mail domain has changed meanwhile", fields={"version": str(self.version)})


def proper_name(given: str) -> str:
    """The one spelling of a domain that a unit may have. Raises `InvalidInput`, also for what is a registry's."""
    name = normalised_domain(given, "name")
    labels = name.split(".")
    if len(labels) == 2 and labels[0] in _REGISTRIES and _COUNTRY.fullmatch(labels[1]):
        raise InvalidInput("Under this name others have theirs: it is nobody's own", fields={"name": name})
    return name


def refuse_used(accounts: int, functions: int, groups: int) -> None:
    """Raise `PreconditionFailed` with how many still have addresses of a domain."""
    used = {"accounts": accounts, "functions": functions, "groups": groups}
    if any(used.values()):
        fields = {what: str(count) for what, count in used.items() if count}
        raise PreconditionFailed("The mail domain is still used: its addresses go first", fields=fields)
