"""How the walk exercises ProvisioningService."""

from collections.abc import Iterable

from google.protobuf.message import Message
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import groups_pb2 as groups
from workspace.directory.v1 import provisioning_pb2 as provisioning

from tests.directory.walking import Victim, Walk

NEW = "an entirely new passphrase"


def _wanted(v: Victim, **given: object) -> provisioning.ProvisionedAccount:
    emails = given.pop("emails", [])
    account = pb.Account(**{"address": "intrus@economie.gouv.tg", "display_name": "Intrus", **given})
    labelled = [provisioning.LabelledAddress(address=each) for each in emails]
    return provisioning.ProvisionedAccount(account=account, emails=labelled)


def _conditions(v: Victim) -> Iterable[Message]:
    equal = {
        "id": v.account_id, "address": v.address, "emails.value": v.alias, "staff_number": v.staff_number,
        "unit_id": v.office_id, "display_name": v.display_name, "department": v.unit_name,
    }  # fmt: skip
    yield provisioning.SearchAccountsRequest(count=500)
    yield provisioning.SearchAccountsRequest(count=500, order_by="display_name")
    for attribute, text in equal.items():
        comparison = provisioning.Comparison(attribute=attribute, operator="eq", text=text)
        yield provisioning.SearchAccountsRequest(
            condition=provisioning.Condition(comparison=comparison), count=500, order_by="title"
        )


def _replacements(v: Victim) -> Iterable[Message]:
    own = {"id": v.own_account_id, "address": "cobaye@economie.gouv.tg"}
    for given in (
        {"id": v.account_id, "address": v.address},
        {"id": v.account_id, "address": v.address, "unit_id": v.own_unit_id},
        {**own, "unit_id": v.office_id},
    ):
        yield provisioning.ReplaceAccountRequest(wanted=_wanted(v, **given), password=NEW)
    yield provisioning.ReplaceAccountRequest(wanted=_wanted(v, id=v.account_id, address=v.address), version=1)


def _taking_by_replacement(v: Victim) -> Iterable[Message]:
    own = {"id": v.own_account_id, "address": "cobaye@economie.gouv.tg", "unit_id": v.own_unit_id}
    yield provisioning.ReplaceAccountRequest(wanted=_wanted(v, **own, emails=[v.alias]))


def _replaced_groups(v: Victim) -> Iterable[Message]:
    stolen = groups.Group(id=v.group_id, name="Autre")
    yield provisioning.ReplaceGroupRequest(group=stolen)
    yield provisioning.ReplaceGroupRequest(group=stolen, version=1)
    own = groups.Group(id=v.own_group_id, name="Propre")
    for member in (v.account_id, v.group_id):
        yield provisioning.ReplaceGroupRequest(group=own, member_ids=[member])


PROVISIONING = {
    "ProvisioningService.SearchAccounts": Walk(_conditions),
    "ProvisioningService.GetProvisioned": Walk(
        lambda v: [provisioning.GetProvisionedRequest(id=i) for i in ("", v.account_id, v.administrator_id)]
    ),
    "ProvisioningService.ProvisionAccount": Walk(
        lambda v: [
            provisioning.ProvisionAccountRequest(wanted=_wanted(v, unit_id=i, address=a))
            for i in (v.unit_id, v.office_id)
            for a in ("intrus", v.address)
        ],
        telling=lambda v: [provisioning.ProvisionAccountRequest(wanted=_wanted(v, address=v.address))],
    ),
    "ProvisioningService.ReplaceAccount": Walk(_replacements, telling=_taking_by_replacement),
    "ProvisioningService.ProvisionGroup": Walk(
        lambda v: [
            provisioning.ProvisionGroupRequest(group=groups.Group(name=v.group_name, unit_id=v.office_id)),
            provisioning.ProvisionGroupRequest(group=groups.Group(name="Intrus"), member_ids=[v.account_id]),
            provisioning.ProvisionGroupRequest(group=groups.Group(name="Intrus"), member_ids=[v.group_id]),
        ]
    ),
    "ProvisioningService.ReplaceGroup": Walk(_replaced_groups),
    "ProvisioningService.WithdrawAccount": Walk(
        lambda v: [provisioning.WithdrawAccountRequest(id=v.account_id, version=n) for n in (0, 1, 2)]
    ),
}
