"""Rules by the api: kept, in force, and beside scripts that their owner wrote."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from workspace.mail.v1 import rules_pb2 as pb
from workspace.mail.v1 import rules_pb2_grpc

from chassis.errors import AlreadyExists, Conflict, Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import acting_as
from services.mail.domain.options import Options
from services.mail.domain.scripts import MANAGED, MOST
from services.mail.usecases import create_mailbox, find_mailbox, rename_mailbox
from services.mail.usecases.scripts import activate_script, put_script
from tests.mail.api.conftest import Api
from tests.mail.house import House

RULES: dict[str, Any] = {
    "rules": [
        {
            "name": "Factures",
            "conditions": [{"field": "RULE_FIELD_SUBJECT", "match": "RULE_MATCH_CONTAINS", "value": "facture"}],
            "actions": [{"act": "RULE_ACT_MOVE", "mailbox": "Factures"}],
            "stop": True,
        }
    ],
    "vacation": {"enabled": True, "text": "Je reviens.", "first_day": "2026-08-01", "last_day": "2026-08-15"},
    "forwarding": {"enabled": True, "address": "agent2@sante.gouv.tg", "keep_copy": True},
}
Act = Callable[..., Awaitable[Any]]


@pytest.fixture
async def act(api: Api, owner: str) -> Act:
    """An rpc by its name, as the owner, or as somebody else."""
    rules = rules_pb2_grpc.RuleServiceStub(api.channel)
    own, other = await api.identity(owner), await api.identity("01JSOMEBODYELSE")

    async def call(name: str, request: Any, *, somebody: bool = False) -> Any:
        with acting_as(other if somebody else own):
            return await getattr(rules, name)(request)

    return call


def update(rules: dict[str, Any], **fields: Any) -> pb.UpdateRulesRequest:
    return ParseDict({"rules": rules, **fields}, pb.UpdateRulesRequest())


async def test_rules_are_told_as_they_were_put_and_run_from_then_on(act: Act, house: House, owner: str) -> None:
    empty = await act("GetRules", pb.GetRulesRequest())
    assert (empty.version, empty.in_force, empty.script, empty.forwarding_outside) == (0, False, "", True)
    put = await act("UpdateRules", update(RULES))
    assert put == await act("GetRules", pb.GetRulesRequest())
    assert (put.version, put.in_force, put.active_script) == (1, True, MANAGED)
    told = pb.MailRules(version=1, rules=put.rules, vacation=put.vacation, forwarding=put.forwarding)
    assert told == ParseDict({**RULES, "version": 1}, pb.MailRules())
    active = await house.mail.store.scripts.active(owner)
    assert active is not None
    assert active.source.decode() == put.script
    assert 'fileinto :create "Factures";' in put.script
    assert (await act("GetRules", pb.GetRulesRequest(), somebody=True)).version == 0


async def test_an_update_of_an_older_version_is_refused(act: Act) -> None:
    first = await act("UpdateRules", update(RULES))
    await act("UpdateRules", update({**RULES, "version": str(first.version)}))
    with pytest.raises(Conflict):
        await act("UpdateRules", update({"version": str(first.version)}))
    with pytest.raises(Conflict):
        await act("UpdateRules", update({"version": "-1"}))
    assert (await act("GetRules", pb.GetRulesRequest())).version == 2


async def test_a_script_of_the_owners_is_not_replaced_unless_that_was_said(act: Act, house: House, owner: str) -> None:
    await put_script(house.mail, owner, "mien", b"keep;")
    await activate_script(house.mail, owner, "mien")
    with pytest.raises(PreconditionFailed) as refused:
        await act("UpdateRules", update(RULES))
    assert refused.value.fields == {"active_script": "mien"}
    assert (await act("GetRules", pb.GetRulesRequest())).version == 0
    # What does nothing takes nobody's place.
    harmless = await act("UpdateRules", update({"vacation": {"text": "Pas encore."}}))
    assert (harmless.version, harmless.in_force, harmless.active_script) == (1, False, "mien")
    replaced = await act("UpdateRules", update(RULES, replace_active=True))
    assert replaced.in_force
    listed = await act("ListScripts", pb.ListScriptsRequest())
    assert [(each.name, each.active) for each in listed.scripts] == [("mien", False), (MANAGED, True)]
    await act("ActivateScript", pb.ActivateScriptRequest(name="mien"))
    assert not (await act("GetRules", pb.GetRulesRequest())).in_force
    with pytest.raises(NotFound):
        await act("ActivateScript", pb.ActivateScriptRequest(name="mien"), somebody=True)
    await act("ActivateScript", pb.ActivateScriptRequest())
    assert await house.mail.store.scripts.active(owner) is None


async def test_rules_follow_a_mailbox_that_is_renamed(act: Act, house: House, owner: str) -> None:
    box = await create_mailbox(house.mail, owner, "Factures/Eau")
    rules = {"name": "r", "actions": [{"act": "RULE_ACT_COPY", "mailbox": "Factures/Eau"}]}
    put = await act("UpdateRules", update({"rules": [rules, *RULES["rules"]]}))
    above = await find_mailbox(house.mail, owner, "Factures")
    await rename_mailbox(house.mail, owner, above.id, "Dépenses")
    told = await act("GetRules", pb.GetRulesRequest())
    assert [rule.actions[0].mailbox for rule in told.rules] == ["Dépenses/Eau", "Dépenses"]
    assert told.version == put.version + 1
    active = await house.mail.store.scripts.active(owner)
    assert active is not None
    assert 'fileinto :copy :create "Dépenses/Eau";' in active.source.decode()
    other = await create_mailbox(house.mail, owner, "Autre")
    await rename_mailbox(house.mail, owner, other.id, "Ailleurs")
    with pytest.raises(AlreadyExists):
        await rename_mailbox(house.mail, owner, box.id, "Ailleurs")
    assert (await act("GetRules", pb.GetRulesRequest())) == told


async def test_there_is_always_room_for_rules(act: Act, house: House, owner: str) -> None:
    for number in range(MOST):
        await put_script(house.mail, owner, f"n{number}", b"keep;")
    assert (await act("UpdateRules", update(RULES))).in_force


async def test_forwarding_outside_by_a_rule_stands_in_the_audit_log(act: Act, house: House, owner: str) -> None:
    outside = {**RULES, "forwarding": {"enabled": True, "address": "agent@example.org", "keep_copy": True}}
    await act("UpdateRules", update(RULES))
    await act("UpdateRules", update(outside))
    await act("UpdateRules", update({**outside, "vacation": {}}))
    document = await house.database["scripts"].find_one({"_id": owner})
    (entry,) = document["outbox"]
    told = json.loads(entry["body"])["data"]
    assert (told["act"], told["target_id"]) == ("forward_outside", owner)
    assert told["details"] == {"script": MANAGED, "to": "agent@example.org"}


async def test_forwarding_outside_by_a_rule_is_refused_where_policy_forbids_it(act: Act, house: House) -> None:
    object.__setattr__(house.mail, "options", Options(forwarding_outside=False))
    forward = {"name": "r", "actions": [{"act": "RULE_ACT_FORWARD", "address": "agent@example.org"}]}
    for rules in ({"forwarding": {"enabled": True, "address": "agent@example.org"}}, {"rules": [forward]}):
        with pytest.raises(Forbidden):
            await act("UpdateRules", update(rules))
    assert (await act("UpdateRules", update(RULES))).forwarding_outside is False


@pytest.mark.parametrize(
    ("rules", "at"),
    [
        ({"rules": [{"conditions": [{}], "actions": [{"act": 3}]}]}, "rules[0].conditions[0].field"),
        ({"rules": [{"conditions": [{"field": 99}], "actions": [{"act": 3}]}]}, "rules[0].conditions[0].field"),
        ({"rules": [{"actions": [{}]}]}, "rules[0].actions[0].act"),
        ({"vacation": {"first_day": "demain"}}, "vacation.first_day"),
        ({"vacation": {"enabled": True}}, "vacation.text"),
    ],
)
async def test_what_is_wrong_is_named(act: Act, rules: dict[str, Any], at: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await act("UpdateRules", update(rules))
    assert list(refused.value.fields) == [at]


async def test_a_script_is_checked_and_its_fault_told_in_both_languages(act: Act) -> None:
    assert not (await act("CheckScript", pb.CheckScriptRequest(script="keep;"))).faults
    (fault,) = (await act("CheckScript", pb.CheckScriptRequest(script="keep;\r\n  fileinto 5;"))).faults
    assert (fault.line, fault.column) == (2, 3)
    assert fault.french != fault.english
    for script in ("(" * 10_000, "\0", "x" * 200_000):
        assert (await act("CheckScript", pb.CheckScriptRequest(script=script))).faults
