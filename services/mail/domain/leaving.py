"""What may leave an account: rules that its units were given, and what they look at.

Each rule of each unit above an account holds: who administers a directorate adds to what its ministry decided, and
takes nothing away from it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import translate
from functools import lru_cache
from unicodedata import category, combining, normalize

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_domain
from services.mail.domain.header import values

MOST_RULES, MOST_WORDS = 100, 100
# In words.
LONGEST_MARK = 10
MOST_NAME, MOST_TEXT, MOST_WORD, MOST_OCTETS = 60, 300, 100, 1024**4

# Where a letter bears its mark, beside its subject. RFC 4021 §2.1.55 has Sensitivity.
_MARKED = ("x-classification", "sensitivity")
_APART = re.compile(r"[,;/|]")
# What stands before the subject itself: "[CONFIDENTIEL]", "CONFIDENTIEL:", "Re:".
_BEFORE = re.compile(r"\s*(?:\[([^\[\]]{1,200})\]|([^\[\]:]{1,200}):)")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/(?:\*|[a-z0-9!#$&^_.+-]+)")


class Action(Enum):
    """What becomes of a letter that a rule is about."""

    # It leaves, and its sender is told.
    WARN = "warn"
    # It waits until those whom the unit names approve it.
    HOLD = "hold"
    REFUSE = "refuse"


class To(Enum):
    """Whom a letter goes to that a rule is about: one such recipient is enough."""

    ANYBODY = "anybody"
    # In no domain of the platform.
    OUTSIDE = "outside"
    # In one of the domains listed, or below it.
    IN_DOMAINS = "in_domains"
    # In none of the domains listed, nor below one.
    NOT_IN_DOMAINS = "not_in_domains"


@dataclass(frozen=True, slots=True)
class Rule:
    """All that it says must be so of a letter; of a list, one. What is empty or 0 says nothing."""

    name: str
    action: Action
    # What the sender is told.
    text: str
    # What a mark begins with, in any case and however it is accented.
    marks: tuple[str, ...] = ()
    to: To = To.ANYBODY
    domains: tuple[str, ...] = ()
    # Octets of a letter that is larger.
    beyond: int = 0
    # Of attachments: "application/pdf", "video/*"; "*.exe".
    types: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitRules:
    """The rules that one unit was given, in its order, and the ids of the accounts and functions that decide on what
    they hold."""

    unit_id: str
    rules: tuple[Rule, ...]
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaving:
    """A letter, as rules look at it. `attachments`: types and names, as the sender declared them."""

    # What its marks begin with, as words.
    marks: frozenset[tuple[str, ...]]
    # Of its recipients, and whether one is outside the platform.
    domains: frozenset[str]
    outside: bool
    octets: int
    attachments: tuple[tuple[str, str], ...]


def about(rule: Rule, letter: Leaving) -> bool:
    """Whether a rule is about a letter."""
    return (
        _marked(rule, letter) and _addressed(rule, letter) and letter.octets > rule.beyond and _attached(rule, letter)
    )


def marks_of(header: bytes) -> frozenset[tuple[str, ...]]:
    """What the marks that a header bears begin with: of each its first word, its first two, and so on, folded."""
    found = [part for name in _MARKED for value in values(header, name) for part in _APART.split(_folded(value))]
    for subject in values(header, "subject"):
        found += _before(_folded(subject))
    marks = [_words(each)[:LONGEST_MARK] for each in found]
    return frozenset(words[:count] for words in marks for count in range(1, len(words) + 1))


def attachment(content_type: str, filename: str) -> tuple[str, str]:
    """As rules look at it. Some systems drop dots and spaces at the end of a name: what is left is what is opened."""
    return content_type.lower(), _folded(filename).rstrip(". ")


def _before(subject: str) -> Iterator[str]:
    at = 0
    while (found := _BEFORE.match(subject, at)) is not None:
        yield found[1] or found[2]
        at = found.end()


def _folded(text: str) -> str:
    """Without case, accents, and characters that nobody sees."""
    bare = normalize("NFKD", text)
    return "".join(each for each in bare if not combining(each) and category(each) != "Cf").casefold()


@lru_cache(maxsize=20_000)
def _mark(given: str) -> tuple[str, ...]:
    return _words(_folded(given))


def _words(text: str) -> tuple[str, ...]:
    """Of what is folded already."""
    return tuple(re.findall(r"[^\W_]+", text))


def _marked(rule: Rule, letter: Leaving) -> bool:
    return not rule.marks or any(_mark(each) in letter.marks for each in rule.marks)


def _addressed(rule: Rule, letter: Leaving) -> bool:
    if rule.to is To.ANYBODY:
        return True
    if rule.to is To.OUTSIDE:
        return letter.outside
    listed, among = frozenset(rule.domains), rule.to is To.IN_DOMAINS
    return any(_within(domain, listed) is among for domain in letter.domains)


def _within(domain: str, listed: frozenset[str]) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[at:]) in listed for at in range(len(labels)))


def _attached(rule: Rule, letter: Leaving) -> bool:
    """One attachment of such a type and such a name, where the rule says both."""
    if not rule.types and not rule.filenames:
        return True
    types, names = _any_of(rule.types), _any_of(rule.filenames)
    return any(types.match(kind) and names.match(name) for kind, name in letter.attachments)


@lru_cache(maxsize=2000)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(_folded(each)) for each in patterns))


def checked(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Rules that a unit may be given, with what they name in the form that it is looked up by.

    Raises `InvalidInput`, whose fields name each rule by its number from 0.
    """
    if len(rules) > MOST_RULES:
        raise InvalidInput("Too many rules", fields={"rules": f"at most {MOST_RULES}"})
    wrong: dict[str, str] = {}
    found: list[Rule] = []
    for number, rule in enumerate(rules):
        if rule.name in {each.name for each in found}:
            wrong[f"rules[{number}].name"] = "another rule has it"
        for field, problem in _problems(rule):
            wrong[f"rules[{number}].{field}"] = problem
        found.append(rule)
    if wrong:
        raise InvalidInput("Not rules that letters can be held to", fields=wrong)
    return tuple(_looked_up(rule) for rule in found)


