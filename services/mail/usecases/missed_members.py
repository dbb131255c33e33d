"""Members of a list who had no room for a letter for too long: whoever wrote it is told once, of all of them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog

from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.missed_letter import MOST_NAMED, Missed, missed_letter
from services.mail.store.list_letters import MOST_MISSED, Told
from services.mail.usecases.context import Mail
from services.mail.usecases.list_members import is_member
from services.mail.usecases.tell_outside import tell_outside
from services.mail.usecases.tell_owner import tell_owner

log = structlog.get_logger(__name__)
# Twice as long as a page waits for its next try at most: by then each page has been given up.
GATHERED = timedelta(hours=8)
# Of what is due, in one round.
MOST = 100


async def note_missed(mail: Mail, list_id: str, letter_id: str, account_ids: Sequence[str]) -> None:
    """These members miss a letter to the list. Repeatable."""
    log.warning("list_members_without_room", list=list_id, letter=letter_id, accounts=list(account_ids))
    await mail.store.list_letters.missed(list_id, letter_id, account_ids, mail.now() + GATHERED)


async def tell_missed(mail: Mail) -> int:
    """Tell whoever wrote what members miss. Returns how many letters were looked at."""
    due = await mail.store.list_letters.to_tell(mail.now(), MOST)
    for told in due:
        try:
            await _tell(mail, told)
        except WorkspaceError as error:  # due with the next round; the others need not wait for it
            log.warning("missed_members_not_told", letter=told.letter_id, error=str(error))
    return len(due)


async def _tell(mail: Mail, told: Told) -> None:
    """From the first step on nobody is added, so that the letter is the same when it is told again."""
    closed = await mail.store.list_letters.close(told)
    group = await mail.store.groups.list_by_id(told.list_id)
    if closed and group is not None and closed.missed:
        # Who is in a list is said to nobody who is not.
        inside = bool(closed.author) and await is_member(mail, group, closed.author)
        people = await mail.people.by_ids(sorted(closed.missed)[:MOST_NAMED]) if inside else []
        named = sorted(each.address for each in people if each.address)
        count = min(len(closed.missed), MOST_MISSED)
        missed = Missed(
            told.letter_id, closed.at, group.address, closed.subject, count, len(closed.missed) > count, named
        )
        if closed.author:
            with suppress(NotFound):  # the account was deleted meanwhile
                await tell_owner(mail, closed.author, partial(missed_letter, missed))
        elif closed.sender:
            source = missed_letter(missed, closed.sender, mail.domains.names[0])
            await tell_outside(mail, told.letter_id, closed.sender, source)
    await mail.store.list_letters.was_told(told)
