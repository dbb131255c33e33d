"""The audit log as JSON Lines that are verified without the platform.

A first line says what follows and which keys count; then one line a record, whole or by its digest; then the
checkpoints within; a last line says that nothing was cut off.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.directory.store.audit import Entry
from services.directory.usecases import facts
from services.directory.usecases.auditing import auditor
from services.directory.usecases.context import Directory

FORMAT = "workspace-audit-1"


async def export_records(directory: Directory, since: datetime | None, until: datetime | None) -> AsyncIterator[bytes]:
    """Pieces of the export. Raises `Forbidden`. That somebody took it is an act as well."""
    _, units = await auditor(directory)
    head = await directory.audit.head()
    end = head.sequence if head else 0
    first = await directory.audit.first_kept_at(since) if since is not None else 1
    last = min(end, await directory.audit.first_kept_at(until) - 1) if until is not None else end
    last = max(last, first - 1)
    told = facts.recorded("export_records", "audit", "", (), details={"first": str(first), "last": str(last)})
    await directory.acts.tell([told])
    yield _line({"format": FORMAT, "first": first, "last": last, "keys": directory.witness.public()})
    async for entries in directory.audit.between(first - 1, last):
        yield b"".join(_line(_told(entry, whole=entry.record.concerns(units))) for entry in entries)
    checkpoints = await directory.audit.checkpoints(first - 1, last)
    if head is not None and last == head.sequence and head not in checkpoints:
        checkpoints.append(head)
    for checkpoint in checkpoints:
        yield _line({"checkpoint": asdict(checkpoint)})
    yield _line({"end": last})


def _told(entry: Entry, *, whole: bool) -> dict[str, Any]:
    link = entry.link
    told = {"sequence": link.sequence, "previous": link.previous, "digest": link.digest, "hash": link.hash}
    if not whole or link.body is None:
        return told
    try:
        return {**told, "record": json.loads(link.body)}
    except ValueError:
        return {**told, "record": {"unreadable": link.body}}


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"
