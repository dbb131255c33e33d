"""Make a mailbox."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chassis.errors import AlreadyExists, Conflict, NotFound, TooManyRequests
from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.names import above
from services.mail.domain.sharing import Acl, own_name
from services.mail.store.errors import Taken
from services.mail.usecases.context import Mail
from services.mail.usecases.mailboxes import find_mailbox, list_mailboxes
from services.mail.usecases.provision import make

MAX_MAILBOXES = 1000


async def create_mailbox(mail: Mail, owner: str, name: str, *, special_use: SpecialUse | None = None) -> Mailbox:
    """Make it and the missing ones above it.

    Raises `InvalidInput` (name), `AlreadyExists` (the name, or a mailbox of that use), `TooManyRequests` (limit).
    """
    wanted = own_name(name)
    present = await list_mailboxes(mail, owner)
    names = {box.name for box in present}
    if wanted in names:
        raise AlreadyExists("There is a mailbox of this name")
    if special_use and any(box.special_use is special_use for box in present):
        raise AlreadyExists("There is a mailbox of this use")
    missing = missing_above(wanted, names)
    if len(names) + len(missing) >= MAX_MAILBOXES:
        raise TooManyRequests(f"An account has at most {MAX_MAILBOXES} mailboxes")

    async def act(session: Any) -> Mailbox:
        acl = await inherited(mail, owner, wanted, present, session=session)
        made = await make(mail, owner, [*missing, (wanted, special_use)], acl=acl, session=session)
        return made[-1]

    try:
        return await mail.store.transaction(act)
    except Taken:
        raise AlreadyExists("There is a mailbox of this name") from None


async def open_or_create(mail: Mail, owner: str, name: str) -> Mailbox:
    """The mailbox of a name, made where it is missing. Raises `InvalidInput`, `TooManyRequests`, `NotFound` when the
    account is gone, `Conflict` when others keep winning."""
    for _ in range(3):
        with suppress(NotFound):
            return await find_mailbox(mail, owner, name)
        with suppress(AlreadyExists):  # somebody else made it meanwhile
            return await create_mailbox(mail, owner, name)
    raise Conflict("The mailbox is made and deleted all the time")


async def inherited(mail: Mail, owner: str, name: str, present: Sequence[Mailbox], *, session: Any) -> Acl:
    """With whom a new mailbox is shared: with whom the nearest one above it is (RFC 4314 §4).

    That one is advanced, so that whoever ends a grant of it at the same time conflicts: else it would live on below.
    """
    boxes = {box.name: box for box in present}
    nearest = next((boxes[higher] for higher in reversed(above(name)) if higher in boxes), None)
    if nearest is None or not nearest.acl:
        return ()
    with suppress(NotFound):  # deleted meanwhile
        return (await mail.store.mailboxes.advance(owner, nearest.id, session=session)).acl
    return ()


def missing_above(name: str, present: set[str]) -> list[tuple[str, SpecialUse | None]]:
    """What has to be made above a new mailbox."""
    return [(higher, None) for higher in above(name) if higher not in present]
