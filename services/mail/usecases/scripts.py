"""An account's Sieve scripts: kept, read, and made active by their owner."""

from collections.abc import Callable

from chassis.errors import Conflict, NotFound
from services.mail.domain.scripts import Scripts, own_name, script_name
from services.mail.usecases.context import Mail

# Several programs of one agent change scripts at once; more often than that in a row nobody loses.
_TRIES = 8


async def list_scripts(mail: Mail, owner: str) -> Scripts:
    """All of them, with the active one's name."""
    return await mail.store.scripts.of(owner)


async def get_script(mail: Mail, owner: str, name: str) -> bytes:
    """A script's octets, as they were put. Raises `NotFound`, `InvalidInput`."""
    return (await mail.store.scripts.of(owner)).source(script_name(name))


async def activate_script(mail: Mail, owner: str, name: str) -> None:
    """Make it the one that runs, in place of whichever does; the empty name: none runs. Raises `NotFound`."""
    wanted = script_name(name) if name else ""
    await _change(mail, owner, lambda scripts: scripts.activate(wanted))


async def delete_script(mail: Mail, owner: str, name: str) -> None:
    """Raises `NotFound`, `ScriptActive`, `Forbidden` for the one that the rules make."""
    gone = own_name(name)
    await _change(mail, owner, lambda scripts: scripts.delete(gone))


async def rename_script(mail: Mail, owner: str, old: str, new: str) -> None:
    """Raises `NotFound`, `AlreadyExists`, `InvalidInput`, `Forbidden` for the one that the rules make."""
    before, after = own_name(old), own_name(new)
    await _change(mail, owner, lambda scripts: scripts.rename(before, after))


async def _change(mail: Mail, owner: str, change: Callable[[Scripts], Scripts]) -> Scripts:
    """Change what is there, in one write. Raises `Conflict` when others keep winning."""
    if await mail.store.erasures.known(owner):
        raise NotFound("The account is no more")
    for _ in range(_TRIES):
        seen = await mail.store.scripts.of(owner)
        changed = change(seen)
        if changed == seen or await mail.store.scripts.keep(owner, seen, changed):
            return changed
    raise Conflict("The scripts are changed by others all the time")
