"""LeavingService."""

from collections.abc import Sequence
from typing import Any

from workspace.mail.v1 import leaving_pb2 as pb
from workspace.mail.v1 import leaving_pb2_grpc

from chassis.errors import InvalidInput
from services.mail.api.units import Units, administered
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.leaving import Action, Rule, To
from services.mail.usecases import Mail
from services.mail.usecases.deciders import named_addresses
from services.mail.usecases.leaving import put_rules, rules_above

_ACTIONS = {
    pb.LEAVING_ACTION_WARN: Action.WARN,
    pb.LEAVING_ACTION_HOLD: Action.HOLD,
    pb.LEAVING_ACTION_REFUSE: Action.REFUSE,
}
_TO = {
    pb.LEAVING_TO_UNSPECIFIED: To.ANYBODY,
    pb.LEAVING_TO_OUTSIDE: To.OUTSIDE,
    pb.LEAVING_TO_IN_DOMAINS: To.IN_DOMAINS,
    pb.LEAVING_TO_NOT_IN_DOMAINS: To.NOT_IN_DOMAINS,
}
_ACTION_VALUES = {action: value for value, action in _ACTIONS.items()}
_TO_VALUES = {to: value for value, to in _TO.items()}


class LeavingApi(leaving_pb2_grpc.LeavingServiceServicer):
    """Rules on what may leave. A unit that somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def GetLeavingPolicy(self, request: pb.GetLeavingPolicyRequest, context: Any) -> pb.LeavingPolicy:
        return await self._of(request.unit_id, await administered(self._units, request.unit_id))

    async def SetLeavingPolicy(self, request: pb.SetLeavingPolicyRequest, context: Any) -> pb.LeavingPolicy:
        stands = await administered(self._units, request.unit_id)
        given = request.given
        await put_rules(self._mail, request.unit_id, stands, _rules(given.rules), given.approvers)
        return await self._of(request.unit_id, stands)

    async def _of(self, unit_id: str, stands: Whereabouts) -> pb.LeavingPolicy:
        answer = pb.LeavingPolicy(unit_id=unit_id, name=stands.name, given=pb.LeavingRules())
        for each in await rules_above(self._mail, stands.unit_path):
            rules = [_told(rule) for rule in each.rules]
            approvers = await named_addresses(self._mail, each.approvers)
            if each.unit_id == unit_id:
                answer.given.MergeFrom(pb.LeavingRules(rules=rules, approvers=approvers))
            else:
                inherited = pb.InheritedRules(unit_id=each.unit_id, rules=rules, approvers=approvers)
                answer.inherited.append(inherited)
        return answer


def _rules(given: Sequence[pb.LeavingRule]) -> list[Rule]:
    wrong: dict[str, str] = {}
    for number, each in enumerate(given):
        if each.action not in _ACTIONS:
            wrong[f"rules[{number}].action"] = "must be to warn, to hold or to refuse"
        if each.to not in _TO:
            wrong[f"rules[{number}].to"] = "is not known"
    if wrong:
        raise InvalidInput("Not rules that letters can be held to", fields=wrong)
    return [
        Rule(
            each.name,
            _ACTIONS[each.action],
            each.text,
            tuple(each.marks),
            _TO[each.to],
            tuple(each.domains),
            each.beyond_octets,
            tuple(each.attachment_types),
            tuple(each.attachment_names),
        )
        for each in given
    ]


def _told(rule: Rule) -> pb.LeavingRule:
    return pb.LeavingRule(
        name=rule.name,
        action=_ACTION_VALUES[rule.action],
        text=rule.text,
        marks=rule.marks,
        to=_TO_VALUES[rule.to],
        domains=rule.domains,
        beyond_octets=rule.beyond,
        attachment_types=rule.types,
        attachment_names=rule.filenames,
    )
