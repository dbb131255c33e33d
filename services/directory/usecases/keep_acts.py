"""Keep what was done in the audit log, and from time to time a checkpoint of it."""

from collections.abc import Sequence

import structlog

from services.directory.domain.audit import Record
from services.directory.usecases import facts
from services.directory.usecases.context import Directory

log = structlog.get_logger(__name__)


async def keep_act(directory: Directory, record: Record) -> None:
    """Append a record, with all that come meanwhile in one transaction. Repeatable."""

    async def append(records: Sequence[Record]) -> Sequence[int | Exception]:
        new = await directory.audit.append(records, directory.clock(), directory.witness.sign)
        return [new] * len(records)

    await directory.appending.do("audit", record, append)


async def keep_checkpoint(directory: Directory) -> None:
    """Keep how far the log has come, signed, where it is not overwritten; and say so outside of this database."""
    head = await directory.audit.head()
    if head is None:
        return
    if await directory.audit.checkpoint(head, [facts.checkpointed(head.sequence, head.hash)]):
        log.info("audit_checkpoint", sequence=head.sequence, hash=head.hash, signature=head.signature)
