"""The simple rules of an account: what it wants done with letters, without writing Sieve."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_address
from services.mail.domain.sharing import own_name
from services.mail.domain.sieve import MAX_REDIRECTS

MOST_RULES = 50
MOST_CONDITIONS = 20
MOST_ACTIONS = 8
MOST_ADDRESSES = 20
MAX_LINE = 200
MAX_TEXT = 8_000
MAX_OCTETS = 2**31 - 1


class Field(Enum):
    """What a condition looks at."""

    FROM = "from"
    # To and Cc.
    TO = "to"
    SUBJECT = "subject"
    # The list that it came by (RFC 2919).
    LIST = "list"
    BODY = "body"
    ATTACHMENT = "attachment"
    # Larger than so many octets.
    SIZE = "size"


class Match(Enum):
    CONTAINS = "contains"
    IS = "is"
    BEGINS = "begins"
    ENDS = "ends"


class Act(Enum):
    MOVE = "move"
    COPY = "copy"
    FLAG = "flag"
    MARK_READ = "mark_read"
    # Into the mailbox of deleted messages.
    DELETE = "delete"
    # A copy stays, unless another action takes it away.
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Condition:
    """`value` where a text is looked for, `octets` for SIZE; case does not count."""

    field: Field
    match: Match = Match.CONTAINS
    value: str = ""
    octets: int = 0
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """`mailbox`, by its full name, for MOVE and COPY; `address` for FORWARD."""

    act: Act
    mailbox: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Without conditions it is for every letter. `stop`: those behind it do not see what it took."""

    name: str
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]
    any_of: bool = False
    stop: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Vacation:
    """`first` and `last` day are in it; None: without beginning, without end. `addresses`: what else is the account's
    own, and answered when it was written to."""

    enabled: bool
    subject: str
    text: str
    first: date | None = None
    last: date | None = None
    addresses: tuple[str, ...] = ()
    colleagues_only: bool = False


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Of everything that comes. Without a copy kept, no rule sees it."""

    enabled: bool
    address: str
    keep_copy: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """All of an account. `version` counts their changes."""

    version: int = 0
    rules: tuple[Rule, ...] = ()
    vacation: Vacation | None = None
    forwarding: Forwarding | None = None

    def renamed(self, names: Mapping[str, str]) -> "Rules":
        """The same where mailboxes have got other names: new ones by old ones."""
        return replace(self, rules=tuple(_renamed(rule, names) for rule in self.rules))

    @property
    def empty(self) -> bool:
        """Whether nothing would be done."""
        return (
            all(rule.disabled for rule in self.rules)
            and not (self.vacation and self.vacation.enabled)
            and not (self.forwarding and self.forwarding.enabled)
        )


def _renamed(rule: Rule, names: Mapping[str, str]) -> Rule:
    actions = (replace(each, mailbox=names.get(each.mailbox, each.mailbox)) for each in rule.actions)
    return replace(rule, actions=tuple(actions))


def sound(given: Rules) -> Rules:
    """The same with addresses and names of mailboxes in their canonical form. Raises `InvalidInput`, which names the
    field."""
    if len(given.rules) > MOST_RULES:
        raise _wrong("rules", f"more than {MOST_RULES}")
    rules = tuple(_rule(rule, f"rules[{place}]") for place, rule in enumerate(given.rules))
    forwarding = given.forwarding and _forwarding(given.forwarding)
    targets = {action.address for rule in rules if not rule.disabled for action in rule.actions} - {""}
    if forwarding and forwarding.enabled:
        targets.add(forwarding.address)
    if len(targets) > MAX_REDIRECTS:
        raise _wrong("rules", f"forward to more than {MAX_REDIRECTS} addresses")
    return Rules(given.version, rules, given.vacation and _vacation(given.vacation), forwarding)


def _rule(rule: Rule, at: str) -> Rule:
    if len(rule.conditions) > MOST_CONDITIONS:
        raise _wrong(f"{at}.conditions", f"more than {MOST_CONDITIONS}")
    if not 1 <= len(rule.actions) <= MOST_ACTIONS:
        raise _wrong(f"{at}.actions", f"not 1 to {MOST_ACTIONS}")
    for place, condition in enumerate(rule.conditions):
        _check_condition(condition, f"{at}.conditions[{place}]")
    actions = tuple(_action(action, f"{at}.actions[{place}]") for place, action in enumerate(rule.actions))
    return Rule(_line(rule.name, f"{at}.name"), rule.conditions, actions, rule.any_of, rule.stop, rule.disabled)


def _check_condition(condition: Condition, at: str) -> None:
    if condition.field is Field.SIZE:
        if not 0 < condition.octets <= MAX_OCTETS:
            raise _wrong(f"{at}.octets", "not a size")
    elif condition.field is not Field.ATTACHMENT:
        _line(condition.value, f"{at}.value")
        if condition.field is Field.BODY and condition.match is not Match.CONTAINS:
            raise _wrong(f"{at}.match", "a text is only looked for in what it contains")


def _action(action: Action, at: str) -> Action:
    if action.act in {Act.MOVE, Act.COPY}:
        try:
            return Action(action.act, mailbox=own_name(action.mailbox))
        except InvalidInput as error:
            raise _wrong(f"{at}.mailbox", error.detail) from None
    if action.act is Act.FORWARD:
        return Action(action.act, address=_address(action.address, f"{at}.address"))
    return Action(action.act)


def _vacation(vacation: Vacation) -> Vacation:
    if vacation.enabled and not vacation.text.strip():
        raise _wrong("vacation.text", "is empty")
    if len(vacation.text) > MAX_TEXT:
        raise _wrong("vacation.text", f"more than {MAX_TEXT} characters")
    if any(_unseen(character) and character not in "\r\n\t" for character in vacation.text):
        raise _wrong("vacation.text", "has control characters")
    if vacation.first and vacation.last and vacation.last < vacation.first:
        raise _wrong("vacation.last_day", "before the first day")
    if len(vacation.addresses) > MOST_ADDRESSES:
        raise _wrong("vacation.addresses", f"more than {MOST_ADDRESSES}")
    return Vacation(
        enabled=vacation.enabled,
        subject=_line(vacation.subject, "vacation.subject", needed=False),
        text="\r\n".join(vacation.text.splitlines()),
        first=vacation.first,
        last=vacation.last,
        addresses=tuple(_address(each, "vacation.addresses") for each in vacation.addresses),
        colleagues_only=vacation.colleagues_only,
    )


def _forwarding(forwarding: Forwarding) -> Forwarding:
    if not forwarding.enabled and not forwarding.address:
        return forwarding
    address = _address(forwarding.address, "forwarding.address")
    return Forwarding(forwarding.enabled, address, forwarding.keep_copy)


def _line(given: str, at: str, *, needed: bool = True) -> str:
    """A text of one line, in NFC."""
    text = unicodedata.normalize("NFC", given).strip()
    if needed and not text:
        raise _wrong(at, "is empty")
    if len(text) > MAX_LINE:
        raise _wrong(at, f"more than {MAX_LINE} characters")
    if any(_unseen(character) for character in text):
        raise _wrong(at, "has control characters")
    return text


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def _address(given: str, at: str) -> str:
    try:
        return mail_address(given)
    except InvalidInput:
        raise _wrong(at, f"{given[:80]!r} is not a mail address") from None


def _wrong(at: str, what: str) -> InvalidInput:
    return InvalidInput(f"{at}: {what}", fields={at: what})
