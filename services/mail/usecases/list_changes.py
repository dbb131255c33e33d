"""Follow a mailbox by its cursor, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.mail.domain.message import Message
from services.mail.domain.uids import Range, ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.view import changes_since


@dataclass(frozen=True)
class ChangePage:
    """Changes in the order of their modseqs. `after`: where the next page begins; None on the last, which alone tells
    what vanished, and the cursor."""

    changed: list[Message]
    vanished: Sequence[Range]
    modseq: int
    complete: bool
    after: tuple[int, int] | None


async def list_changes(
    mail: Mail, owner: str, mailbox_id: str, since: int, *, count: int, after: tuple[int, int] = (0, 0)
) -> ChangePage:
    """What changed after `since`, from behind the position `after` (modseq, UID) on. Raises `NotFound`.

    What changes between two pages has a higher modseq, and is on a later page, if need be again.
    """
    changes = await changes_since(mail, owner, mailbox_id, since)
    rows = sorted((row.modseq, row.uid) for row in changes.changed if (row.modseq, row.uid) > after)
    page = rows[:count]
    wanted = ranges_of(uid for _, uid in page)
    found = [each async for each in mail.store.messages.messages(owner, mailbox_id, wanted)]
    changed = sorted(found, key=lambda each: (each.modseq, each.uid))
    if len(rows) > count:
        return ChangePage(changed, [], 0, True, page[-1])
    return ChangePage(changed, changes.vanished, changes.modseq, changes.complete, None)
