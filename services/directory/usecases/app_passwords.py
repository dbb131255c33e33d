"""App passwords of one's own account: listed, made, revoked."""

from chassis.errors import NotFound, PreconditionFailed
from chassis.ids import new_id
from services.directory.domain import codes
from services.directory.domain.accounts import Account
from services.directory.domain.app_passwords import MOST, AppPassword, label_of, protocol_of
from services.directory.usecases import facts
from services.directory.usecases.app_password_proofs import app_password_proofs
from services.directory.usecases.context import Directory
from services.directory.usecases.facts import Fact
from services.directory.usecases.own_credentials import fresh_owner, owner

_KIND = "app_password"


async def list_app_passwords(directory: Directory) -> list[AppPassword]:
    """Those that are good, oldest first."""
    return await directory.app_passwords.of_account((await owner(directory)).id)


async def create_app_password(directory: Directory, protocol: str, label: str) -> tuple[AppPassword, str]:
    """A new one, and its secret, which is not to be had again. Raises `InvalidInput`, `PreconditionFailed`."""
    wanted, called = protocol_of(protocol), label_of(label)
    account = await fresh_owner(directory)
    if len(await directory.app_passwords.of_account(account.id)) >= MOST:
        raise PreconditionFailed(f"An account has at most {MOST} app passwords; revoke one first")
    secret = codes.made(codes.APP_PASSWORD)
    made = AppPassword(
        id=new_id(),
        account_id=account.id,
        protocol=wanted,
        label=called,
        proof=app_password_proofs(directory.sealer, account.id, secret)[0],
        created_at=directory.clock(),
    )
    said = [
        facts.credential_changed(account.id, _KIND, "set", made.id),
        *facts.recorded_of_others("create_app_password", account, _details(made)),
    ]
    await directory.app_passwords.insert(made, said)
    return made, codes.shown(secret)


async def delete_app_password(directory: Directory, password_id: str) -> None:
    """Whoever is connected with it is disconnected. Raises `NotFound`, also when it was revoked before."""
    account = await owner(directory)
    found = next((p for p in await directory.app_passwords.of_account(account.id) if p.id == password_id), None)
    if found is None:
        raise NotFound("There is no such app password")
    await revoke_app_password(directory, account, found)


async def revoke_app_password(directory: Directory, account: Account, password: AppPassword) -> None:
    """End one, with its connections: to them it is the session that they stand on."""
    await directory.app_passwords.end(password, directory.clock(), _revoked(account, password))


def _revoked(account: Account, password: AppPassword) -> list[Fact]:
    return [
        facts.credential_changed(account.id, _KIND, "removed", password.id, 2),
        facts.session_revoked(account.id, password.id),
        *facts.recorded_of_others("revoke_app_password", account, _details(password)),
    ]


def _details(password: AppPassword) -> dict[str, str]:
    return {"protocol": password.protocol, "label": password.label, "credential": password.id}
