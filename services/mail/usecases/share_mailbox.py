"""Share a mailbox with an account, or end it."""

from dataclasses import dataclass
from typing import Any

from chassis.errors import InvalidInput, NotFound, TooManyRequests
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.rights import ADMINISTER, Rights, changed, letters, require, rights
from services.mail.domain.sharing import MAX_GRANTS, Function, granted, with_grant
from services.mail.usecases.access import open_mailbox, owns, rights_in
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, sharing_changed
from services.mail.usecases.standing import standing


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may do what in a mailbox."""

    address: str
    rights: Rights


async def grantee(mail: Mail, address: str) -> str:
    """The account that an identifier names (RFC 4314 §2): an account's own address.

    `anyone` is not served: one slip would show a mailbox to the whole administration. Rights that are taken away from
    who has them otherwise ("-agent") are not, either: nobody has any by a group. Raises `InvalidInput`.
    """
    wanted = address.strip().lower()
    account = await mail.people.account_of(wanted) if "@" in wanted and wanted[0] != "-" else None
    if account is None:
        raise InvalidInput("Not an account", fields={"address": "is no account's own address"})
    return account


async def list_grants(mail: Mail, actor: str, owner: str, mailbox_id: str) -> list[Grant]:
    """With whom it is shared, by address; who is suspended is left out, since nothing is shared with them meanwhile.

    For whoever may say who may what. Raises `NotFound`, `Forbidden`.
    """
    return await grants_of(mail, await open_mailbox(mail, actor, owner, mailbox_id, ADMINISTER))


async def grants_of(mail: Mail, box: Mailbox) -> list[Grant]:
    addresses = await mail.people.addresses([who for who, _ in box.acl]) if box.acl else {}
    found = [Grant(addresses[who], rights(held)) for who, held in box.acl if who in addresses]
    return sorted(found, key=lambda grant: grant.address)


async def owner_of(mail: Mail, box: Mailbox) -> str:
    """The address of whose mailbox it is; empty while the account is suspended."""
    function = await mail.store.functions.get(box.owner)
    return function.address if function is not None else (await mail.people.addresses([box.owner])).get(box.owner, "")


async def share_mailbox(mail: Mail, actor: str, owner: str, mailbox_id: str, address: str, change: str) -> Grant:
    """Give an account rights ("lr"), more ("+s") or fewer ("-s"); without any left it is not shared with it any more.

    Raises `NotFound`, `Forbidden` (`actor` may not), `InvalidInput` (no account, no rights, the owner itself),
    `TooManyRequests` (shared with as many as it may be).
    """
    await open_mailbox(mail, actor, owner, mailbox_id, ADMINISTER)
    account = await grantee(mail, address)
    # An entry of a holder's own would outlast the appointment.
    if await owns(mail, account, owner):
        raise InvalidInput("Its owner", fields={"address": "is the owner, who may do everything"})
    stands = await standing(mail, owner)

    async def act(session: Any) -> Grant:
        before = await mail.store.mailboxes.get(owner, mailbox_id, session=session)
        after = changed(granted(before.acl, account), change)
        acl = with_grant(before.acl, account, letters(after))
        if acl == before.acl:
            return Grant(address.strip().lower(), after)
        if len(acl) > MAX_GRANTS:
            raise TooManyRequests(f"A mailbox is shared with at most {MAX_GRANTS} accounts")
        box = await mail.store.mailboxes.advance(owner, mailbox_id, session=session)
        # Whoever took the right to say so away since it was looked at conflicts above, and is heard here.
        require(await rights_in(mail, actor, box), [ADMINISTER])
        details = {"owner": owner, "mailbox": box.name, "account": account, "rights": letters(after) or "none"}
        done = acted("share_mailbox", mailbox_id, details, named=stands.name, unit_path=stands.unit_path)
        told = [sharing_changed(box, account, letters(after)), done]
        await mail.store.grants.put(box, acl, told, session=session)
        return Grant(address.strip().lower(), after)

    return await mail.store.transaction(act)


async def end_grant(mail: Mail, actor: str, owner: str, mailbox_id: str, address: str) -> None:
    """Raises as `share_mailbox` does, and `NotFound` when it is not shared with that account."""
    box = await open_mailbox(mail, actor, owner, mailbox_id, ADMINISTER)
    account = await grantee(mail, address)
    if not granted(box.acl, account):
        raise NotFound("It is not shared with that account")
    await share_mailbox(mail, actor, owner, mailbox_id, address, "")


async def forget_grantee(mail: Mail, account_id: str) -> None:
    """End all that is shared with an account that is no more, whosever it is. Repeatable."""
    for box in await mail.store.grants.shared_with(account_id):
        await _end(mail, box, account_id)


async def forget_holders(mail: Mail, function: Function) -> None:
    """Whoever holds a function may do everything by that alone: what was granted before ends, so that nothing of it is
    left when somebody else holds it. Repeatable."""
    for box in await mail.store.mailboxes.of(function.id):
        for who in {who for who, _ in box.acl}.intersection(function.standing):
            await _end(mail, box, who)


async def _end(mail: Mail, box: Mailbox, account_id: str) -> None:
    async def act(session: Any) -> None:
        after = await mail.store.mailboxes.advance(box.owner, box.id, session=session)
        told = [sharing_changed(after, account_id, "")]
        await mail.store.grants.put(after, with_grant(after.acl, account_id, ""), told, session=session)

    await mail.store.transaction(act)
