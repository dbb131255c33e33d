"""Make an account what its provisioner says, whole."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from chassis.errors import Forbidden, NotFound, PreconditionFailed
from services.directory.domain import provisioning
from services.directory.domain.accounts import Account, Credential
from services.directory.domain.approvals import RESET_ADMINISTRATOR
from services.directory.domain.provisioning import Email, Provisioning
from services.directory.domain.reorganisation import forwarding_days
from services.directory.usecases import facts
from services.directory.usecases.authority import NO_ACCOUNT, account_to_change, caller, unit_to_fill
from services.directory.usecases.change_account import change_account
from services.directory.usecases.choose_password import chosen
from services.directory.usecases.context import Directory
from services.directory.usecases.facts import Fact
from services.directory.usecases.mail_domains import refuse_foreign_domains
from services.directory.usecases.provision_account import Wanted, completed
from services.directory.usecases.second_administrator import refuse_alone
from services.directory.usecases.sensitive import administrators, resetting

CHANGED = "It has changed since that version"


async def replace_account(directory: Directory, wanted: Wanted, version: int) -> Account:
    """`version` 0: whichever it has. A new password ends every session, and so does a suspension.

    Raises `PreconditionFailed` (the version), `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound`, `Conflict`.
    """
    asking = await caller(directory)
    account_id = wanted.account.id
    emails = provisioning.labelled(wanted.emails)
    credential: Credential | None = None
    if wanted.password:
        if account_id == asking.id:
            # A stolen session of an administrator would otherwise be one for good.
            raise Forbidden("The own password is changed with the current one, in the account's own pages")
        known = await account_of_version(directory, asking, account_id, version)
        if administrators(known.roles):
            # A provisioner does not wait: who administers is given a password by itself.
            await refuse_alone(directory, RESET_ADMINISTRATOR, resetting("set_password", known, {}).governed)
        credential = await chosen(directory, known, wanted.password)
    before: Account | None = None

    async def read() -> Account:
        nonlocal before
        before = await account_of_version(directory, asking, account_id, version)
        return before

    async def change(account: Account) -> Account:
        changed = await _changed(directory, asking, account, wanted, emails)
        if credential is None and (account.suspended or not changed.suspended):
            return changed
        changed = replace(changed, sessions_end=directory.clock())
        return changed if credential is None else replace(changed, credential=credential)

    return await change_account(directory, read, change, lambda after: _told(before, after))


async def account_of_version(directory: Directory, asking: Account, account_id: str, version: int) -> Account:
    """An account that the caller may change and that is at a version. Raises as `account_to_change` and above."""
    account = await account_to_change(directory, asking, account_id)
    if not account.provisioned:
        raise NotFound(NO_ACCOUNT)
    if version and account.version != version:
        raise PreconditionFailed(CHANGED, fields={"version": str(account.version)})
    return account


async def _changed(
    directory: Directory, asking: Account, account: Account, wanted: Wanted, emails: Sequence[Email]
) -> Account:
    given = wanted.account
    if given.suspended and not account.suspended and account.id == asking.id:
        raise PreconditionFailed("Nobody suspends the own account: nobody might be left to restore it")
    named = await _named(directory, asking, account, given.address)
    # Said as they stand by default, they are not said: aliases that come later are shown beside them.
    said = account.provisioning.emails is not None or tuple(emails) != _default(account)
    changed = (
        replace(named, suspended=given.suspended)
        .with_addresses(named.address, [email.value for email in emails] if said else account.aliases)
        .with_name(given.display_name)
        .with_staff_number(given.staff_number)
        .with_profile(given.profile)
    )
    if wanted.unit_id != account.unit_id:
        changed = replace(changed, unit_path=await unit_to_fill(directory, asking, wanted.unit_id))
    unsaid = account.provisioning.emails is None and tuple(emails) in (_default(account), _default(changed))
    kept = Provisioning(provisioning.external_id(wanted.external_id), None if unsaid else tuple(emails))
    added = {changed.address, *changed.aliases} - {account.address, *account.aliases}
    await refuse_foreign_domains(directory, asking, changed.unit_path, added)
    return replace(changed, provisioning=kept)


async def _named(directory: Directory, asking: Account, account: Account, given: str) -> Account:
    """With the address that its provisioner wants: the one before forwards for a time, as in `change_address`.

    A name without domain is the one at hand where that has it, else completed as a new account's. Raises
    `InvalidInput`.
    """
    bare = given.strip().casefold()
    if "@" not in bare and bare == account.address.partition("@")[0]:
        return account
    address = await completed(directory, asking, account.unit_path, given)
    return account.renamed(address, directory.clock() + timedelta(days=forwarding_days(0)))


def _default(account: Account) -> tuple[Email, ...]:
    return tuple(provisioning.shown(account.address, account.aliases, None))


def _told(before: Account | None, after: Account) -> list[Fact]:
    was_out = before.suspended if before is not None else after.suspended
    told = [facts.changed(after)]
    if after.suspended != was_out:
        told = [facts.suspended(after) if after.suspended else facts.restored(after)]
    if before is not None and after.sessions_end != before.sessions_end:
        told.append(facts.sessions_revoked(after))
    if before is not None and after.credential is not None and after.credential != before.credential:
        told.append(facts.credential_changed(after.id, "password", "set", after.credential.id))
    what = _differences(before, after) if before is not None else ""
    told.append(facts.recorded("replace_account", after.id, after.address, after.unit_path, details={"changed": what}))
    return told


def _differences(before: Account, after: Account) -> str:
    """The names of what became different, without any value: a credential is among them."""
    names = ("address", "display_name", "aliases", "unit_path", "staff_number", "profile", "suspended", "credential")
    return " ".join(name for name in names if getattr(before, name) != getattr(after, name))
