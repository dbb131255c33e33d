"""Open an account."""

from dataclasses import replace

from chassis.errors import InvalidInput
from chassis.ids import new_id
from services.directory import hashes
from services.directory.domain.accounts import Account, Credential
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.choose_password import chosen, judged
from services.directory.usecases.context import Directory
from services.directory.usecases.granting import Wish, granted, spelled_roles
from services.directory.usecases.mail_domains import refuse_foreign_domains
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import account_kept, administrators, granting, roles_kept


async def create_account(
    directory: Directory,
    wanted: Account,
    unit_id: str,
    roles: list[Wish],
    password: str,
    *,
    password_hash: str = "",
    validate_only: bool = False,
) -> Account:
    """Open an account in a unit that the caller administers.

    `wanted` carries address, aliases, name and staff number as given; `password_hash` is one of an older system, good
    until the first right login; `validate_only` checks and makes nothing.
    Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound` (the unit).
    """
    asking = await caller(directory)
    path = await unit_to_fill(directory, asking, unit_id)
    account = (
        replace(wanted, id=new_id(), unit_path=path, created_at=directory.clock(), version=1)
        .with_addresses(wanted.address, wanted.aliases)
        .with_name(wanted.display_name)
        .with_staff_number(wanted.staff_number)
        .with_profile(wanted.profile)
        .with_roles(await granted(directory, asking, roles))
    )
    await refuse_foreign_domains(directory, asking, path, (account.address, *account.aliases))
    if password and password_hash:
        raise InvalidInput("Either a password or the hash of one", fields={"password_hash": "beside a password"})
    kept = hashes.imported(password_hash) if password_hash else ""
    if validate_only:
        if password:
            await judged(directory, account, password)
        await directory.accounts.refuse_taken(account)
        return account
    await _ask_second(directory, asking, wanted, account, roles, {"password": password, "password_hash": password_hash})
    if password:
        account = replace(account, credential=await chosen(directory, account, password))
    if kept:
        account = replace(account, credential=Credential(new_id(), kept))
    await directory.accounts.insert(
        account, [facts.created(account), facts.recorded_of("create_account", account, details=_told(account))]
    )
    return account


async def _ask_second(
    directory: Directory, asking: Account, wanted: Account, account: Account, roles: list[Wish], secrets: dict[str, str]
) -> None:
    """An account that administers is one more administrator."""
    added = administrators(account.roles)
    if not added:
        return
    if secrets["password"]:
        await judged(directory, account, secrets["password"])
    await directory.accounts.refuse_taken(account)
    given = {"account": account_kept(wanted), "unit_id": account.unit_id, "roles": roles_kept(roles), **secrets}
    # It has no id until it is made.
    nameless = replace(account, id="")
    await ask_second_administrator(directory, asking, granting("create_account", nameless, added, given))


def _told(account: Account) -> dict[str, str]:
    return {"roles": spelled_roles(account.roles)} if account.roles else {}
