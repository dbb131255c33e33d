"""A room or a piece of equipment of a unit: what it is, and the rules by which it is booked."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from chassis.errors import InvalidInput
from services.calendar.domain.finding.working_hours import ALWAYS, WorkingHours

PREFIX = "room-"
# The calendar of a resource, in its own home.
CALENDAR = "agenda"
MOST_FEATURES, MOST_UNITS, MOST_STEWARDS, LONGEST_FEATURE = 40, 50, 20, 40
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_PLACE = 100, 2000, 60
LARGEST, FURTHEST_DAYS, LONGEST_MINUTES = 100_000, 3 * 366, 31 * 24 * 60
_LOCAL = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
_APART = re.compile(r"[^a-z0-9]+")


class Kind(Enum):
    """CUTYPE (RFC 5545 §3.2.3) of an attendee that is one."""

    ROOM = "room"
    EQUIPMENT = "equipment"

    @property
    def cutype(self) -> str:
        return "ROOM" if self is Kind.ROOM else "RESOURCE"


class OnClash(Enum):
    """What becomes of a series of which some instances cannot be had."""

    DECLINE_INSTANCES = "decline_instances"
    DECLINE_ALL = "decline_all"


class Shown(Enum):
    """What those who may book see of others' bookings."""

    BUSY = "busy"
    TITLES = "titles"


@dataclass(frozen=True)
class Policy:
    """How a resource is booked. `stewards`, by account, decide where it is not `automatic`; `bookers`, by unit, may
    book, with all units below them: none is everybody."""

    automatic: bool = True
    stewards: tuple[str, ...] = ()
    bookers: tuple[str, ...] = ()
    horizon_days: int = 366
    longest_minutes: int = 24 * 60
    recurring: bool = True
    on_holidays: bool = True
    on_clash: OnClash = OnClash.DECLINE_INSTANCES
    shown: Shown = Shown.BUSY


@dataclass(frozen=True)
class Resource:
    """`unit_path` leads from the root to its unit; `hours`: when it is open. `version` grows with each change."""

    id: str
    kind: Kind
    name: str
    address: str
    unit_id: str
    unit_path: tuple[str, ...]
    created_at: datetime
    description: str = ""
    # Persons; 0 where nobody counted.
    capacity: int = 0
    features: tuple[str, ...] = ()
    building: str = ""
    floor: str = ""
    hours: WorkingHours = ALWAYS
    policy: Policy = field(default_factory=Policy)
    version: int = 1
    # Of the fact that told where its unit stands.
    placed: int = 0

    def bookable_by(self, unit_path: Sequence[str]) -> bool:
        """Whether somebody who stands at the end of a path may book it."""
        return not self.policy.bookers or bool(set(self.policy.bookers) & set(unit_path))

    @property
    def place(self) -> str:
        """As a location says it."""
        return ", ".join(filter(None, (self.name, self.building, self.floor)))

    @property
    def terms(self) -> tuple[str, ...]:
        """The words that it is searched by."""
        said = " ".join((self.name, self.description[:200], self.building, self.floor, *self.features))
        return tuple(dict.fromkeys(words_of(said)))[:60]


def is_resource(owner: str) -> bool:
    """Whether the owner of a calendar is a room or equipment, no account."""
    return owner.startswith(PREFIX)


