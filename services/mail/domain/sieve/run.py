"""One run of a script over one letter: what it is given, what it asks, and what it has said so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.mail.domain.sieve import limits
from services.mail.domain.sieve.actions import Failure, Notification, Redirect, Reject, Store, Tracked, Vacation
from services.mail.domain.sieve.comparators import octets_of, text_of
from services.mail.domain.sieve.letter import Letter
from services.mail.domain.sieve.matching import Match
from services.mail.domain.sieve.text import Text


@dataclass(frozen=True, slots=True)
class Envelope:
    """Empty `sender`: a bounce. `recipient`: the address that was asked for, with its detail."""

    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be known to go on: `body`, `mailboxes`, or whether `duplicate` was seen before (its key).

    `steps`: what the run has cost until then.
    """

    what: str
    key: str = ""
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out for a script that asked. `mailboxes`: by name, its special use or nothing; `steps`: what the
    runs before this one have cost."""

    mailboxes: Mapping[str, str] | None = None
    seen: Mapping[str, bool] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    steps: int = 0


class Asks(Exception):
    """The run cannot go on without knowing this; it begins anew then."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted.what)
        self.wanted = wanted


class Failed(Exception):
    """The script cannot go on."""

    def __init__(self, french: str, english: str) -> None:
        super().__init__(english)
        self.french = french
        self.english = english


class Run:
    """The state of a run. Its actions are read when it has ended."""

    def __init__(self, letter: Letter, envelope: Envelope, now: datetime, known: Known, variables: bool) -> None:
        self.letter = letter
        self.envelope = envelope
        self.now = now
        self.known = known
        self.steps = known.steps
        self.line = 0
        self.edits = 0
        self._keeps_matches = variables
        self._variables: dict[str, str] = {}
        self._matched: tuple[str, ...] = ()
        self.flags: tuple[str, ...] = ()
        self.implicit_keep = True
        self.stores: list[Store] = []
        self.redirects: list[Redirect] = []
        self.notifications: list[Notification] = []
        self.tracked: dict[str, Tracked] = {}
        self.vacation: Vacation | None = None
        self.rejection: Reject | None = None

    def spend(self, steps: int) -> None:
        """Raises `Failed` when the run has cost enough."""
        self.steps += steps
        if self.steps > limits.MAX_STEPS:
            raise Failed("le script demande trop de travail", "the script takes too much work")

    # Strings and variables

    def text(self, given: Text) -> str:
        """A string with its variables' values. Raises `Failed` when it grows beyond what a script may be."""
        constant = given.constant
        if constant is not None:
            return constant
        pieces: list[str] = []
        length = 0
        for part in given.parts:
            piece = part if isinstance(part, str) else self.variable(part.name)
            length += len(piece)
            if length > limits.MAX_SCRIPT:
                raise Failed("un texte devient trop long", "a text grows too long")
            pieces.append(piece)
        self.spend(1 + length // 256)
        text = "".join(pieces)
        # Halves of a character that wildcards took apart are one again.
        return text if text.isascii() else text_of(octets_of(text))

    def texts(self, given: Sequence[Text]) -> list[str]:
        return [self.text(each) for each in given]

    def optional(self, given: Sequence[Text]) -> str:
        """The one string of an option; empty when it is not there."""
        return self.text(given[0]) if given else ""

    def variable(self, name: str) -> str:
        if name.isdigit():
            number = int(name)
            return self._matched[number] if number < len(self._matched) else ""
        return self._variables.get(name, "")

    def set(self, name: str, value: str) -> None:
        """Longer values are cut (RFC 5229 §3). Raises `Failed` for too many variables."""
        self._variables[name.lower()] = value[: limits.MAX_VARIABLE]
        if len(self._variables) > limits.MAX_VARIABLES:
            raise Failed("il y a trop de variables", "there are too many variables")

    def matched(self, match: Match | None) -> bool:
        """Whether there was a match; what its wildcards took is kept (RFC 5229 §3.2)."""
        if match is None:
            return False
        if match.found and self._keeps_matches:
            self._matched = tuple(each[: limits.MAX_VARIABLE] for each in match.found[:32])
        return True

    # What has to be asked

    def body(self) -> bytes:
        if self.letter.body is None:
            raise Asks(Wanted("body"))
        return self.letter.body

    def mailboxes(self) -> Mapping[str, str]:
        if self.known.mailboxes is None:
            raise Asks(Wanted("mailboxes"))
        return self.known.mailboxes

    def seen(self, key: str) -> bool:
        if key not in self.known.seen:
            if len(self.known.seen) >= limits.MAX_DUPLICATES:
                raise Failed("il y a trop de tests « duplicate »", 'there are too many "duplicate" tests')
            raise Asks(Wanted("duplicate", key))
        return self.known.seen[key]

    # Actions

    def header_now(self) -> bytes | None:
        """The header as it was edited so far; None when it was not."""
        return self.letter.edited if self.edits else None

    def acted(self) -> None:
        """Raises `Failed` when that was one action too many."""
        if len(self.stores) + len(self.redirects) + len(self.notifications) > limits.MAX_ACTIONS:
            raise Failed("il y a trop d'actions", "there are too many actions")

    def failure(self, failed: Failed) -> Failure:
        return Failure(self.line, failed.french, failed.english)
