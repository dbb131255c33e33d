"""Letters of activation on paper: asked for, prepared by the worker, printed by whoever asked."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import structlog

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, TooManyRequests, WorkspaceError
from chassis.ids import new_id
from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.approvals import RESET_ADMINISTRATOR
from services.directory.domain.batches import (
    KEPT,
    MOST_LETTERS,
    MOST_TRIES,
    PRINTED_WITHIN,
    READY,
    Batch,
    Printed,
)
from services.directory.domain.one_time import ACTIVATION, BY_LETTER, OneTimeCode
from services.directory.letter_printing import printed
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_help, caller, visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.facts import Fact
from services.directory.usecases.one_time_codes import made
from services.directory.usecases.second_administrator import wants_two
from services.directory.usecases.sensitive import administrators, resetting

log = structlog.get_logger(__name__)
_PURPOSE = "activation-letters"
_PIECE = 192 * 1024
# Of one account: more of them only wait for each other.
_MOST_AT_ONCE = 3
_PAGE = 200
_NO_BATCH = "There is no such batch of letters"


async def create_letters(directory: Directory, unit_id: str, account_ids: Sequence[str]) -> Batch:
    """A batch about to be prepared. Raises `InvalidInput`, `NotFound`, `Forbidden`, `TooManyRequests`."""
    asking = await caller(directory)
    if bool(unit_id) == bool(account_ids):
        raise InvalidInput("Letters are of a unit or of a list of accounts", fields={"unit_id": "one of the two"})
    wanted = tuple(dict.fromkeys(account_ids))
    if len(wanted) > MOST_LETTERS:
        raise InvalidInput(f"A batch has at most {MOST_LETTERS} letters", fields={"account_ids": "too many"})
    about = ("", asking.unit_path)
    if unit_id:
        unit = await visible_unit(directory, asking, unit_id)
        if not asking.helps(unit.path):
            raise Forbidden("You do not help the agents of this unit")
        about = (unit.name, unit.path)
    for each in wanted:
        _without_password(await account_to_help(directory, asking, each))
    if await directory.batches.preparing(asking.id) >= _MOST_AT_ONCE:
        raise TooManyRequests("Other letters of yours are being prepared; wait for them", retry_after=30)
    now = directory.clock()
    batch = Batch(new_id(), asking.id, now, now + KEPT, unit_id, wanted)
    details = {"unit": unit_id, "accounts": str(len(wanted) or "all")}
    said = facts.recorded("create_letters", batch.id, about[0], about[1], details=details)
    await directory.batches.insert(batch, [said])
    return batch


def _without_password(account: Account) -> None:
    if not _to_activate(account):
        raise PreconditionFailed(f"{account.address} is not to be activated")


def _to_activate(account: Account) -> bool:
    return account.kind == PERSON and not account.suspended and account.credential is None


async def get_letters(directory: Directory, batch_id: str) -> Batch:
    """Raises `NotFound`, also for somebody else's."""
    asking = await caller(directory)
    batch = await directory.batches.find(batch_id)
    if batch is None or batch.started_by != asking.id or batch.expires_at <= directory.clock():
        raise NotFound(_NO_BATCH)
    return batch


async def download_letters(directory: Directory, batch_id: str) -> AsyncIterator[bytes]:
    """The pages, in pieces; that they were taken is kept first. Raises `NotFound`, `PreconditionFailed`."""
    batch = await get_letters(directory, batch_id)
    if batch.state != READY or not batch.letters:
        raise PreconditionFailed("There are no letters to print")
    asking = await caller(directory)
    said = facts.recorded("print_letters", batch.id, "", asking.unit_path, details={"letters": str(batch.letters)})
    await directory.acts.tell([said])
    number = 0
    async for sealed in directory.batches.pieces(batch):
        yield directory.sealer.open(sealed, _PURPOSE, f"{batch.id}.{number}").encode("latin-1")
        number += 1


async def prepare_letters(directory: Directory) -> None:
    """Prepare what waits. Whoever dies in the middle is followed by somebody who makes new codes and begins anew."""
    while (batch := await directory.batches.claim(directory.clock())) is not None:
        try:
            await _prepare(directory, batch)
        except WorkspaceError as error:
            await directory.batches.failed(batch.id, error.detail)
        except Exception:
            log.exception("letters_stumbled", batch=batch.id, tries=batch.tries)
            if batch.tries >= MOST_TRIES:
                await directory.batches.failed(batch.id, "It failed again and again; tell whoever runs the platform")


async def _prepare(directory: Directory, batch: Batch) -> None:
    await directory.tree.refresh()
    asking = await directory.accounts.find(batch.started_by)
    if asking is None or asking.suspended:
        raise Forbidden("Whoever asked for them may not any more")
    accounts = [account async for account in _accounts(directory, asking, batch)]
    letters: list[Printed] = []
    kept: list[tuple[OneTimeCode, list[Fact]]] = []
    for account in accounts[:MOST_LETTERS]:
        code, shown = made(directory, account, ACTIVATION, BY_LETTER)
        said = facts.recorded_of("issue_activation_letter", account, details={"batch": batch.id}, actor=asking)
        kept.append((code, [said]))
        units = tuple(unit.name for unit in await directory.units.named(account.unit_path))
        letters.append(Printed(account.display_name, account.address, units, shown, code.expires_at))
    pieces = 0
    if letters:
        document = await printed(letters, directory.mailing.name, directory.mailing.public_url)
        pieces = await _sealed(directory, batch, document)
    # Only now: earlier letters are good until these can be printed.
    await directory.one_time.put(kept)
    ready = replace(batch, letters=len(letters), more=len(accounts) > MOST_LETTERS, pieces=pieces)
    await directory.batches.ready(replace(ready, expires_at=directory.clock() + PRINTED_WITHIN))


async def _sealed(directory: Directory, batch: Batch, document: bytes) -> int:
    """How many pieces there are."""
    pieces = [document[at : at + _PIECE] for at in range(0, len(document), _PIECE)]
    for number, piece in enumerate(pieces):
        text = piece.decode("latin-1")  # octet for octet
        await directory.batches.keep(batch, number, directory.sealer.seal(text, _PURPOSE, f"{batch.id}.{number}"))
    return len(pieces)


async def _accounts(directory: Directory, asking: Account, batch: Batch) -> AsyncIterator[Account]:
    """Those to write to, one more than fit in at most; asked anew whether the asker may help each."""
    found = 0
    async for account_id in _named(directory, batch):
        account = await directory.accounts.find_with_credential(account_id)
        if account is None or not _to_activate(account) or not asking.may_help(account):
            continue
        if administrators(account.roles) and await _takes_two(directory, account):
            continue
        yield account
        found += 1
        if found > MOST_LETTERS:
            return


async def _takes_two(directory: Directory, account: Account) -> bool:
    """Whether an administrator's code is only issued by itself, upon the agreement of two."""
    return await wants_two(directory, {RESET_ADMINISTRATOR}, resetting("issue_code", account, {}).governed)


async def _named(directory: Directory, batch: Batch) -> AsyncIterator[str]:
    for account_id in batch.accounts:
        yield account_id
    after = ""
    while batch.unit_id and (page := await directory.accounts.page([batch.unit_id], after, _PAGE)):
        for account in page:
            yield account.id
        after = page[-1].address
