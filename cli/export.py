"""An export of the audit log, examined line by line without the platform."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from chassis.chain import ALTERED, CUT, FORGED, ORIGIN, Checkpoint, Examination, Finding, Link, canonical, disputed

FORMAT = "workspace-audit-1"
LONGEST_LINE = 1 << 20
_MOST_FINDINGS = 1000


class BadExport(ValueError):
    """The file as a whole is no export."""


@dataclass
class Examined:
    """What was found, and where the export ends."""

    keys: dict[str, str]
    findings: list[dict[str, Any]] = field(default_factory=list)
    last: int = 0
    hash: str = ORIGIN

    def add(self, *found: Finding) -> None:
        if len(self.findings) < _MOST_FINDINGS:
            self.findings += [{"sequence": each.sequence, "kind": each.kind, "detail": each.detail} for each in found]


def examined(file: BinaryIO, keys: Mapping[str, str], expected: tuple[int, str] | None) -> Examined:
    """Examine an export. `keys`: believe only these, else those that it names. Raises `BadExport`."""
    head = _json(file.readline(LONGEST_LINE))
    if head.get("format") != FORMAT or not isinstance(head.get("first"), int) or not isinstance(head.get("last"), int):
        raise BadExport("its first line is not that of an export of the audit log")
    named = head.get("keys")
    result = Examined(dict(keys) or (dict(named) if isinstance(named, dict) else {}))
    first, last = int(head["first"]), int(head["last"])
    checkpoints, hashes, ended = _followed(file, first, result)
    if result.last < last:
        result.add(Finding(result.last + 1, CUT, f"the export ends at {result.last}, its first line says {last}"))
    if not ended:
        result.add(Finding(result.last + 1, CUT, "the last line is missing"))
    result.add(*disputed(checkpoints, hashes, max(result.last, last), result.keys))
    if expected is not None and hashes.get(expected[0]) != expected[1]:
        result.add(Finding(expected[0], ALTERED, "this is not the record that was expected here"))
    if not checkpoints and result.last >= first:
        result.add(Finding(result.last, FORGED, "no key vouches for this export: it has no checkpoint"))
    return result


def _followed(file: BinaryIO, first: int, result: Examined) -> tuple[list[Checkpoint], dict[int, str], bool]:
    """Every line after the first: the checkpoints, the hash of each record, and whether the last line is there."""
    checkpoints: list[Checkpoint] = []
    hashes: dict[int, str] = {}
    examination: Examination | None = None
    for line in iter(lambda: file.readline(LONGEST_LINE), b""):
        value = _json(line)
        if "end" in value:
            return checkpoints, hashes, not file.readline(1)
        if "checkpoint" in value:
            checkpoints.append(_checkpoint(value["checkpoint"]))
            continue
        link = _link(value)
        if examination is None:
            examination = Examination(first - 1, ORIGIN if first == 1 else link.previous)
        result.add(*examination.follow(link))
        hashes[link.sequence] = link.hash
        result.last, result.hash = examination.sequence, examination.hash
    return checkpoints, hashes, False


def _json(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadExport("a line of it is no JSON") from error
    if not isinstance(value, dict):
        raise BadExport("a line of it is no JSON object")
    return value


def _link(value: Mapping[str, Any]) -> Link:
    sequence, texts = value.get("sequence"), [value.get(name) for name in ("previous", "digest", "hash")]
    if not isinstance(sequence, int) or not all(isinstance(text, str) for text in texts):
        raise BadExport("a line of it is neither record nor checkpoint")
    record = value.get("record")
    previous, digest, hash_ = map(str, texts)
    return Link(sequence, previous, digest, hash_, canonical(record) if isinstance(record, dict) else None)


def _checkpoint(value: Any) -> Checkpoint:
    names = ("sequence", "hash", "at", "key_id", "signature")
    if not isinstance(value, dict) or not isinstance(value.get("sequence"), int):
        raise BadExport("a checkpoint of it is none")
    return Checkpoint(value["sequence"], *(str(value.get(name, "")) for name in names[1:]))
