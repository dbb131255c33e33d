"""An agent's account: addresses, place, roles, and who may touch it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from chassis.errors import InvalidInput
from services.directory.domain import text
from services.directory.domain.addresses import normalised
from services.directory.domain.photos import Photo
from services.directory.domain.provisioning import UNSAID, Provisioning

ADMINISTRATOR, HELP_DESK, AUDITOR = "administrator", "help_desk", "auditor"
ROLES = frozenset({ADMINISTRATOR, HELP_DESK, AUDITOR})
PERSON, SERVICE = "person", "service"
LANGUAGES = frozenset({"", "fr", "en"})
MAX_ALIASES = 30
MAX_ROLES = 30
MAX_RETIRED = 50
MAX_STAFF_NUMBER = 40


@dataclass(frozen=True)
class RoleGrant:
    """A role over the unit at the end of `unit_path` and all below it; the empty path is the whole."""

    role: str
    unit_path: tuple[str, ...] = ()

    @property
    def unit_id(self) -> str:
        return self.unit_path[-1] if self.unit_path else ""

    def covers(self, path: Sequence[str]) -> bool:
        return not self.unit_path or self.unit_id in path


@dataclass(frozen=True)
class Profile:
    """What an address book says of a person beside the name; each is empty where nobody said it."""

    given_name: str = ""
    family_name: str = ""
    title: str = ""
    grade: str = ""
    place: str = ""
    phone: str = ""
    mobile: str = ""
    # "fr" or "en": what the platform writes to the person in.
    language: str = ""


PROFILE = tuple(each.name for each in fields(Profile))


@dataclass(frozen=True)
class Credential:
    """A password as argon2id keeps it, or an older system did; its id changes with every new password."""

    id: str
    encoded: str
    # The hashes of those before it, newest first.
    history: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retired:
    """An address that was an account's own and forwards to it until a day; it is nobody else's as long."""

    address: str
    until: datetime


@dataclass(frozen=True)
class Departure:
    """That an agent has left: since when, who has the mailbox, and when the account is deleted."""

    at: datetime
    delete_at: datetime
    successor_id: str = ""


@dataclass(frozen=True)
class Account:
    """An account; `credential` is there only where it was asked for."""

    id: str
    address: str
    display_name: str
    created_at: datetime
    aliases: tuple[str, ...] = ()
    unit_path: tuple[str, ...] = ()
    staff_number: str = ""
    kind: str = PERSON
    profile: Profile = Profile()
    provisioning: Provisioning = UNSAID
    roles: tuple[RoleGrant, ...] = ()
    suspended: bool = False
    # Not in the address book.
    hidden: bool = False
    # Addresses of functions that it holds: they are the functions', and pass to the next holder.
    functions: tuple[str, ...] = ()
    retired: tuple[Retired, ...] = ()
    version: int = 1
    changed_at: datetime | None = None
    # Every session made up to then is over.
    sessions_end: datetime | None = None
    credential: Credential | None = None
    departure: Departure | None = None
    photo: Photo | None = None

    @property
    def unit_id(self) -> str:
        return self.unit_path[-1] if self.unit_path else ""

    @property
    def provisioned(self) -> bool:
        """Whether provisioners see it: a person who has not departed (RFC 7644 §3.6)."""
        return self.kind == PERSON and self.departure is None

    @property
    def other_addresses(self) -> tuple[str, ...]:
        """All that it receives for beside its primary address."""
        return (*self.also_writes_as, *(each.address for each in self.retired))

    @property
    def also_writes_as(self) -> tuple[str, ...]:
        """What it may send as beside its primary address: a retired one only forwards."""
        return (*self.aliases, *self.functions)

    def administers(self, path: Sequence[str]) -> bool:
        """Whether it administers the unit at the end of a path from the root; the empty path is the whole."""
        return self.holds(ADMINISTRATOR, path)

    def holds(self, role: str, path: Sequence[str]) -> bool:
        """Whether it holds a role over the unit at the end of a path from the root."""
        return any(grant.role == role and grant.covers(path) for grant in self.roles)

    def helps(self, path: Sequence[str]) -> bool:
        """Whether it may reset credentials there: the help desk, and administrators."""
        return self.holds(HELP_DESK, path) or self.administers(path)

    def sees(self, account_id: str, path: Sequence[str]) -> bool:
        """Whether the account of an id at a path is shown to it: itself, its own ministry, whom it administers or
        helps."""
        same = bool(self.unit_path) and self.unit_path[:1] == tuple(path[:1])
        return same or self.id == account_id or self.helps(path)

    def is_national(self) -> bool:
        return self.administers(())

    def may_change(self, other: "Account") -> bool:
        """Whether it administers the other's unit and could itself grant each role that the other holds.

        Otherwise an administrator could set a higher one's password and be that one.
        """
        paths = [other.unit_path, *(grant.unit_path for grant in other.roles)]
        return all(self.administers(path) for path in paths)

    def may_help(self, other: "Account") -> bool:
        """Whether it may reset the other's credentials: its roles reach as far as all that the other holds.

        Whoever administers may appoint the help desk, so an administrator helps it; the help desk helps no
        administrator and no auditor.
        """
        if not self.helps(other.unit_path):
            return False
        return all(
            self.helps(grant.unit_path) if grant.role == HELP_DESK else self.administers(grant.unit_path)
            for grant in other.roles
        )

    def with_addresses(self, address: str, aliases: Sequence[str]) -> "Account":
        """With these addresses of its own; what they are, they are not as retired ones."""
        primary = normalised(address)
        others = _aliases(primary, aliases)
        kept = tuple(each for each in self.retired if each.address not in {primary, *others})
        return replace(self, address=primary, aliases=others, retired=kept)

    def renamed(self, address: str, until: datetime) -> "Account":
        """With another primary address; the old one forwards until then."""
        primary = normalised(address)
        if primary == self.address:
            return self
        if len(self.retired) >= MAX_RETIRED:
            raise InvalidInput("Too many retired addresses", fields={"address": f"more than {MAX_RETIRED}"})
        others = [each for each in self.aliases if each != primary]
        return self.with_addresses(primary, others)._retiring(Retired(self.address, until))

    def without_alias(self, address: str, until: datetime) -> "Account":
        """Without a further address, which forwards until then. Raises `InvalidInput`."""
        if address == self.address:
            raise InvalidInput(
                "The address that an account is known by is changed, not closed", fields={"address": "own"}
            )
        if address not in self.aliases:
            return self
        if len(self.retired) >= MAX_RETIRED:
            raise InvalidInput("Too many retired addresses", fields={"address": f"more than {MAX_RETIRED}"})
        account = replace(self, aliases=tuple(each for each in self.aliases if each != address))
        return account._retiring(Retired(address, until))

    def without_foreign(self, foreign: Collection[str], until: datetime) -> "Account":
        """With its aliases in domains that are another's now retired: they forward until then."""
        leaving = [each for each in self.aliases if each.rpartition("@")[2] in foreign]
        account = replace(self, aliases=tuple(each for each in self.aliases if each not in leaving))
        for each in leaving[: MAX_RETIRED - len(account.retired)]:
            account = account._retiring(Retired(each, until))
        return account

    def _retiring(self, old: Retired) -> "Account":
        return replace(self, retired=(*(each for each in self.retired if each.address != old.address), old))

    def without_expired(self, now: datetime) -> "Account":
        return replace(self, retired=tuple(each for each in self.retired if each.until > now))

    def with_functions(self, addresses: Collection[str]) -> "Account":
        return replace(self, functions=tuple(sorted(addresses)))

    def with_name(self, given: str) -> "Account":
        return replace(self, display_name=text.name(given, "display_name"))

    def with_profile(self, given: Profile, wanted: Collection[str] = PROFILE) -> "Account":
        """The fields of `wanted` as given, the others as they are."""
        said = {field: text.optional(getattr(given, field), field) for field in PROFILE if field in wanted}
        if said.get("language", "") not in LANGUAGES:
            raise InvalidInput("The platform speaks French and English", fields={"language": "fr or en"})
        return replace(self, profile=replace(self.profile, **said))

    def with_staff_number(self, given: str) -> "Account":
        number = given.strip()
        if len(number) > MAX_STAFF_NUMBER or not all(c.isalnum() or c in "-/._ " for c in number):
            wrong = "letters, digits, - / . _ and space, at most 40"
            raise InvalidInput("Not a staff number", fields={"staff_number": wrong})
        return replace(self, staff_number=number)

    def with_roles(self, roles: Sequence[RoleGrant]) -> "Account":
        if len(roles) > MAX_ROLES or any(grant.role not in ROLES for grant in roles):
            raise InvalidInput("Not roles that exist", fields={"roles": "unknown, or more than 30"})
        return replace(self, roles=tuple(dict.fromkeys(roles)))


def _aliases(address: str, given: Sequence[str]) -> tuple[str, ...]:
    if len(given) > MAX_ALIASES:
        raise InvalidInput("Too many aliases", fields={"aliases": f"more than {MAX_ALIASES}"})
    each = dict.fromkeys(normalised(alias, "aliases") for alias in given)
    each.pop(address, None)
    return tuple(each)
