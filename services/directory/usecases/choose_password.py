"""A new password of an account: judged by the policy and by those before it, then hashed."""

from collections.abc import Sequence

from chassis.errors import InvalidInput
from chassis.ids import new_id
from services.directory.domain import passwords
from services.directory.domain.accounts import Account, Credential
from services.directory.usecases.context import Directory


async def chosen(directory: Directory, account: Account, password: str, field: str = "password") -> Credential:
    """A credential made of a password that the policy accepts. `account` is read with its credential.

    Raises `InvalidInput` naming `field`: "length", "too easy" or "used before".
    """
    ready = await judged(directory, account, password, field)
    before = account.credential
    earlier = [before.encoded, *before.history] if before is not None else []
    for encoded in earlier:
        if await directory.hasher.verify(encoded, ready):
            raise InvalidInput("A new password is none of the last ones", fields={field: "used before"})
    return following(before, new_id(), await directory.hasher.hash(ready))


def following(before: Credential | None, own: str, encoded: str) -> Credential:
    """The credential that follows another, whose hash it remembers."""
    earlier = (before.encoded, *before.history) if before is not None else ()
    return Credential(own, encoded, earlier[: passwords.REMEMBERED - 1])


async def judged(directory: Directory, account: Account, password: str, field: str = "password") -> str:
    """The password in its prepared form, if it may be this account's at all. Raises `InvalidInput`."""
    places = await _places(directory, account)
    known: Sequence[str] = (account.display_name, account.staff_number, *account.aliases, *places)
    # Off the loop: an estimate takes milliseconds, of a hostile password tens of them.
    return await directory.hasher.off_loop(lambda: passwords.accepted(password, account.address, field, known))


async def _places(directory: Directory, account: Account) -> list[str]:
    return [unit.name for unit in await directory.units.named(account.unit_path)] if account.unit_path else []
