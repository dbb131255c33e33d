"""A chunk of a list of departures: what each row comes to, and in a run, doing it."""

from collections.abc import Sequence

from chassis.errors import Forbidden, InvalidInput, NotFound, WorkspaceError
from services.directory.domain.accounts import Account
from services.directory.domain.addresses import looked_up
from services.directory.domain.approvals import HAND_OVER_MAILBOX
from services.directory.domain.jobs import DEPARTED, REFUSED, UNCHANGED, Job, Outcome, Survey
from services.directory.domain.roster import Leaver
from services.directory.domain.table import BadRow
from services.directory.usecases.context import Directory
from services.directory.usecases.depart_account import departed, has_successor, refuse_oneself, successor_of
from services.directory.usecases.import_rows import explained
from services.directory.usecases.second_administrator import refuse_alone

NOBODY = "there is nobody of this staff number or address whom you administer"


async def depart_rows(
    directory: Directory, asking: Account, job: Job, survey: Survey, rows: Sequence[Leaver | BadRow]
) -> list[Outcome]:
    """The outcome of each row, in order. Doing a chunk again changes nothing more."""
    outcomes = []
    for row in rows:
        if isinstance(row, BadRow):
            outcomes.append(Outcome(row.line, "", REFUSED, row.reason))
            continue
        subject = row.address or row.staff_number
        try:
            outcome = await _let_go(directory, asking, job, survey, row)
        except WorkspaceError as error:
            outcomes.append(Outcome(row.line, subject, REFUSED, explained(error)))
        else:
            outcomes.append(Outcome(row.line, subject, outcome))
    return outcomes


async def _let_go(directory: Directory, asking: Account, job: Job, survey: Survey, row: Leaver) -> str:
    if row.line in survey.repeats:
        raise InvalidInput(f"line {survey.repeats[row.line]} says this already")
    account = await _found(directory, asking, row)
    successor = await _account_of(directory, asking, row.successor) if row.successor else None
    successor_id = successor.id if successor is not None else ""
    if has_successor(account, successor_id):
        return UNCHANGED
    if successor_id:
        # A list does not wait: where two are wanted, who gets a mailbox is asked for by itself.
        await refuse_alone(directory, HAND_OVER_MAILBOX, (account.unit_path,))
    if not job.checks:
        await departed(directory, asking, account.id, successor_id)
        return DEPARTED
    refuse_oneself(asking, account.id)
    if not asking.may_change(account):
        raise Forbidden("the account holds a role beyond your own")
    if successor_id:
        await successor_of(directory, asking, account.id, successor_id)
    return DEPARTED


async def _found(directory: Directory, asking: Account, row: Leaver) -> Account:
    if not row.staff_number:
        return await _account_of(directory, asking, row.address)
    account = await directory.accounts.by_staff_number(row.staff_number)
    if account is None or not asking.administers(account.unit_path):
        raise NotFound(NOBODY)
    if row.address and looked_up(row.address) not in {account.address, *account.aliases}:
        raise InvalidInput("staff number and address are not of the same person")
    return account


async def _account_of(directory: Directory, asking: Account, address: str) -> Account:
    spelling = looked_up(address)
    account = await directory.accounts.by_address(spelling) if spelling else None
    if account is None or not asking.administers(account.unit_path):
        raise NotFound(f"{NOBODY}: {address[:80]}")
    return account
