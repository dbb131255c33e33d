"""Meeting polls with people who have no account: asked by a letter with a secret link, by which they answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workspace.calendar.v1 import events_pb2

from chassis.errors import Conflict, InvalidInput, NotFound, TooManyRequests
from chassis.events import Fact, fact
from chassis.identity import Identity
from chassis.ids import new_id
from chassis.people import Person
from services.calendar.domain.appointments import address_given
from services.calendar.domain.finding.poll import Answer, Poll, Vote, voted
from services.calendar.domain.objects.addresses import domain_of
from services.calendar.domain.poll_guests import (
    A_DAY,
    MOST_BY_ADDRESS,
    MOST_GUESTS,
    MOST_OF_A_DAY,
    Guest,
    asking_letter,
    result_letter,
)
from services.calendar.domain.secret_links import digest_of, new_secret
from services.calendar.store.polls import KeptPoll
from services.calendar.usecases.context import Agenda

ATTEMPTS = 10
NO_POLL = "There is no such poll"


@dataclass(frozen=True)
class Shown:
    """A poll as the link of one of its guests shows it: what others answered is not there."""

    kept: KeptPoll
    guest: Guest
    owner: Person
    open: bool

    @property
    def vote(self) -> Vote | None:
        return self.kept.poll.votes.get(self.guest.id)


async def guests_asked(agenda: Agenda, caller: Identity, addresses: Sequence[str]) -> dict[str, Guest]:
    """By the secrets of their links. Raises `InvalidInput` for what is no address of somebody elsewhere,
    `TooManyRequests`."""
    mails = list(dict.fromkeys(_address(each) for each in addresses))
    ours = {domain_of(caller.address), agenda.options.resource_domain}
    if unknown := [each for each in mails if domain_of(each) in ours]:
        raise InvalidInput("Not agents here", fields={"invitees": ", ".join(unknown)[:300]})
    if len(mails) > MOST_GUESTS:
        raise InvalidInput("Too many people outside", fields={"invitees": f"at most {MOST_GUESTS} without an account"})
    since = agenda.now() - A_DAY
    if mails and await agenda.polls.guests_since(caller.account_id, since) + len(mails) > MOST_OF_A_DAY:
        raise TooManyRequests(retry_after=A_DAY.total_seconds())
    for mail in mails:
        if await agenda.polls.asked_since(mail, since) >= MOST_BY_ADDRESS:
            raise TooManyRequests(retry_after=A_DAY.total_seconds())
    secrets = {new_secret(): mail for mail in mails}
    return {secret: Guest(new_id(), mail, digest_of(secret)) for secret, mail in secrets.items()}


def _address(given: str) -> str:
    """Raises `InvalidInput` by the name of the field that it is of."""
    try:
        return address_given(given)
    except InvalidInput as error:
        raise InvalidInput(error.detail, fields={"invitees": given[:300]}) from error


def asking_letters(agenda: Agenda, kept: KeptPoll, owner: str, guests: Mapping[str, Guest]) -> list[Fact]:
    return [
        _letter(
            kept, guest, *asking_letter(kept.poll, owner, f"{agenda.options.public_url}/sondage/{secret}"), secret=True
        )
        for secret, guest in guests.items()
    ]


def result_letters(kept: KeptPoll, ended: Poll, owner: str) -> list[Fact]:
    """To guests whom no invitation tells how it ended."""
    words = result_letter(ended, owner)
    invited = guests_coming(kept, ended.chosen) if ended.chosen else []
    return [_letter(kept, guest, *words) for guest in kept.guests if guest not in invited]


def guests_coming(kept: KeptPoll, option: str) -> list[Guest]:
    """Who is invited: all but those who said that they cannot come."""
    said = {each.id: kept.poll.votes.get(each.id) for each in kept.guests}
    answers = {key: vote.answers.get(option, Answer.NO) if vote is not None else None for key, vote in said.items()}
    return [each for each in kept.guests if answers[each.id] is not Answer.NO]


def _letter(kept: KeptPoll, guest: Guest, subject: str, text: str, *, secret: bool = False) -> Fact:
    told = events_pb2.InvitationRequested(
        account_id=kept.owner,
        attendees=[events_pb2.InvitationRequested.Attendee(address=guest.address)],
        uid=kept.uid,
        subject=subject,
        text=text,
        secret=secret,
    )
    return fact(told, subject=kept.key, version=kept.version, actor="")


async def shown_poll(agenda: Agenda, secret: str) -> Shown:
    """Raises `NotFound`, also while whoever asks is away."""
    digest = digest_of(secret)
    kept = await agenda.polls.by_digest(digest) if digest else None
    owner = await agenda.people.by_id(kept.owner) if kept is not None else None
    if kept is None or owner is None or owner.suspended:
        raise NotFound(NO_POLL)
    guest = next(each for each in kept.guests if each.digest == digest)
    return Shown(kept, guest, owner, kept.poll.open_at(agenda.now()))


async def vote_as_guest(agenda: Agenda, secret: str, answers: Mapping[str, Answer], comment: str) -> Shown:
    """In place of what was answered by the link before. Raises `NotFound`, `InvalidInput`, `PreconditionFailed` when it
    is over, `Conflict`."""
    for _ in range(ATTEMPTS):
        shown = await shown_poll(agenda, secret)
        vote = Vote(shown.guest.address[:100], dict(answers), comment)
        poll = voted(shown.kept.poll, shown.guest.id, vote, agenda.now())
        after = replace(shown.kept, poll=poll, version=shown.kept.version + 1)
        if await agenda.polls.change(after):
            return replace(shown, kept=after)
    raise Conflict
