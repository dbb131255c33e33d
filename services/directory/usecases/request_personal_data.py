"""Have every service put together, or erase, what it keeps of a person; and see how far that is."""

from chassis.errors import InvalidInput, NotFound, PreconditionFailed
from chassis.ids import new_id
from services.directory.domain.approvals import ERASE_DATA, EXPORT_DATA, SensitiveAct
from services.directory.domain.personal import ERASURE, EXPORT, KEPT, PersonalRequest
from services.directory.domain.text import name
from services.directory.usecases import facts
from services.directory.usecases.authority import account_to_change, caller
from services.directory.usecases.context import Directory
from services.directory.usecases.second_administrator import ask_second_administrator


async def request_personal_data(directory: Directory, account_id: str, kind: str, reason: str) -> PersonalRequest:
    """A request under way.

    Raises `NotFound`, `Forbidden`, `InvalidInput` (no kind, no reason), `PreconditionFailed`: what is in use is not
    erased, nor oneself.
    """
    asking = await caller(directory)
    if kind not in {EXPORT, ERASURE}:
        raise InvalidInput("Personal data is exported or erased", fields={"kind": "unknown"})
    why = name(reason, "reason")
    account = await account_to_change(directory, asking, account_id)
    if kind == ERASURE and account.id == asking.id:
        raise PreconditionFailed("Nobody erases the own account")
    if kind == ERASURE and not account.suspended:
        raise PreconditionFailed("Only the account of somebody who departed or is suspended is erased")
    act = ERASE_DATA if kind == ERASURE else EXPORT_DATA
    kept = {"account_id": account.id, "kind": kind, "reason": why}
    details = {"account": account.address, "reason": why}
    path = (account.unit_path,)
    await ask_second_administrator(
        directory,
        asking,
        SensitiveAct(act, "request_personal_data", kept, account.id, account.address, path, path, details),
    )
    now = directory.clock()
    request = PersonalRequest(new_id(), kind, account.id, account.address, asking.id, now, now + KEPT)
    recorded = facts.recorded_of(f"request_personal_data_{kind}", account, details={"reason": why})
    await directory.personal.insert(request, [facts.personal_data_requested(request), recorded])
    return request


async def get_personal_request(directory: Directory, request_id: str) -> PersonalRequest:
    """Raises `NotFound`, also for somebody else's."""
    asking = await caller(directory)
    request = await directory.personal.find(request_id)
    if request is None or request.started_by != asking.id:
        raise NotFound("There is no such request")
    return request
