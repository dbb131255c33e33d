"""Take an account out of service, as a provisioner deletes one (RFC 7644 §3.6)."""

from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.depart_account import departed
from services.directory.usecases.replace_account import account_of_version


async def withdraw_account(directory: Directory, account_id: str, version: int) -> None:
    """Its owner departs without a successor: suspended now, gone for provisioners, deleted after the legal delay.

    Restoring it until then brings it back. Raises `PreconditionFailed` (the version, the own account), `Forbidden`,
    `NotFound`, `Conflict`.
    """
    asking = await caller(directory)
    await account_of_version(directory, asking, account_id, version)
    await departed(directory, asking, account_id, "", version)
