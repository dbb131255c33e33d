"""An account's Sieve scripts: kept, read, and made active by their owner."""

import asyncio
from collections.abc import Callable, Set
from typing import Any

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.identity import identity_or_none
from services.mail.domain.forwarding import forwards
from services.mail.domain.scripts import Scripts, own_name, script_name
from services.mail.domain.sieve import ScriptError, compile_script
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted
from services.mail.usecases.standing import standing

# Several programs of one agent change scripts at once; more often than that in a row nobody loses.
_TRIES = 8
# Characters of the addresses that the audit log keeps.
_MOST_TOLD = 1000


async def list_scripts(mail: Mail, owner: str) -> Scripts:
    """All of them, with the active one's name."""
    return await mail.store.scripts.of(owner)


async def get_script(mail: Mail, owner: str, name: str) -> bytes:
    """A script's octets, as they were put. Raises `NotFound`, `InvalidInput`."""
    return (await mail.store.scripts.of(owner)).source(script_name(name))


async def check_script(mail: Mail, source: bytes) -> None:
    """Raises `ScriptError` for what is no script, `Forbidden` for one that forwards where it must not."""
    refuse_forwarding(mail, await outside(mail, source))


async def have_space(mail: Mail, owner: str, name: str, size: int) -> None:
    """Raises `TooManyScripts`, `NoRoomForScript`: a script of that size would not be kept."""
    wanted = own_name(name)
    (await mail.store.scripts.of(owner)).room_for(wanted, size)


async def put_script(mail: Mail, owner: str, name: str, source: bytes) -> None:
    """Keep a script, new or changed; one that is active runs from now on as it is now.

    Raises `ScriptError` for what is none, `TooManyScripts`, `NoRoomForScript`, `InvalidInput`, `Forbidden` for the one
    that the rules make, and for one that forwards where it must not.
    """
    wanted = own_name(name)
    await check_script(mail, source)
    await change_scripts(mail, owner, lambda scripts: scripts.put(wanted, source))


async def activate_script(mail: Mail, owner: str, name: str) -> None:
    """Make it the one that runs, in place of whichever does; the empty name: none runs.

    Raises `NotFound`, and `Forbidden` for one that forwards where it must not.
    """
    wanted = script_name(name) if name else ""
    await change_scripts(mail, owner, lambda scripts: scripts.activate(wanted))


async def delete_script(mail: Mail, owner: str, name: str) -> None:
    """Raises `NotFound`, `ScriptActive`, `Forbidden` for the one that the rules make."""
    gone = own_name(name)
    await change_scripts(mail, owner, lambda scripts: scripts.delete(gone))


async def rename_script(mail: Mail, owner: str, old: str, new: str) -> None:
    """Raises `NotFound`, `AlreadyExists`, `InvalidInput`, `Forbidden` for the one that the rules make."""
    before, after = own_name(old), own_name(new)
    await change_scripts(mail, owner, lambda scripts: scripts.rename(before, after))


async def change_scripts(mail: Mail, owner: str, change: Callable[[Scripts], Scripts]) -> Scripts:
    """Change what is there, in one write; what forwards letters outside from now on is told to the audit log in it.

    Raises what `change` raises, `Conflict` when others keep winning, `Forbidden`, and `NotFound` for an account that is
    no more.
    """
    if await mail.store.erasures.known(owner):
        raise NotFound("The account is no more")
    for _ in range(_TRIES):
        seen = await mail.store.scripts.of(owner)
        changed = change(seen)
        if changed == seen:
            return seen
        kept = await mail.store.scripts.keep(owner, seen, changed, await _told(mail, owner, seen, changed))
        if kept is not None:
            mail.scripts.forget(owner)
            return kept
    raise Conflict("The scripts are changed by others all the time")


async def outside(mail: Mail, source: bytes) -> Set[str]:
    """Where else than to our domains a script may send letters. Raises `ScriptError`."""
    # The largest takes a third of a second to read: others have their turn meanwhile.
    script = await asyncio.to_thread(compile_script, source)
    return {address for address in forwards(script) if not mail.domains.hold(address)}


def refuse_forwarding(mail: Mail, addresses: Set[str]) -> None:
    """Raises `Forbidden` where letters may not be sent on to other domains."""
    if addresses and not mail.options.forwarding_outside:
        shown = ", ".join(sorted(addresses))[:_MOST_TOLD]
        raise Forbidden(
            f"Faire suivre des messages hors de l'administration n'est pas autorisé : {shown}.\n"
            f"Forwarding messages outside of the administration is not allowed: {shown}."
        )


async def _told(mail: Mail, owner: str, seen: Scripts, changed: Scripts) -> list[Any]:
    """What the audit log keeps of a change. Raises `Forbidden` for what must not forward."""
    before, after = (each.sources.get(each.active, b"") for each in (seen, changed))
    if after == before:
        return []
    addresses = await outside(mail, after)
    refuse_forwarding(mail, addresses)
    news = addresses - await _once_outside(mail, before)
    if not news:
        return []
    identity = identity_or_none()
    details = {"script": changed.active, "to": ", ".join(sorted(news))[:_MOST_TOLD]}
    stands = await standing(mail, owner)
    named = identity.address if identity is not None else stands.name
    return [acted("forward_outside", owner, details, named=named, unit_path=stands.unit_path)]


async def _once_outside(mail: Mail, source: bytes) -> Set[str]:
    """The same of a script that was kept before, perhaps when it was sound."""
    try:
        return await outside(mail, source)
    except ScriptError:
        return frozenset()
