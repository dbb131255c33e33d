"""A chunk of a roster: what each row comes to, and in a run, doing it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ulid import ULID

from chassis.errors import AlreadyExists, Conflict, Forbidden, NotFound, PreconditionFailed, WorkspaceError
from chassis.ids import new_id
from services.directory import hashes
from services.directory.domain.accounts import Account, Credential, Profile
from services.directory.domain.jobs import CREATED, MOVED, REFUSED, UNCHANGED, UPDATED, Job, Outcome, Survey
from services.directory.domain.roster import Row
from services.directory.domain.table import BadRow
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_change
from services.directory.usecases.change_account import change_account
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import refuse_foreign_domains
from services.directory.usecases.roster_units import RosterUnits
from services.directory.usecases.update_account import recorded_change

TAKEN = "another account has this {}"


@dataclass
class ImportedRows:
    """One chunk at work."""

    directory: Directory
    asking: Account
    job: Job
    survey: Survey
    units: RosterUnits
    by_number: Mapping[str, Account] = field(default_factory=dict)
    by_address: Mapping[str, Account] = field(default_factory=dict)
    domains: dict[tuple[str, tuple[str, ...]], WorkspaceError | None] = field(default_factory=dict)
    # Accounts of other units that rows have met: who guesses at numbers or addresses leaves a trace.
    probed: list[Account] = field(default_factory=list)


async def import_rows(
    directory: Directory, asking: Account, job: Job, survey: Survey, rows: Sequence[Row | BadRow]
) -> tuple[list[Outcome], list[str]]:
    """The outcome of each row, in order, and the units that were opened. Doing a chunk again does it once."""
    sound = [row for row in rows if isinstance(row, Row)]
    units = RosterUnits(directory, asking, survey.inner, job.checks)
    chunk = ImportedRows(directory, asking, job, survey, units)
    chunk.by_number = await directory.accounts.of_staff_numbers([row.staff_number for row in sound if row.staff_number])
    chunk.by_address = await directory.accounts.of_addresses([row.address.strip().lower() for row in sound])
    outcomes: dict[int, Outcome] = {}
    new: dict[int, Account] = {}
    for row in rows:
        if isinstance(row, BadRow):
            outcomes[row.line] = Outcome(row.line, "", REFUSED, row.reason)
            continue
        try:
            made = await _brought(chunk, row)
        except WorkspaceError as error:
            outcomes[row.line] = Outcome(row.line, row.address, REFUSED, explained(error))
        else:
            if isinstance(made, Account):
                new[row.line] = made
            outcomes[row.line] = Outcome(row.line, row.address, CREATED if isinstance(made, Account) else made)
    for line, failure in (await _insert(chunk, new)).items():
        outcomes[line] = replace(outcomes[line], outcome=REFUSED, reason=explained(failure))
    if chunk.probed:
        await directory.acts.tell([_met(job, account) for account in chunk.probed])
    return [outcomes[row.line] for row in rows], units.opened


def _met(job: Job, account: Account) -> facts.Fact:
    return facts.recorded(
        "import_account", account.id, account.address, account.unit_path,
        outcome=facts.REFUSED, details={"job": job.id, "reason": "another unit's"},
    )  # fmt: skip


def explained(error: WorkspaceError) -> str:
    """An error in one line, with what it names."""
    fields = ", ".join(f"{name}: {wrong}" for name, wrong in error.fields.items() if wrong)
    return " ".join(f"{error.detail} ({fields})".split()) if fields else " ".join(error.detail.split())


async def _brought(chunk: ImportedRows, row: Row) -> Account | str:
    """A new account to insert, or what became of the one there is. Raises why not."""
    first = chunk.survey.repeats.get(row.line)
    if first is not None:
        raise AlreadyExists(f"line {first} has this address, alias or staff number already")
    known = _known(chunk, row)
    if known is not None and known.id == id_of(chunk.job, row.line):
        return CREATED  # by an earlier try at this chunk
    if known is None:
        path = await chunk.units.path(row.unit)
        return await _made(chunk, row, path)
    if not chunk.asking.administers(known.unit_path):
        # Whose it is, and where, is not the caller's to know; nor that it is, in a domain that is not the caller's.
        await _admit_domains(chunk, await chunk.units.path(row.unit), (row.address.strip().lower(),))
        chunk.probed.append(known)
        raise AlreadyExists(TAKEN.format("staff number" if row.staff_number in chunk.by_number else "address"))
    if known.address != row.address.strip().lower():
        raise AlreadyExists(f"this person has the address {known.address}; an address does not change")
    if row.staff_number and known.staff_number not in {"", row.staff_number}:
        raise AlreadyExists(f"this address is of staff number {known.staff_number}")
    path = await chunk.units.path(row.unit) if row.unit else known.unit_path
    return await _changed(chunk, row, known, path)


def _known(chunk: ImportedRows, row: Row) -> Account | None:
    by_number = chunk.by_number.get(row.staff_number) if row.staff_number else None
    return by_number or chunk.by_address.get(row.address.strip().lower())


def id_of(job: Job, line: int) -> str:
    """The id of the account that a line makes: the same whenever it is tried."""
    moment = int(job.created_at.timestamp() * 1000).to_bytes(6, "big")
    return str(ULID.from_bytes(moment + hashlib.sha256(f"{job.id}.{line}".encode()).digest()[:10]))


async def _made(chunk: ImportedRows, row: Row, path: tuple[str, ...]) -> Account:
    bare = Account(id_of(chunk.job, row.line), row.address, row.name, chunk.directory.clock(), unit_path=path)
    account = (
        bare.with_addresses(row.address, row.aliases or ())
        .with_name(row.name)
        .with_staff_number(row.staff_number)
        .with_profile(Profile(**row.profile))
    )
    await _admit_domains(chunk, path, (account.address, *account.aliases))
    if row.password_hash:
        account = replace(account, credential=Credential(new_id(), hashes.imported(row.password_hash)))
    return account


async def _admit_domains(chunk: ImportedRows, path: tuple[str, ...], addresses: Iterable[str]) -> None:
    """As `refuse_foreign_domains`, asked once a chunk for each domain and unit."""
    for address in addresses:
        key = (address.rpartition("@")[2], path)
        if key not in chunk.domains:
            try:
                await refuse_foreign_domains(chunk.directory, chunk.asking, path, [address])
                chunk.domains[key] = None
            except (Forbidden, PreconditionFailed) as error:
                chunk.domains[key] = error
        error_ = chunk.domains[key]
        if error_ is not None:
            raise error_


async def _insert(chunk: ImportedRows, new: Mapping[int, Account]) -> dict[int, WorkspaceError]:
    """Why some of the new accounts cannot be."""
    failed: dict[int, WorkspaceError] = {}
    if chunk.job.checks:
        for line, account in new.items():
            try:
                await chunk.directory.accounts.refuse_taken(account)
            except AlreadyExists as error:
                failed[line] = error
        return failed
    details = {"job": chunk.job.id}
    made = [
        (account, [facts.created(account), facts.recorded_of("create_account", account, details=details)])
        for account in new.values()
    ]
    taken = await chunk.directory.accounts.insert_many(made) if made else {}
    return {line: taken[account.id] for line, account in new.items() if account.id in taken}


async def _changed(chunk: ImportedRows, row: Row, known: Account, path: tuple[str, ...]) -> str:
    async def change(account: Account) -> Account:
        after = account.with_name(row.name)
        if row.staff_number and not account.staff_number:
            after = after.with_staff_number(row.staff_number)
        if row.aliases is not None:
            after = after.with_addresses(account.address, row.aliases)
            await _admit_domains(chunk, path, set(after.aliases) - set(account.aliases))
            if set(after.aliases) == set(account.aliases):
                after = replace(after, aliases=account.aliases)
        return replace(after.with_profile(Profile(**row.profile), row.profile.keys()), unit_path=path)

    after = await change(known)
    if after == known:
        return UNCHANGED
    if not chunk.asking.may_change(known):
        raise Forbidden("the account holds a role beyond your own")
    outcome = UPDATED if after.unit_path == known.unit_path else MOVED
    if chunk.job.checks:
        if set(after.aliases) - set(known.aliases) or after.staff_number != known.staff_number:
            await chunk.directory.accounts.refuse_taken(after, but=known.id)
        return outcome
    seen: list[Account] = []

    async def read() -> Account:
        seen[:] = [await account_to_change(chunk.directory, chunk.asking, known.id)]
        return seen[0]

    try:
        await change_account(
            chunk.directory, read, change,
            lambda account: [
                facts.changed(account), *recorded_change(seen[0], account, {"job": chunk.job.id}),
            ],
        )  # fmt: skip
    except (Conflict, NotFound) as error:
        raise Conflict("somebody else changed this account meanwhile; import the file again") from error
    return outcome
