"""Note something of a mailbox or of the server, and read what is noted (RFC 5464)."""

from collections.abc import Mapping
from typing import Any

from services.mail.domain.annotations import Scope, annotated, scope_of
from services.mail.domain.mailbox import Mailbox
from services.mail.store.annotations import SERVER
from services.mail.usecases.context import Mail


async def annotations(mail: Mail, account: str, box: Mailbox | None) -> dict[str, bytes]:
    """What `account` reads of a mailbox, or of the server: its own entries, and those that are shared."""
    if box is None:
        return await mail.store.annotations.of(account, SERVER, Scope.PRIVATE)
    own = await mail.store.annotations.of(account, box.id, Scope.PRIVATE)
    return own | await mail.store.annotations.of(box.owner, box.id, Scope.SHARED)


async def annotate(mail: Mail, account: str, box: Mailbox | None, changes: Mapping[str, bytes | None]) -> None:
    """Change entries, all or none; None removes one. Of the server only what is private can be changed.

    Raises `NotFound` (mailbox), `TooLarge`, `TooManyRequests` (entries).
    """
    mailbox_id = SERVER if box is None else box.id
    by_scope: dict[Scope, dict[str, bytes | None]] = {}
    for name, value in changes.items():
        by_scope.setdefault(scope_of(name), {})[name] = value

    async def act(session: Any) -> None:
        if box is not None:
            await mail.store.mailboxes.get(box.owner, box.id, session=session)
        for scope, some in by_scope.items():
            holder = account if box is None or scope is Scope.PRIVATE else box.owner
            present = await mail.store.annotations.of(holder, mailbox_id, scope, session=session)
            after = annotated(present, some)
            await mail.store.annotations.put(holder, mailbox_id, scope, after, session=session)

    await mail.store.transaction(act)
