"""Passkeys of one's own account: made, listed, removed."""

import secrets

from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from chassis.errors import AlreadyExists, NotFound, Unauthenticated
from services.directory import passkeys
from services.directory.domain.factors import Factors, Passkey, passkey_name
from services.directory.usecases.change_factors import change_factors, told
from services.directory.usecases.context import Directory
from services.directory.usecases.login_challenge import OVER, sealed, unsealed
from services.directory.usecases.own_credentials import fresh_owner, owner
from services.directory.usecases.passkey_login import SPENT_FOR
from services.directory.usecases.recovery_codes import with_first_codes

_PURPOSE = "passkey-registration"
_KIND = "passkey"
_NO_PASSKEY = "There is no such passkey"


async def begin_registration(directory: Directory) -> tuple[str, str]:
    """A state, and options for the browser."""
    account = await fresh_owner(directory)
    held = (await directory.factors.find(account.id)).passkeys
    nonce = secrets.token_bytes(32)
    state = sealed(directory, _PURPOSE, nonce=bytes_to_base64url(nonce), account=account.id)
    return state, passkeys.registration_options(directory.policy, account, nonce, held)


async def finish_registration(directory: Directory, state: str, answer: str, name: str) -> tuple[Passkey, list[str]]:
    """The passkey, and the account's first recovery codes, or none when it has some.

    Raises `InvalidInput`, `Unauthenticated` (the state is over), `AlreadyExists`, `PreconditionFailed`.
    """
    account = await fresh_owner(directory)
    said = unsealed(directory, state, _PURPOSE)
    called = passkey_name(name)
    nonce = base64url_to_bytes(said["nonce"])
    if said["account"] != account.id:
        raise Unauthenticated(OVER)
    made = passkeys.registered(directory.policy, nonce, answer)
    now = directory.clock()
    if not await directory.spent.spend(f"{_KIND}.{said['nonce']}", now + SPENT_FOR):
        raise Unauthenticated(OVER)
    if await directory.factors.by_passkey(made.id) is not None:
        raise AlreadyExists("This passkey is known already", fields={"credential_json": "taken"})
    passkey = Passkey(made.id, made.public_key, made.sign_count, called, now, made.transports, made.backed_up)
    fresh: list[str] = []

    def change(before: Factors) -> Factors:
        after, codes = with_first_codes(directory, before.with_passkey(passkey))
        fresh[:] = codes
        return after

    await change_factors(directory, account.id, change, told(account, "add_passkey", _KIND, "set", made.id))
    return passkey, fresh


async def list_passkeys(directory: Directory) -> tuple[Passkey, ...]:
    return (await directory.factors.find((await owner(directory)).id)).passkeys


async def rename_passkey(directory: Directory, passkey_id: str, name: str) -> Passkey:
    """Raises `NotFound`, `InvalidInput`."""
    account = await owner(directory)
    called = passkey_name(name)

    def change(before: Factors) -> Factors:
        if before.passkey(passkey_id) is None:
            raise NotFound(_NO_PASSKEY)
        return before.with_renamed(passkey_id, called)

    # Its owner's word for it, by which nobody logs in: no credential has changed.
    after = await change_factors(directory, account.id, change)
    return next(each for each in after.passkeys if each.id == passkey_id)


async def delete_passkey(directory: Directory, passkey_id: str) -> None:
    """Raises `NotFound`."""
    account = await fresh_owner(directory)
    if (await directory.factors.find(account.id)).passkey(passkey_id) is None:
        raise NotFound(_NO_PASSKEY)
    await change_factors(
        directory,
        account.id,
        lambda before: before.without_passkey(passkey_id),
        told(account, "remove_passkey", _KIND, "removed", passkey_id),
    )