def _problems(rule: Rule) -> Iterator[tuple[str, str]]:
    for field, given, most in (("name", rule.name, MOST_NAME), ("text", rule.text, MOST_TEXT)):
        if not given.strip() or len(given) > most or not given.isprintable():
            yield field, f"must be 1 to {most} characters on one line"
    listed = {"marks": rule.marks, "domains": rule.domains, "types": rule.types, "filenames": rule.filenames}
    for field, each in listed.items():
        if len(each) > MOST_WORDS or any(not 0 < len(word) <= MOST_WORD or not word.isprintable() for word in each):
            yield field, f"at most {MOST_WORDS}, each of 1 to {MOST_WORD} characters on one line"
    if any(not 0 < len(_mark(mark)) <= LONGEST_MARK for mark in rule.marks):
        yield "marks", f"a mark is 1 to {LONGEST_MARK} words"
    if any(_TYPE.fullmatch(each.lower()) is None for each in rule.types):
        yield "types", 'must be as "application/pdf" or "video/*"'
    if any(not _is_domain(each) for each in rule.domains):
        yield "domains", "must be mail domains"
    if bool(rule.domains) is not (rule.to in (To.IN_DOMAINS, To.NOT_IN_DOMAINS)):
        yield "domains", "must be listed where recipients are in them or not, and nowhere else"
    if not 0 <= rule.beyond <= MOST_OCTETS:
        yield "beyond_octets", f"must be 0 to {MOST_OCTETS}"
    if rule.to is To.ANYBODY and not (rule.marks or rule.beyond or rule.types or rule.filenames):
        yield "name", "the rule says of no letter that it is about it"


def _is_domain(given: str) -> bool:
    try:
        mail_domain(given)
    except InvalidInput:
        return False
    return True


def _looked_up(rule: Rule) -> Rule:
    return Rule(
        rule.name.strip(),
        rule.action,
        rule.text.strip(),
        rule.marks,
        rule.to,
        tuple(mail_domain(each) for each in rule.domains),
        rule.beyond,
        tuple(each.lower() for each in rule.types),
        rule.filenames,
    )
