"""Open an account as a provisioner wants it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.errors import InvalidInput
from chassis.ids import new_id
from services.directory.domain import provisioning
from services.directory.domain.accounts import Account
from services.directory.domain.provisioning import Email, Provisioning
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.choose_password import chosen
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import refuse_foreign_domains
from services.directory.usecases.search_accounts import administered


@dataclass(frozen=True)
class Wanted:
    """An account as a provisioner gives it."""

    account: Account
    unit_id: str
    external_id: str
    emails: Sequence[Email]
    password: str


async def provision_account(directory: Directory, wanted: Wanted) -> Account:
    """Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound` (the unit).

    Whether an address exists is told only after it has been seen to be one that the caller may give.
    """
    asking = await caller(directory)
    path = await unit_to_fill(directory, asking, wanted.unit_id or own_unit(asking))
    given = wanted.account
    emails = provisioning.labelled(wanted.emails)
    address = await completed(directory, asking, path, given.address)
    account = (
        replace(given, id=new_id(), unit_path=path, created_at=directory.clock(), version=1)
        .with_addresses(address, [email.value for email in emails])
        .with_name(given.display_name)
        .with_staff_number(given.staff_number)
        .with_profile(given.profile)
    )
    kept = Provisioning(provisioning.external_id(wanted.external_id), emails)
    account = replace(account, provisioning=kept, changed_at=account.created_at)
    await refuse_foreign_domains(directory, asking, path, (account.address, *account.aliases))
    if wanted.password:
        account = replace(account, credential=await chosen(directory, account, wanted.password))
    told = [facts.created(account)]
    told += [facts.suspended(account)] if account.suspended else []
    told.append(facts.recorded("provision_account", account.id, account.address, account.unit_path))
    await directory.accounts.insert(account, told)
    return account


def own_unit(asking: Account) -> str:
    """The one unit that it administers; empty for the whole administration. Raises `InvalidInput` for several."""
    roots = administered(asking)
    if roots is None:
        return ""
    if len(roots) != 1:
        raise InvalidInput("You administer several units: name the one", fields={"unit_id": "needed"})
    return roots[0]


async def completed(directory: Directory, asking: Account, path: Sequence[str], given: str) -> str:
    """A name without domain is one in the domain of the nearest unit that has one, else in the caller's own."""
    if "@" in given or not given.strip():
        return given
    tree = await directory.tree.current()
    near = (domain for unit_id in reversed(path) for domain in tree.domains_of(unit_id) if domain.takes_addresses)
    domain = next((each.name for each in near), asking.address.rpartition("@")[2])
    return f"{given.strip()}@{domain}"
