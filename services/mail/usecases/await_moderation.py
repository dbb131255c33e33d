"""Keep a letter to a list until a moderator decides, have moderators asked, and end it when nobody has decided in
time."""

from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from functools import partial
from typing import Any

import structlog

from chassis.errors import WorkspaceError
from services.mail.domain.lists import Group
from services.mail.domain.moderation import Outcome, Why
from services.mail.store.list_letters import ListLetter
from services.mail.store.moderated import Waiting
from services.mail.usecases.arriving import Arriving
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, moderation_decided, moderation_requested

log = structlog.get_logger(__name__)
# Of what is due, in one round.
MOST = 100
LOOK_AGAIN = timedelta(minutes=1)
# Of what comes from outside moderators of a list are asked so often at the most: each who writes to it would else write
# as often to each of them.
ASKED_EVERY = timedelta(hours=1)


async def to_wait(mail: Mail, letter: ListLetter, group: Group, arriving: Arriving, why: Why) -> Waiting:
    """The letter as it waits."""
    expires = letter.at + mail.options.moderation_wait
    return Waiting(letter, group.address, expires, expires, await _authors(mail, arriving), arriving.content.size, why)


async def _authors(mail: Mail, arriving: Arriving) -> tuple[str, ...]:
    """Accounts that sent it, or in whose name it is. From outside nobody logged in: whoever wrote the moderators' names
    there, or sent again what they once wrote, would hide from them what waits."""
    author, sender = arriving.delivery.author, arriving.sender
    if not author:
        return ()
    _, named = parseaddr(arriving.content.description.sender)
    authors = {author, *[await mail.people.account_of(each.lower()) for each in (sender, named) if each]}
    return tuple(sorted(each for each in authors if each))


async def keep_waiting(mail: Mail, waiting: Waiting, *, session: Any) -> None:
    """In the transaction that takes it in. Moderators are asked at once, or of one from outside that comes soon after
    another, once they may be asked again. Such a one took its place first (`usecases/from_outside.py`), which writes
    what says when they were asked: nobody asks them in between."""
    if waiting.letter.from_outside:
        asked = await mail.store.list_policies.asked(waiting.list_id, session=session)
        if asked is not None and (later := asked + ASKED_EVERY) > mail.now():
            await mail.store.moderated.insert(replace(waiting, due=later), session=session)
            return
    await mail.store.moderated.insert(waiting, session=session)
    await _ask(mail, waiting, session=session)


async def _ask(mail: Mail, waiting: Waiting, *, session: Any) -> None:
    if waiting.letter.from_outside:
        await mail.store.list_policies.note_asked(waiting.list_id, mail.now(), session=session)
    await mail.store.notices.tell([moderation_requested(waiting.list_id, waiting.id)], session=session)


async def tend_moderated(mail: Mail) -> int:
    """Have moderators asked of what came soon after another, and end what nobody decided on in time. Returns how many
    were looked at."""
    due = await mail.store.moderated.due(mail.now(), MOST)
    for waiting in due:
        try:
            await (_expire if waiting.expires <= mail.now() else _ask_later)(mail, waiting)
        except WorkspaceError as error:  # looked at again soon; the others need not wait for it
            log.warning("moderated_letter_put_off", letter=waiting.id, error=str(error))
            await mail.store.moderated.put_off(waiting, mail.now() + LOOK_AGAIN)
    return len(due)


async def _ask_later(mail: Mail, waiting: Waiting) -> None:
    """Unless they were asked of another since it came: they find it beside that."""

    async def act(session: Any) -> None:
        if not await mail.store.moderated.put_off(waiting, waiting.expires, session=session):
            return
        asked = await mail.store.list_policies.asked(waiting.list_id, session=session)
        if asked is None or asked + ASKED_EVERY <= waiting.due:
            await _ask(mail, waiting, session=session)

    await mail.store.transaction(act)


async def _expire(mail: Mail, waiting: Waiting) -> None:
    facts = [await list_act(mail, "expire_list_letter", waiting), *told_of(waiting, Outcome.EXPIRED)]

    async def act(session: Any) -> None:
        if await take_out(mail, waiting, session=session):
            await mail.store.notices.tell(facts, session=session)

    await mail.store.transaction(act)


async def take_out(mail: Mail, waiting: Waiting, *, session: Any) -> bool:
    """It waits no more; false when somebody else was faster."""
    if not await mail.store.moderated.take(waiting, session=session):
        return False
    if waiting.letter.from_outside:
        await mail.store.list_policies.give_place_back(waiting.list_id, session=session)
    return True


def told_of(waiting: Waiting, outcome: Outcome, by: str = "", reason: str = "") -> list[Any]:
    """The fact by which its sender is told what became of it. To outside goes what the members did not get, where the
    sender is known to be who it is: nobody is written to whose name somebody used."""
    letter = waiting.letter
    told = partial(moderation_decided, letter.author, letter.id, waiting.address, letter.subject, outcome)
    if not letter.from_outside:
        return [told(by, reason)]
    # Who moderates is not said outside.
    to_tell = letter.proven and outcome is not Outcome.ACCEPTED
    return [told(waiting.address if by else "", reason, sender=letter.sender)] if to_tell else []


async def list_act(mail: Mail, name: str, waiting: Waiting, reason: str = "") -> Any:
    """What is done with a letter, for the audit log of its list's unit."""
    policy = await mail.store.list_policies.get(waiting.list_id)
    told = {"letter": waiting.id, "sender": waiting.letter.sender, **({"reason": reason} if reason else {})}
    unit_path = policy.unit_path if policy is not None else ()
    return acted(name, waiting.list_id, told, named=waiting.address, unit_path=unit_path)
