"""Conditions upon accounts as a provisioner states them (RFC 7644 §3.4.2.2), and whether one holds.

They are evaluated here, on what is already read, because the database answers by index only what is narrowed to one
attribute (`narrowing`). Strings are compared without case unless the attribute is an identifier; an attribute that has
no value is unequal to every value, and nothing else is true of it.
"""

import operator
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from chassis.errors import InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.provisioning import shown

Value = str | bool | datetime | None
View = Mapping[str, Any]
# More than any client states, few enough to be evaluated for each of many accounts.
MOST_TERMS, DEEPEST = 200, 40

TEXT, IDENTIFIER, TRUTH, TIME = "text", "identifier", "truth", "time"
ATTRIBUTES: Mapping[str, str] = {
    **dict.fromkeys(("id", "external_id", "staff_number", "unit_id"), IDENTIFIER),
    **dict.fromkeys(("address", "display_name", "given_name", "family_name", "title", "grade", "place"), TEXT),
    **dict.fromkeys(("language", "kind", "ministry", "division", "department"), TEXT),
    **dict.fromkeys(("emails.value", "emails.type", "phones.value", "phones.type", "roles.value"), TEXT),
    **dict.fromkeys(("active", "emails.primary"), TRUTH),
    **dict.fromkeys(("created_at", "changed_at"), TIME),
}
LISTS = frozenset({"emails", "phones", "roles"})


@dataclass(frozen=True)
class Comparison:
    """An attribute and what it is compared with; None is nothing at all."""

    attribute: str
    operator: str
    value: Value


@dataclass(frozen=True)
class Present:
    attribute: str


@dataclass(frozen=True)
class Every:
    terms: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    terms: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    term: "Condition"


@dataclass(frozen=True)
class Entry:
    """One entry of a list for which `term` holds, that names what is within the entry."""

    list: str
    term: "Condition"


Condition = Comparison | Present | Every | Either | Not | Entry

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_PIECES: Mapping[str, Callable[[str, str], bool]] = {
    "co": lambda has, piece: piece in has,
    "sw": str.startswith,
    "ew": str.endswith,
}


def view(account: Account, unit_names: Sequence[str]) -> View:
    """What conditions see of an account; `unit_names` from the ministry down to its own unit."""
    profile = account.profile
    phones = (("work", profile.phone), ("mobile", profile.mobile))
    emails = shown(account.address, account.aliases, account.provisioning.emails)
    return {
        "id": account.id,
        "external_id": account.provisioning.external_id,
        "address": account.address,
        "display_name": account.display_name,
        "given_name": profile.given_name,
        "family_name": profile.family_name,
        "title": profile.title,
        "grade": profile.grade,
        "place": profile.place,
        "language": profile.language,
        "active": not account.suspended,
        "staff_number": account.staff_number,
        "kind": account.kind,
        "unit_id": account.unit_id,
        "ministry": unit_names[0] if unit_names else "",
        "division": unit_names[1] if len(unit_names) > 1 else "",
        "department": unit_names[-1] if unit_names else "",
        "created_at": account.created_at,
        "changed_at": account.changed_at or account.created_at,
        "emails": [{each.name: getattr(email, each.name) for each in fields(email)} for email in emails],
        "phones": [{"type": kind, "value": number} for kind, number in phones if number],
        "roles": [{"value": grant.role} for grant in account.roles],
    }


def checked(condition: Condition) -> Condition:
    """The condition, if it is one that can be evaluated. Raises `InvalidInput`."""
    seen = 0
    waiting: list[tuple[Condition, str, int]] = [(condition, "", 1)]
    while waiting:
        node, within, depth = waiting.pop()
        seen += 1
        if seen > MOST_TERMS or depth > DEEPEST:
            raise _refused(f"more than {MOST_TERMS} terms, or nested more than {DEEPEST} deep")
        if isinstance(node, Comparison):
            _check_comparison(node, within)
        elif isinstance(node, Present):
            if f"{within}{node.attribute}" not in {*ATTRIBUTES, *LISTS}:
                raise _refused(node.attribute)
        elif isinstance(node, Entry):
            if within or node.list not in LISTS:
                raise _refused(node.list)
            waiting.append((node.term, f"{node.list}.", depth + 1))
        else:
            terms = (node.term,) if isinstance(node, Not) else node.terms
            waiting += [(term, within, depth + 1) for term in terms]
    return condition


