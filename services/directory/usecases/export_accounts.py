"""The accounts that one administers as CSV, in the columns that an import takes."""

from collections.abc import AsyncIterator

from services.directory.domain.accounts import PERSON, PROFILE, Account
from services.directory.domain.roster import COLUMNS, SEPARATOR
from services.directory.domain.table import written
from services.directory.domain.units import Unit
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.list_accounts import units_listed

PAGE = 500
EXPORTED = tuple(column for column in COLUMNS if column != "password_hash")
MARK = b"\xef\xbb\xbf"


async def export_accounts(directory: Directory, unit_id: str) -> AsyncIterator[bytes]:
    """A page of accounts a piece, by address. Raises `NotFound`, `Forbidden` (the unit). Taking it is an act."""
    asking = await caller(directory)
    units = await units_listed(directory, asking, unit_id)
    await directory.acts.tell([facts.recorded("export_accounts", unit_id, "", asking.unit_path)])
    # The mark has spreadsheets read it as UTF-8.
    yield MARK + written([EXPORTED])
    names: dict[str, str] = {}
    after = ""
    while page := await directory.accounts.page(units, after, PAGE):
        await _learn(directory, names, page)
        yield written([_cells(account, names) for account in page if account.kind == PERSON])
        after = page[-1].address


async def _learn(directory: Directory, names: dict[str, str], page: list[Account]) -> None:
    missing = sorted({unit for account in page for unit in account.unit_path} - names.keys())
    found: list[Unit] = await directory.units.named(missing) if missing else []
    names.update((unit.id, unit.name) for unit in found)


def _cells(account: Account, names: dict[str, str]) -> list[str]:
    said = {
        "address": account.address,
        "name": account.display_name,
        "unit": SEPARATOR.join(names.get(unit, unit) for unit in account.unit_path),
        "staff_number": account.staff_number,
        "aliases": " ".join(account.aliases),
        **{field: getattr(account.profile, field) for field in PROFILE},
    }
    return [said[column] for column in EXPORTED]