def words_of(text: str) -> list[str]:
    """Words without case and accents, as search compares them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return [word[:40] for word in _APART.split("".join(c for c in plain if not unicodedata.combining(c))) if word]


def local_part(name: str) -> str:
    """What an address can be made of: "Salle Kara, bât. A" is "salle-kara-bat-a"."""
    return "-".join(words_of(name))[:60].strip("-") or "ressource"


def address_given(given: str, domain: str) -> str:
    """An address in the domain of resources, from its part before the @ or the whole. Raises `InvalidInput`."""
    local, at, named = given.strip().lower().partition("@")
    if not _LOCAL.fullmatch(local) or ".." in local or (at and named != domain):
        raise InvalidInput("Not an address of a resource", fields={"address": f"letters, digits, - _ . then @{domain}"})
    return f"{local}@{domain}"


def _line(name: str, most: int, *, needed: bool = False) -> Any:
    def check(given: str) -> str:
        text = given.strip()
        if len(text) > most or not text.isprintable() or (needed and not text):
            raise InvalidInput(f"Not a {name}", fields={name: f"at most {most} characters on one line"})
        return text

    return check


def _description(given: str) -> str:
    if len(given) > LONGEST_DESCRIPTION or not all(line.isprintable() for line in given.splitlines()):
        raise InvalidInput("Not a description", fields={"description": f"at most {LONGEST_DESCRIPTION} characters"})
    return given


def _capacity(given: int) -> int:
    if not 0 <= given <= LARGEST:
        raise InvalidInput("Not a capacity", fields={"capacity": f"0 to {LARGEST}"})
    return given


def features_given(given: Sequence[str]) -> tuple[str, ...]:
    """What it has, each once, as it was written. Raises `InvalidInput`."""
    found: dict[str, str] = {}
    for each in given:
        text = each.strip()
        if not 0 < len(text) <= LONGEST_FEATURE or not text.isprintable() or not words_of(text):
            raise InvalidInput("Not a feature", fields={"features": f"1 to {LONGEST_FEATURE} characters each"})
        found.setdefault(folded(text), text)
    if len(found) > MOST_FEATURES:
        raise InvalidInput("Too many features", fields={"features": f"at most {MOST_FEATURES}"})
    return tuple(found.values())


def folded(feature: str) -> str:
    """As two spellings of a feature are compared."""
    return " ".join(words_of(feature))


def policy_given(policy: Policy) -> Policy:
    """Raises `InvalidInput`."""
    bad: dict[str, str] = {}
    if len(policy.stewards) > MOST_STEWARDS:
        bad["stewards"] = f"at most {MOST_STEWARDS}"
    if not policy.automatic and not policy.stewards:
        bad["stewards"] = "somebody has to decide where nothing is accepted by itself"
    if len(policy.bookers) > MOST_UNITS:
        bad["bookers"] = f"at most {MOST_UNITS}"
    if not 1 <= policy.horizon_days <= FURTHEST_DAYS:
        bad["horizon_days"] = f"1 to {FURTHEST_DAYS}"
    if not 5 <= policy.longest_minutes <= LONGEST_MINUTES:
        bad["longest_minutes"] = f"5 to {LONGEST_MINUTES}"
    if bad:
        raise InvalidInput("Not rules of booking", fields=bad)
    stewards, bookers = tuple(dict.fromkeys(policy.stewards)), tuple(dict.fromkeys(policy.bookers))
    return replace(policy, stewards=stewards, bookers=bookers)


def _hours(given: WorkingHours) -> WorkingHours:
    if not any(given.days):
        raise InvalidInput("It has to be open at some time", fields={"hours": "at least one span of the week"})
    return given


_CHECKED: Mapping[str, Any] = {
    "name": _line("name", LONGEST_NAME, needed=True),
    "description": _description,
    "capacity": _capacity,
    "features": features_given,
    "building": _line("building", LONGEST_PLACE),
    "floor": _line("floor", LONGEST_PLACE),
    "hours": _hours,
    "policy": policy_given,
}
FIELDS = frozenset(_CHECKED)


def described(resource: Resource, said: Mapping[str, Any]) -> Resource:
    """With the fields of `FIELDS` that an administrator says. Raises `InvalidInput`."""
    return replace(resource, **{name: _CHECKED[name](value) for name, value in said.items()})


def placed(resource: Resource, unit_id: str, path: Sequence[str], version: int, heir: str = "") -> Resource:
    """The resource after a unit stands at the end of a path or, with an `heir`, is another one from now on; itself,
    where that says nothing about it."""
    after = resource
    if resource.unit_id == unit_id and heir:
        after = replace(after, unit_id=heir, unit_path=tuple(path), placed=0)
    elif resource.unit_id == unit_id and version > resource.placed:
        after = replace(after, unit_path=tuple(path), placed=version)
    if heir and unit_id in resource.policy.bookers:
        bookers = tuple(dict.fromkeys(heir if each == unit_id else each for each in resource.policy.bookers))
        after = replace(after, policy=replace(after.policy, bookers=bookers))
    return after if after == resource else replace(after, version=resource.version + 1)
