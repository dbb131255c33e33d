"""The simple rules as a part of a document."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.mail.domain.rules import Act, Action, Condition, Field, Forwarding, Match, Rule, Rules, Vacation


def kept_rules(rules: Rules) -> dict[str, Any] | None:
    """None where nobody has made any."""
    if not rules.version:
        return None
    return {
        "version": rules.version,
        "rules": [_rule(rule) for rule in rules.rules],
        "vacation": _vacation(rules.vacation) if rules.vacation else None,
        "forwarding": _fields(rules.forwarding) if rules.forwarding else None,
    }


def rules_of(document: Mapping[str, Any] | None) -> Rules:
    if document is None:
        return Rules()
    vacation, forwarding = document["vacation"], document["forwarding"]
    return Rules(
        version=document["version"],
        rules=tuple(map(_rule_of, document["rules"])),
        vacation=_vacation_of(vacation) if vacation else None,
        forwarding=Forwarding(**forwarding) if forwarding else None,
    )


def _fields(given: Any) -> dict[str, Any]:
    return {name: getattr(given, name) for name in given.__slots__}


def _rule(rule: Rule) -> dict[str, Any]:
    conditions = [{**_fields(each), "field": each.field.value, "match": each.match.value} for each in rule.conditions]
    actions = [{**_fields(each), "act": each.act.value} for each in rule.actions]
    return {**_fields(rule), "conditions": conditions, "actions": actions}


def _rule_of(document: Mapping[str, Any]) -> Rule:
    conditions = (
        Condition(**{**each, "field": Field(each["field"]), "match": Match(each["match"])})
        for each in document["conditions"]
    )
    actions = (Action(**{**each, "act": Act(each["act"])}) for each in document["actions"])
    return Rule(**{**document, "conditions": tuple(conditions), "actions": tuple(actions)})


def _vacation(vacation: Vacation) -> dict[str, Any]:
    days = {name: day.isoformat() if day else None for name, day in _days(vacation).items()}
    return {**_fields(vacation), **days, "addresses": list(vacation.addresses)}


def _days(vacation: Vacation) -> dict[str, date | None]:
    return {"first": vacation.first, "last": vacation.last}


def _vacation_of(document: Mapping[str, Any]) -> Vacation:
    days = {name: date.fromisoformat(document[name]) if document[name] else None for name in ("first", "last")}
    return Vacation(**{**document, **days, "addresses": tuple(document["addresses"])})
