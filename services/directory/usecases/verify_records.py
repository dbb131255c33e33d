"""Whether the audit log is as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from chassis.chain import ALTERED, CUT, FORGED, ORIGIN, Checkpoint, Examination, Finding, disputed, vouched
from chassis.errors import Forbidden, InvalidInput
from services.directory.store.audit import Entry
from services.directory.usecases.auditing import auditor
from services.directory.usecases.context import Directory

STRETCH = 5_000
MOST_FINDINGS = 200


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a stretch, and where it ends; `complete`: the log ends there."""

    findings: list[Finding] = field(default_factory=list)
    last_sequence: int = 0
    last_hash: str = ORIGIN
    complete: bool = True


async def verify_records(directory: Directory, after: int, after_hash: str) -> Verdict:
    """Verify the stretch after a place that was found good. Raises `Forbidden`, `InvalidInput`."""
    _, units = await auditor(directory)
    if units is not None:
        raise Forbidden("The whole log is for auditors of the whole administration")
    if after < 0 or (after > 0) != bool(after_hash):
        raise InvalidInput("A stretch begins after a record and its hash", fields={"after_sequence": "or after_hash"})
    head = await directory.audit.head()
    end = max(head.sequence if head else 0, await directory.audit.beyond(head.sequence if head else 0))
    last = min(end, after + STRETCH)
    examination = Examination(after, after_hash or ORIGIN)
    findings: list[Finding] = []
    hashes: dict[int, str] = {}
    async for entries in directory.audit.between(after, last):
        for entry in entries:
            findings += _findings(examination, entry)
            hashes[entry.link.sequence] = entry.link.hash
    complete = last >= end
    keys = directory.witness.public()
    checkpoints = await directory.audit.checkpoints(after, None if complete else last)
    findings += disputed(checkpoints, hashes, examination.sequence if complete else last, keys)
    if complete:
        findings += await _ending(directory, head, examination)
    elif examination.sequence < last:
        # What is missing up to here is told once; the next stretch begins behind it.
        findings.append(Finding(examination.sequence + 1, CUT, f"no records up to {last}"))
        examination.sequence = last
    return Verdict(findings[:MOST_FINDINGS], examination.sequence, examination.hash, complete)


def _findings(examination: Examination, entry: Entry) -> Iterator[Finding]:
    yield from examination.follow(entry.link)
    if not entry.sound:
        yield Finding(entry.link.sequence, ALTERED, "what it is found by is not what it says")


async def _ending(directory: Directory, head: Checkpoint | None, examination: Examination) -> list[Finding]:
    """What the signed head says of the last record that was read."""
    if head is None:
        gone = "there are records, and no head"
        return [Finding(examination.sequence, CUT, gone)] if examination.sequence else []
    if not vouched(head, directory.witness.public()):
        return [Finding(head.sequence, FORGED, "no key of ours signed the head")]
    if examination.sequence < head.sequence:
        ends = f"the log ends at {examination.sequence}, its head says {head.sequence}"
        return [Finding(examination.sequence + 1, CUT, ends)]
    if examination.sequence == head.sequence and examination.hash != head.hash:
        return [Finding(head.sequence, ALTERED, "the head saw another record here")]
    # Records may have been added since the head was read.
    newer = await directory.audit.head()
    if examination.sequence > (newer.sequence if newer else 0):
        return [Finding(examination.sequence, FORGED, "there are records that the head has not seen")]
    return []
