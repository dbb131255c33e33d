"""Meeting polls: times are put to colleagues, they answer, and one becomes a meeting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chassis.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from chassis.events import Fact
from chassis.identity import Identity
from chassis.ids import new_id
from services.calendar.domain.calendars import DEFAULT_NAME, id_of, title_given
from services.calendar.domain.finding.poll import Answer, Option, Poll, Vote, closed, options_given, voted
from services.calendar.domain.objects.addresses import uri_of
from services.calendar.domain.objects.lines import made, made_text
from services.calendar.domain.objects.tree import Node
from services.calendar.domain.objects.values import unix_of, write_moment
from services.calendar.domain.objects.writing import serialise
from services.calendar.store.polls import KeptPoll
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import letter_requested
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.poll_guests import asking_letters, guests_asked, guests_coming, result_letters
from services.calendar.usecases.put_object import put_object

MOST_INVITEES, MOST_POLLS, MOST_LISTED = 100, 200, 200
ATTEMPTS = 10
NO_POLL = "There is no such poll"


async def create_poll(
    agenda: Agenda,
    caller: Identity,
    title: str,
    times: Sequence[tuple[datetime, datetime]],
    invitees: Sequence[str],
    deadline: datetime | None,
) -> KeptPoll:
    """Who has no account is asked by a link. Raises `InvalidInput`, `PreconditionFailed` for who has as many as one
    may, `TooManyRequests` for too many letters."""
    now = agenda.now()
    options = options_given([Option(str(at + 1), start, end) for at, (start, end) in enumerate(sorted(times))], now)
    if deadline is not None and deadline <= now:
        raise InvalidInput("Nobody could answer", fields={"deadline": "to come"})
    if not 1 <= len(invitees) <= MOST_INVITEES:
        raise InvalidInput("A poll asks somebody", fields={"invitees": f"1 to {MOST_INVITEES}"})
    found = await agenda.people.by_addresses([each.lower() for each in invitees])
    if away := [each for each in invitees if each.lower() in found and found[each.lower()].suspended]:
        raise InvalidInput("Not agents here", fields={"invitees": ", ".join(away)[:300]})
    guests = await guests_asked(agenda, caller, [each for each in invitees if each.lower() not in found])
    if await agenda.polls.count(caller.account_id) >= MOST_POLLS:
        raise PreconditionFailed("There are too many polls", fields={"polls": f"at most {MOST_POLLS}"})
    asked = dict.fromkeys(each.account_id for each in found.values() if each.account_id != caller.account_id)
    poll = Poll(title_given(title), options, deadline)
    kept = KeptPoll(caller.account_id, new_id(), poll, tuple(asked), now, guests=tuple(guests.values()))
    letters = [letter_requested(each, *_letter(caller, poll)) for each in asked]
    letters += asking_letters(agenda, kept, caller.name or caller.address, guests)
    await agenda.polls.insert(kept, *letters)
    return kept


async def list_polls(agenda: Agenda, caller: Identity) -> list[KeptPoll]:
    return await agenda.polls.concerning(caller.account_id, MOST_LISTED)


async def get_poll(agenda: Agenda, caller: Identity, key: str) -> KeptPoll:
    """Raises `NotFound` also for who has nothing to do with it."""
    found = await agenda.polls.find(key)
    if found is None or caller.account_id not in {found.owner, *found.invitees}:
        raise NotFound(NO_POLL)
    return found


async def vote_in_poll(
    agenda: Agenda, caller: Identity, key: str, answers: Mapping[str, Answer], comment: str
) -> KeptPoll:
    """Raises `NotFound`, `InvalidInput`, `PreconditionFailed` when it is over, `Conflict`."""
    vote = Vote((caller.name or caller.address)[:100], dict(answers), comment)
    return await _change(agenda, caller, key, lambda kept: voted(kept.poll, caller.account_id, vote, agenda.now()))


async def close_poll(agenda: Agenda, caller: Identity, key: str, option_id: str) -> KeptPoll:
    """The meeting is written first, under the poll's own id, so that closing again after a fault makes no second one.
    Raises `NotFound`, `PreconditionFailed`, `Conflict`."""
    kept = await _own(agenda, caller, key)
    ended = closed(kept.poll, option_id)
    if ended.chosen:
        await own_calendars(agenda, kept.owner)
        content = await _meeting(agenda, caller, kept, ended.option(ended.chosen))
        await put_object(agenda, caller, id_of(kept.owner, DEFAULT_NAME), f"{kept.id.lower()}.ics", content)
    letters = result_letters(kept, ended, caller.name or caller.address)
    # Who answered meanwhile does not change what was chosen.
    return await _change(
        agenda, caller, key, lambda now: closed(now.poll, ended.chosen) if ended.chosen else ended, *letters
    )


async def delete_poll(agenda: Agenda, caller: Identity, key: str) -> None:
    """Raises `NotFound`."""
    await agenda.polls.remove((await _own(agenda, caller, key)).key)


async def _own(agenda: Agenda, caller: Identity, key: str) -> KeptPoll:
    kept = await get_poll(agenda, caller, key)
    if kept.owner != caller.account_id:
        raise NotFound(NO_POLL)
    return kept


async def _change(
    agenda: Agenda, caller: Identity, key: str, act: Callable[[KeptPoll], Poll], *facts: Fact
) -> KeptPoll:
    for _ in range(ATTEMPTS):
        kept = await get_poll(agenda, caller, key)
        after = replace(kept, poll=act(kept), version=kept.version + 1)
        if await agenda.polls.change(after, *facts):
            return after
    raise Conflict


async def _meeting(agenda: Agenda, caller: Identity, kept: KeptPoll, option: Option) -> bytes:
    """Everybody is invited but those who said that they cannot come."""
    said = {voter: vote.answers.get(option.id, Answer.NO) for voter, vote in kept.poll.votes.items()}
    coming = [each for each in kept.invitees if said.get(each, Answer.IF_NEEDED) is not Answer.NO]
    people = await agenda.people.by_ids(coming)
    lines = [
        made("UID", kept.uid),
        made("DTSTAMP", write_moment(unix_of(kept.created_at), utc=True)),
        made("DTSTART", write_moment(unix_of(option.start), utc=True)),
        made("DTEND", write_moment(unix_of(option.end), utc=True)),
        made_text("SUMMARY", kept.poll.title),
    ]
    guests = guests_coming(kept, option.id)
    if people or guests:
        lines.append(made("ORGANIZER", uri_of(caller.address)))
        params = {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
        lines += [made("ATTENDEE", uri_of(each.address), {"CN": each.display_name, **params}) for each in people]
        lines += [made("ATTENDEE", uri_of(each.address), params) for each in guests]
    return serialise(Node("VEVENT", lines))


def _letter(caller: Identity, poll: Poll) -> tuple[str, list[str]]:
    """The subject, and paragraphs, French first."""
    who = caller.name or caller.address
    times = [f"- {each.start.astimezone(UTC):%d/%m/%Y %H:%M}–{each.end.astimezone(UTC):%H:%M}" for each in poll.options]
    return (
        f"Sondage de réunion : {poll.title}",
        [
            f"{who} propose plusieurs dates pour « {poll.title} ».",
            "\r\n".join(times),
            "Indiquez celles qui vous conviennent dans votre agenda (heures GMT, celles de Lomé).",
            f"{who} suggests several times for “{poll.title}”. Please say in your calendar which of them suit you.",
        ],
    )
