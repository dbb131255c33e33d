"""Meeting polls: several times are put to people, they say which suit them, and one is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from chassis.errors import InvalidInput, NotFound, PreconditionFailed

MOST_OPTIONS, MOST_VOTERS, LONGEST_NAME, LONGEST_COMMENT = 50, 500, 100, 500


class Answer(Enum):
    YES = "yes"
    IF_NEEDED = "if_needed"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Option:
    """A time that is put to the vote; `id` is unique in its poll."""

    id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Vote:
    """What one voter answers, by option; what somebody says nothing of does not suit."""

    name: str
    answers: Mapping[str, Answer]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    option: Option
    yes: int
    if_needed: int
    no: int

    @property
    def coming(self) -> int:
        return self.yes + self.if_needed


@dataclass(frozen=True, slots=True)
class Poll:
    """`votes` by the voter's own key: an account, or what somebody without one was given. `chosen` is the option that
    a closed poll ended with, empty for none."""

    title: str
    options: tuple[Option, ...]
    deadline: datetime | None = None
    votes: Mapping[str, Vote] = field(default_factory=dict)
    closed: bool = False
    chosen: str = ""

    def open_at(self, now: datetime) -> bool:
        return not self.closed and (self.deadline is None or now < self.deadline)

    def option(self, option_id: str) -> Option:
        """Raises `NotFound`."""
        for option in self.options:
            if option.id == option_id:
                return option
        raise NotFound("That poll has no such option")


def options_given(given: Sequence[Option], now: datetime) -> tuple[Option, ...]:
    """The options of a poll, in the order of time. Raises `InvalidInput`."""
    if not 1 <= len(given) <= MOST_OPTIONS:
        raise InvalidInput("A poll needs times to choose from", fields={"options": f"1 to {MOST_OPTIONS}"})
    if any(option.end <= option.start or option.start <= now for option in given):
        raise InvalidInput("Not times to meet", fields={"options": "each ends after it starts, and is to come"})
    if len({(option.start, option.end) for option in given}) < len(given):
        raise InvalidInput("The same time stands twice", fields={"options": "each once"})
    if len({option.id for option in given}) < len(given):
        raise InvalidInput("Options need ids of their own", fields={"options": "each id once"})
    return tuple(sorted(given, key=lambda option: (option.start, option.end)))


def voted(poll: Poll, voter: str, vote: Vote, now: datetime) -> Poll:
    """The poll with a vote, in place of the voter's earlier one. Raises `InvalidInput`, `PreconditionFailed`."""
    if not poll.open_at(now):
        raise PreconditionFailed("The poll is closed")
    known = {option.id for option in poll.options}
    if not set(vote.answers) <= known:
        raise InvalidInput("The poll has no such option", fields={"answers": "ids of its options"})
    if not vote.name.strip() or len(vote.name) > LONGEST_NAME or not vote.name.isprintable():
        raise InvalidInput("Say who votes", fields={"name": f"1 to {LONGEST_NAME} characters"})
    if len(vote.comment) > LONGEST_COMMENT:
        raise InvalidInput("The comment is too long", fields={"comment": f"at most {LONGEST_COMMENT} characters"})
    if voter not in poll.votes and len(poll.votes) >= MOST_VOTERS:
        raise PreconditionFailed("The poll has as many votes as it may have")
    return replace(poll, votes={**poll.votes, voter: vote})


def tallies(poll: Poll) -> list[Tally]:
    """How each option stands, the best first: whom it suits at all, then whom without effort, then the earliest."""
    found = []
    for option in poll.options:
        given = [vote.answers.get(option.id, Answer.NO) for vote in poll.votes.values()]
        found.append(Tally(option, *(given.count(answer) for answer in (Answer.YES, Answer.IF_NEEDED, Answer.NO))))
    return sorted(found, key=lambda tally: (-tally.coming, -tally.yes, tally.option.start, tally.option.end))


def closed(poll: Poll, option_id: str = "") -> Poll:
    """The poll at its end, with the option that its owner chose, or the best when none is named; with none where nobody
    could come. Raises `NotFound`, `PreconditionFailed`."""
    if poll.closed:
        raise PreconditionFailed("The poll is closed")
    if option_id:
        return replace(poll, closed=True, chosen=poll.option(option_id).id)
    best = tallies(poll)[0]
    return replace(poll, closed=True, chosen=best.option.id if best.coming else "")
