"""Tells the audit log of what somebody tried and was not allowed, as far as it would have been a privileged act."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from chassis.errors import Forbidden, WorkspaceError
from chassis.identity import current_identity
from chassis.rpc import REMOTE_ADDRESS, calling_service
from services.directory.usecases import facts
from services.directory.usecases.authority import Concealed
from services.directory.usecases.context import Directory

log = structlog.get_logger(__name__)
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Of one account and act within a minute: more of the same says nothing more, and the log is for good.
MOST, WITHIN_SECONDS, REMEMBERED = 5, 60.0, 10_000


class Refusals:
    """What the guard of the rpcs tells."""

    def __init__(self, directory: Directory, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._clock = clock
        self._told: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    async def tell(self, method: str, error: WorkspaceError, metadata: Mapping[str, Any]) -> None:
        """Never keeps the refusal itself from being answered."""
        if not isinstance(error, Forbidden | Concealed):
            return
        identity = current_identity()
        act = _WORD.sub("_", method.rpartition("/")[2]).lower()
        if not self._admits(identity.account_id, act):
            return
        target = (error.target_id, error.target, error.unit_path) if isinstance(error, Concealed) else None
        remote = str(metadata.get(REMOTE_ADDRESS, ""))[:64] if calling_service() == "gateway" else ""
        told = facts.recorded(
            act,
            *(target or ("", "", identity.unit_path)),
            outcome=facts.REFUSED,
            remote=remote,
            details={"reason": error.detail[:200]},
        )
        try:
            await self._directory.acts.tell([told])
        except PyMongoError as failure:
            log.warning("refusal_not_told", act=act, error=type(failure).__name__)

    def _admits(self, account_id: str, act: str) -> bool:
        now = self._clock()
        since, count = self._told.pop((account_id, act), (now, 0))
        if now - since > WITHIN_SECONDS:
            since, count = now, 0
        self._told[account_id, act] = (since, count + 1)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return count < MOST
