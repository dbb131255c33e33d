"""Bring mail over from another server or from files, with its dates and flags; nothing comes twice."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Identity
from chassis.ids import new_id
from services.mail.domain.flags import canonical
from services.mail.domain.importing import MOST_KEYS, Import, imported_id, source_name
from services.mail.domain.message import Arrival, Content
from services.mail.store.encoding import described
from services.mail.usecases.account_meant import account_meant
from services.mail.usecases.context import Mail
from services.mail.usecases.create_mailbox import open_or_create
from services.mail.usecases.facts import acted
from services.mail.usecases.place import Newcomer, place
from services.mail.usecases.provision import provision


async def begin_import(mail: Mail, actor: Identity, address: str, source: str) -> Import:
    """`address`: whose mail it is; the actor's own when empty.

    Raises `InvalidInput`, `NotFound` for nobody's address, `Forbidden` for an account of a unit that the actor does not
    administer.
    """
    named = source_name(source)
    account = await account_meant(mail, actor, address)
    owner, whose = account.id, account.address
    await provision(mail, owner)
    begun = Import(new_id(), owner, whose, actor.account_id, named, mail.now())
    if owner != actor.account_id:
        # Told before anything can come.
        await mail.store.notices.tell([acted("import_mail", owner, {"source": named}, named=whose)])
    await mail.store.imports.insert(begun)
    return begun


async def list_imports(mail: Mail, actor: Identity, address: str) -> list[Import]:
    """The newest first. Raises as `begin_import` does."""
    return await mail.store.imports.of((await account_meant(mail, actor, address)).id)


async def open_import(mail: Mail, actor: Identity, owner: str, import_id: str) -> Import:
    """One that the actor began. Raises `NotFound`."""
    found = await mail.store.imports.get(owner, import_id)
    if found.actor != actor.account_id:
        raise NotFound("No such import")
    return found


async def missing(mail: Mail, brought: Import, keys: Sequence[str]) -> list[str]:
    """Those of the keys under which nothing is there. Raises `InvalidInput`."""
    if len(keys) > MOST_KEYS:
        raise InvalidInput("Too many keys", fields={"keys": f"at most {MOST_KEYS}"})
    ids = {key: imported_id(brought.owner, key) for key in keys}
    present = await mail.store.messages.present(brought.owner, list(ids.values()), session=None)
    return [key for key, message_id in ids.items() if message_id not in present]


async def import_message(
    mail: Mail,
    brought: Import,
    mailbox: str,
    content: Content,
    *,
    key: str,
    flags: Iterable[str] = (),
    received_at: datetime | None = None,
) -> tuple[str, bool]:
    """The message's id, and whether it was there already.

    Raises `InvalidInput`, `OverQuota`, `NotFound` when the account is gone, `Conflict` when others keep winning.
    """
    message_id = imported_id(brought.owner, key)
    when = min((received_at or mail.now()).astimezone(UTC), mail.now())
    newcomer = Newcomer(Arrival(content, b"", canonical(flags), when), described(content), message_id=message_id)
    box = await open_or_create(mail, brought.owner, mailbox)

    async def act(session: Any) -> bool:
        if await mail.store.messages.present(brought.owner, [message_id], session=session):
            return True
        there = partial(mail.store.mailboxes.advance, brought.owner, box.id)
        await place(mail, brought.owner, there, [newcomer], session=session)
        await mail.store.imports.count(brought.owner, brought.id, content.size, mail.now(), session=session)
        return False

    return message_id, await mail.store.transaction(act)
