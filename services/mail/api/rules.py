"""RuleService."""

from datetime import date
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.mail.v1 import rules_pb2 as pb
from workspace.mail.v1 import rules_pb2_grpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.mail.domain.rules import Act, Action, Condition, Field, Forwarding, Match, Rule, Rules, Vacation
from services.mail.domain.scripts import MANAGED, Scripts
from services.mail.domain.sieve import ScriptError
from services.mail.usecases import Mail
from services.mail.usecases.rules import get_rules, put_rules
from services.mail.usecases.scripts import activate_script, check_script, list_scripts

_FIELDS = {pb.RuleField.Value(f"RULE_FIELD_{each.name}"): each for each in Field}
_MATCHES = {pb.RULE_MATCH_UNSPECIFIED: Match.CONTAINS} | {
    pb.RuleMatch.Value(f"RULE_MATCH_{each.name}"): each for each in Match
}
_ACTS = {pb.RuleAct.Value(f"RULE_ACT_{each.name}"): each for each in Act}


class RuleApi(rules_pb2_grpc.RuleServiceServicer):
    """The caller's rules and scripts."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def GetRules(self, request: pb.GetRulesRequest, context: Any) -> pb.MailRules:
        return self._told(await get_rules(self._mail, current_identity().account_id))

    async def UpdateRules(self, request: pb.UpdateRulesRequest, context: Any) -> pb.MailRules:
        owner, wanted = current_identity().account_id, _rules(request.rules)
        return self._told(await put_rules(self._mail, owner, wanted, replace_active=request.replace_active))

    async def ListScripts(self, request: pb.ListScriptsRequest, context: Any) -> pb.ListScriptsResponse:
        scripts = await list_scripts(self._mail, current_identity().account_id)
        listed = (
            pb.MailScript(name=name, active=name == scripts.active, size=len(source))
            for name, source in sorted(scripts.sources.items())
        )
        return pb.ListScriptsResponse(scripts=listed)

    async def ActivateScript(self, request: pb.ActivateScriptRequest, context: Any) -> Empty:
        await activate_script(self._mail, current_identity().account_id, request.name)
        return Empty()

    async def CheckScript(self, request: pb.CheckScriptRequest, context: Any) -> pb.CheckScriptResponse:
        try:
            await check_script(self._mail, request.script.encode("utf-8"))
        except ScriptError as error:
            fault = pb.ScriptFault(line=error.line, column=error.column, french=error.french, english=error.english)
            return pb.CheckScriptResponse(faults=[fault])
        return pb.CheckScriptResponse()

    def _told(self, scripts: Scripts) -> pb.MailRules:
        rules = scripts.rules
        return pb.MailRules(
            version=rules.version,
            rules=map(_rule_told, rules.rules),
            vacation=_vacation_told(rules.vacation) if rules.vacation else None,
            forwarding=_forwarding_told(rules.forwarding) if rules.forwarding else None,
            in_force=scripts.active == MANAGED,
            active_script=scripts.active,
            script=scripts.sources.get(MANAGED, b"").decode("utf-8"),
            forwarding_outside=self._mail.options.forwarding_outside,
        )


def _rules(given: pb.MailRules) -> Rules:
    """Raises `InvalidInput`."""
    return Rules(
        version=given.version,
        rules=tuple(_rule(each, f"rules[{place}]") for place, each in enumerate(given.rules)),
        vacation=_vacation(given.vacation) if given.HasField("vacation") else None,
        forwarding=_forwarding(given.forwarding) if given.HasField("forwarding") else None,
    )


def _rule(given: pb.MailRule, at: str) -> Rule:
    return Rule(
        name=given.name,
        conditions=tuple(
            Condition(
                field=_known(_FIELDS, each.field, f"{at}.conditions[{place}].field"),
                match=_known(_MATCHES, each.match, f"{at}.conditions[{place}].match"),
                value=each.value,
                octets=each.octets,
                negated=each.negated,
            )
            for place, each in enumerate(given.conditions)
        ),
        actions=tuple(
            Action(_known(_ACTS, each.act, f"{at}.actions[{place}].act"), each.mailbox, each.address)
            for place, each in enumerate(given.actions)
        ),
        any_of=given.any,
        stop=given.stop,
        disabled=given.disabled,
    )


def _known(kinds: dict[Any, Any], given: int, at: str) -> Any:
    if given not in kinds:
        raise InvalidInput(f"{at}: not given, or unknown", fields={at: "not given, or unknown"})
    return kinds[given]


def _vacation(given: pb.Vacation) -> Vacation:
    return Vacation(
        enabled=given.enabled,
        subject=given.subject,
        text=given.text,
        first=_day(given.first_day, "vacation.first_day"),
        last=_day(given.last_day, "vacation.last_day"),
        addresses=tuple(given.addresses),
        colleagues_only=given.colleagues_only,
    )


def _day(given: str, at: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise InvalidInput(f"{at}: not a day", fields={at: "must be like 2026-08-01"}) from None


def _forwarding(given: pb.Forwarding) -> Forwarding:
    return Forwarding(enabled=given.enabled, address=given.address, keep_copy=given.keep_copy)


def _rule_told(rule: Rule) -> pb.MailRule:
    return pb.MailRule(
        name=rule.name,
        disabled=rule.disabled,
        any=rule.any_of,
        conditions=(
            pb.RuleCondition(
                field=pb.RuleField.Value(f"RULE_FIELD_{each.field.name}"),
                match=pb.RuleMatch.Value(f"RULE_MATCH_{each.match.name}"),
                value=each.value,
                octets=each.octets,
                negated=each.negated,
            )
            for each in rule.conditions
        ),
        actions=(
            pb.RuleAction(act=pb.RuleAct.Value(f"RULE_ACT_{each.act.name}"), mailbox=each.mailbox, address=each.address)
            for each in rule.actions
        ),
        stop=rule.stop,
    )


def _vacation_told(vacation: Vacation) -> pb.Vacation:
    return pb.Vacation(
        enabled=vacation.enabled,
        first_day=vacation.first.isoformat() if vacation.first else "",
        last_day=vacation.last.isoformat() if vacation.last else "",
        subject=vacation.subject,
        text=vacation.text,
        addresses=vacation.addresses,
        colleagues_only=vacation.colleagues_only,
    )


def _forwarding_told(forwarding: Forwarding) -> pb.Forwarding:
    return pb.Forwarding(enabled=forwarding.enabled, address=forwarding.address, keep_copy=forwarding.keep_copy)