def _check_comparison(node: Comparison, within: str) -> None:
    kind = ATTRIBUTES.get(f"{within}{node.attribute}")
    if kind is None or node.operator not in {*_ORDERS, *_PIECES}:
        raise _refused(f"{node.attribute} {node.operator}"[:80])
    fitting = {TRUTH: bool, TIME: datetime}.get(kind, str)
    if node.value is not None and not isinstance(node.value, fitting):
        raise _refused(f"{node.attribute}: not a {kind}")
    if node.value is None and node.operator not in {"eq", "ne"}:
        raise _refused(f"{node.attribute}: {node.operator} nothing")
    if (kind == TRUTH and node.operator not in {"eq", "ne"}) or (kind == TIME and node.operator in _PIECES):
        raise _refused(f"{node.attribute}: {node.operator}")


def _refused(wrong: str) -> InvalidInput:
    return InvalidInput("Not a condition that can be looked for", fields={"condition": wrong})


def holds(condition: Condition, seen: View, within: str = "") -> bool:
    """Whether it holds of an account, or of the entry of a list."""
    if isinstance(condition, Comparison):
        kind = ATTRIBUTES[f"{within}{condition.attribute}"]
        found = _values(seen, condition.attribute)
        each = (_compares(value, condition, kind) for value in found)
        # The opposite of "some value equals it": no value does.
        return all(each) if condition.operator == "ne" else any(each)
    if isinstance(condition, Present):
        return any(value not in (None, "") for value in _values(seen, condition.attribute))
    if isinstance(condition, Every):
        return all(holds(term, seen, within) for term in condition.terms)
    if isinstance(condition, Either):
        return any(holds(term, seen, within) for term in condition.terms)
    if isinstance(condition, Not):
        return not holds(condition.term, seen, within)
    return any(holds(condition.term, entry, f"{condition.list}.") for entry in seen[condition.list])


def _values(seen: View, attribute: str) -> list[Any]:
    head, _, part = attribute.partition(".")
    value = seen[head]
    if isinstance(value, list):
        return [entry.get(part) for entry in value] if part else value
    return [value]


def _compares(value: Any, condition: Comparison, kind: str) -> bool:
    wanted = condition.value
    absent = value is None or value == ""
    if absent or wanted is None:
        if condition.operator == "eq":
            return absent and wanted is None
        return condition.operator == "ne" and absent != (wanted is None)
    if kind == TEXT:
        value, wanted = folded(value), folded(str(wanted))
    compare: Callable[[Any, Any], bool] = _PIECES.get(condition.operator) or _ORDERS[condition.operator]
    return compare(value, wanted)


def folded(value: str) -> str:
    """How strings without case are compared (RFC 7644 §3.4.2.2)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).lower())


def sorting_value(seen: View, attribute: str) -> tuple[bool, Any]:
    """What accounts are ordered by: those without a value come last (RFC 7644 §3.4.2.3)."""
    head, _, part = attribute.partition(".")
    value = seen[head]
    if isinstance(value, list):
        first = next((entry for entry in value if entry.get("primary")), value[0] if value else {})
        value = first.get(part or "value")
    if value is None or value == "":
        return True, ""
    return False, folded(value) if isinstance(value, str) and ATTRIBUTES.get(attribute) == TEXT else value


@dataclass(frozen=True)
class Narrowing:
    """An attribute with an index, and what it has to be where the whole condition holds."""

    attribute: str
    value: Any


# The fewest accounts first.
_NARROW = ("id", "emails.value", "staff_number", "external_id", "changed_at", "unit_id")


def narrowing(condition: Condition | None) -> Narrowing | None:
    """The index by which the fewest accounts have to be looked at; None: every account has to."""
    found = {each.attribute: each for each in _necessary(condition, "")}
    return next((found[attribute] for attribute in _NARROW if attribute in found), None)


def _necessary(condition: Condition | None, within: str) -> Iterator[Narrowing]:
    if isinstance(condition, Every):
        for term in condition.terms:
            yield from _necessary(term, within)
    elif isinstance(condition, Entry):
        yield from _necessary(condition.term, f"{condition.list}.")
    elif isinstance(condition, Comparison) and condition.value is not None:
        attribute = f"{within}{condition.attribute}"
        if condition.operator == "eq" and attribute in {"address", "emails.value"}:
            yield Narrowing("emails.value", condition.value)
        elif (condition.operator in {"eq", "ge", "gt"} and attribute == "changed_at") or (
            condition.operator == "eq" and attribute in _NARROW
        ):
            yield Narrowing(attribute, condition.value)
