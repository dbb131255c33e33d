"""PATCH of a group's members in the forms that provisioners use, in time that grows with the members alone.

The library compares each operation with each member, as objects: 50 removals from 5,000 members took it 5.7 s. These
forms name members by their ids, and are done by a dictionary; every other form is the library's.
"""

import re
from collections.abc import Sequence
from typing import Any

from scim2_models import PatchOp, PatchOperation, PayloadTooLargeException

from gateway.edges.scim.models import Group, GroupMember

# Operations in other forms, times the members that each is compared with.
MOST_COMPARED = 25_000
_URN = re.escape(str(Group.__schema__))
_ALL = re.compile(rf"(?:{_URN}:)?members", re.IGNORECASE)
_ONE = re.compile(rf'(?:{_URN}:)?members\[\s*value\s+eq\s+"([^"\\]*)"\s*\]', re.IGNORECASE)


def patched(group: Any, patch: "PatchOp[Any]") -> bool:
    """Apply the operations to the group, in their order; whether anything became different."""
    operations = patch.operations or []
    others = sum(_known(each) is None for each in operations)
    if others * len(group.members or ()) > MOST_COMPARED:
        raise PayloadTooLargeException(detail="Too much to compare in so large a group: name its members by value")
    changed, members = False, _by_id(group)
    for operation in operations:
        known = _known(operation)
        if known is not None:
            changed |= _change(members, *known)
            continue
        group.members = list(members.values()) or None
        changed |= type(patch)(operations=[operation]).patch(group)
        members = _by_id(group)
    group.members = list(members.values()) or None
    return changed


def _by_id(group: Any) -> dict[str, GroupMember]:
    return {str(member.value): member for member in group.members or ()}


def _known(operation: PatchOperation[Any]) -> tuple[str, Sequence[GroupMember]] | None:
    """What is done with which members, of an operation in one of our forms."""
    path = str(operation.path or "")
    one = _ONE.fullmatch(path)
    if operation.op == PatchOperation.Op.remove and one is not None and operation.value is None:
        return "remove", [GroupMember(value=one[1])]
    if not _ALL.fullmatch(path) or operation.op not in (PatchOperation.Op.add, PatchOperation.Op.remove):
        return None
    if operation.op == PatchOperation.Op.remove and operation.value is None:
        return None
    members = _named(operation.value)
    return (operation.op.value, members) if members is not None else None


def _named(value: Any) -> list[GroupMember] | None:
    """Members named by their ids and nothing that would have to be looked at; None for anything else."""
    entries = value if isinstance(value, list) else [value]
    members = []
    for entry in entries:
        said = entry.model_dump() if isinstance(entry, GroupMember) else entry
        if not isinstance(said, dict) or not isinstance(said.get("value"), str) or not said["value"]:
            return None
        kind = said.get("type")
        if kind is not None and kind not in {"User", "Group"}:
            return None
        members.append(GroupMember(value=said["value"], type=kind))
    return members


def _change(members: dict[str, GroupMember], act: str, named: Sequence[GroupMember]) -> bool:
    before = len(members)
    for each in named:
        if act == "add":
            members.setdefault(str(each.value), each)
        else:
            members.pop(str(each.value), None)
    return len(members) != before
