"""How the walk exercises groups and what else the organisation is made of."""

from collections.abc import Iterable

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from workspace.directory.v1 import approvals_pb2 as approvals
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import domains_pb2 as domains
from workspace.directory.v1 import functions_pb2 as functions
from workspace.directory.v1 import groups_pb2 as groups
from workspace.directory.v1 import organisation_pb2 as organisation

from tests.directory.walking import Victim, Walk


def _group_creations(v: Victim) -> Iterable[Message]:
    own, rule = v.own_unit_id, groups.GroupRule(unit_id=v.office_id)
    yield groups.CreateGroupRequest(group=groups.Group(name="Intrus", unit_id=v.unit_id))
    yield groups.CreateGroupRequest(group=groups.Group(name=v.group_name, unit_id=v.unit_id))
    yield groups.CreateGroupRequest(group=groups.Group(name="Intrus", unit_id=own, rule=rule))
    yield groups.CreateGroupRequest(group=groups.Group(name="Intrus", unit_id=own), account_ids=[v.account_id])
    yield groups.CreateGroupRequest(group=groups.Group(name="Intrus", unit_id=own), group_ids=[v.group_id])


def _memberships(v: Victim) -> Iterable[Message]:
    yield groups.ChangeMembersRequest(id=v.group_id, add_account_ids=[v.own_account_id])
    yield groups.ChangeMembersRequest(id=v.group_id, remove_account_ids=[v.account_id])
    yield groups.ChangeMembersRequest(id=v.group_id, replace=True)
    yield groups.ChangeMembersRequest(id=v.own_group_id, add_account_ids=[v.account_id])
    yield groups.ChangeMembersRequest(id=v.own_group_id, add_group_ids=[v.group_id])
    yield groups.ChangeMembersRequest(id=v.own_national_group_id, remove_account_ids=[v.account_id])


def _group_updates(v: Victim) -> Iterable[Message]:
    changed = groups.Group(id=v.group_id, name="Autre", rule=groups.GroupRule(unit_id=v.own_unit_id))
    for path in ("name", "description", "external_id", "rule"):
        yield groups.UpdateGroupRequest(group=changed, update_mask=FieldMask(paths=[path]))
    ruled = groups.Group(id=v.own_group_id, rule=groups.GroupRule(unit_id=v.office_id))
    yield groups.UpdateGroupRequest(group=ruled, update_mask=FieldMask(paths=["rule"]))


_GROUPS = {
    "GroupService.CreateGroup": Walk(_group_creations),
    "GroupService.GetGroup": Walk(lambda v: [groups.GetGroupRequest(id=v.group_id)]),
    "GroupService.ListGroups": Walk(
        lambda v: [
            groups.ListGroupsRequest(),
            groups.ListGroupsRequest(unit_id=v.unit_id),
            groups.ListGroupsRequest(account_id=v.account_id),
            groups.ListGroupsRequest(unit_id=v.own_unit_id, account_id=v.account_id),
        ]
    ),
    "GroupService.UpdateGroup": Walk(_group_updates),
    "GroupService.ChangeMembers": Walk(_memberships),
    "GroupService.DeleteGroup": Walk(lambda v: [groups.DeleteGroupRequest(id=v.group_id)]),
    "GroupService.ListMembers": Walk(
        lambda v: [
            groups.ListMembersRequest(id=each, everybody=everybody)
            for each in (v.group_id, v.own_group_id, v.own_national_group_id)
            for everybody in (False, True)
        ]
    ),
}


def _foundings(v: Victim) -> Iterable[Message]:
    mine = {"address": "x@economie.gouv.tg", "title": "X", "unit_id": v.own_unit_id}
    for given in (
        {**mine, "unit_id": v.unit_id},
        {**mine, "unit_id": v.unit_id, "address": v.function_address},
        {**mine, "holder_ids": [v.account_id]},
        {**mine, "fallback_id": v.account_id},
    ):
        yield functions.CreateFunctionRequest(function=functions.Function(**given))


def _function_updates(v: Victim) -> Iterable[Message]:
    theirs = functions.Function(id=v.function_id, title="Autre", fallback_id=v.own_account_id)
    for path in ("title", "fallback_id"):
        yield functions.UpdateFunctionRequest(function=theirs, update_mask=FieldMask(paths=[path]))
    own = functions.Function(id=v.own_function_id, fallback_id=v.account_id)
    yield functions.UpdateFunctionRequest(function=own, update_mask=FieldMask(paths=["fallback_id"]))


_FUNCTIONS = {
    "FunctionService.CreateFunction": Walk(_foundings),
    "FunctionService.GetFunction": Walk(lambda v: [functions.GetFunctionRequest(id=v.function_id)]),
    "FunctionService.ListFunctions": Walk(
        lambda v: [functions.ListFunctionsRequest(), functions.ListFunctionsRequest(unit_id=v.unit_id)]
    ),
    "FunctionService.UpdateFunction": Walk(_function_updates),
    "FunctionService.AssignFunction": Walk(
        lambda v: [
            functions.AssignFunctionRequest(id=v.function_id),
            functions.AssignFunctionRequest(id=v.function_id, holder_ids=[v.own_account_id]),
            functions.AssignFunctionRequest(id=v.own_function_id, holder_ids=[v.account_id]),
        ]
    ),
    "FunctionService.DeleteFunction": Walk(lambda v: [functions.DeleteFunctionRequest(id=v.function_id)]),
}


def _moves(v: Victim) -> Iterable[Message]:
    yield organisation.MoveUnitRequest(id=v.office_id, parent_id=v.own_unit_id)
    yield organisation.MoveUnitRequest(id=v.unit_id, parent_id=v.own_unit_id, kind=pb.UNIT_KIND_DIRECTORATE)
    yield organisation.MoveUnitRequest(id=v.own_office_id, parent_id=v.unit_id)
    yield organisation.MoveUnitRequest(id=v.own_office_id, parent_id=v.office_id)


_REORGANISATIONS = {
    "OrganisationService.MoveUnit": Walk(_moves),
    "OrganisationService.MergeUnits": Walk(
        lambda v: [
            organisation.MergeUnitsRequest(id=v.office_id, into_id=v.own_unit_id),
            organisation.MergeUnitsRequest(id=v.own_office_id, into_id=v.unit_id),
        ]
    ),
    "OrganisationService.DissolveUnit": Walk(
        lambda v: [
            organisation.DissolveUnitRequest(id=v.office_id),
            organisation.DissolveUnitRequest(id=v.office_id, successor_id=v.own_unit_id),
            organisation.DissolveUnitRequest(id=v.own_office_id, successor_id=v.office_id),
        ]
    ),
    "OrganisationService.GetReorganisation": Walk(
        lambda v: [organisation.GetReorganisationRequest(id=v.reorganisation_id)]
    ),
    "OrganisationService.ListReorganisations": Walk(lambda v: [organisation.ListReorganisationsRequest()]),
    "OrganisationService.ChangeAddress": Walk(
        lambda v: [organisation.ChangeAddressRequest(id=v.account_id, address="x@economie.gouv.tg")],
        telling=lambda v: [organisation.ChangeAddressRequest(id=v.own_account_id, address=v.address, forward_days=-1)],
    ),
}


def _domain_updates(v: Victim) -> Iterable[Message]:
    theirs = domains.MailDomain(
        name=v.domain, unit_id=v.own_unit_id, state=domains.DOMAIN_STATE_CLOSING, administrator_ids=[v.own_account_id]
    )
    for path in ("unit_id", "state", "administrator_ids"):
        yield domains.UpdateDomainRequest(domain=theirs, update_mask=FieldMask(paths=[path]))
    own = domains.MailDomain(name=v.own_domain, unit_id=v.unit_id, administrator_ids=[v.account_id])
    for path in ("unit_id", "administrator_ids"):
        yield domains.UpdateDomainRequest(domain=own, update_mask=FieldMask(paths=[path]))


_DOMAINS = {
    "DomainService.CreateDomain": Walk(
        lambda v: [
            domains.CreateDomainRequest(domain=domains.MailDomain(name=v.domain, unit_id=v.own_unit_id)),
            domains.CreateDomainRequest(domain=domains.MailDomain(name="intrus.tg", unit_id=v.unit_id)),
        ]
    ),
    "DomainService.GetDomain": Walk(lambda v: [domains.GetDomainRequest(name=v.domain)]),
    "DomainService.ListDomains": Walk(
        lambda v: [domains.ListDomainsRequest(), domains.ListDomainsRequest(unit_id=v.unit_id)]
    ),
    "DomainService.UpdateDomain": Walk(_domain_updates),
    "DomainService.DeleteDomain": Walk(lambda v: [domains.DeleteDomainRequest(name=v.domain)]),
    "DomainService.OpenAddress": Walk(
        lambda v: [
            domains.OpenAddressRequest(name=v.domain, account_id=v.own_account_id, address=f"intrus@{v.domain}"),
            domains.OpenAddressRequest(name=v.own_domain, account_id=v.account_id, address=f"x@{v.own_domain}"),
        ]
    ),
    "DomainService.CloseAddress": Walk(
        lambda v: [domains.CloseAddressRequest(name=v.domain, account_id=v.account_id, address=f"x@{v.domain}")]
    ),
}

_APPROVALS = {
    "ApprovalService.ListApprovals": Walk(
        lambda v: [
            approvals.ListApprovalsRequest(),
            approvals.ListApprovalsRequest(listing=approvals.APPROVAL_LISTING_ASKED),
        ]
    ),
    "ApprovalService.GetApproval": Walk(lambda v: [approvals.GetApprovalRequest(id=v.approval_id)]),
    "ApprovalService.ExplainApproval": Walk(
        lambda v: [approvals.ExplainApprovalRequest(id=v.approval_id, reason="Autre")]
    ),
    "ApprovalService.Approve": Walk(lambda v: [approvals.ApproveRequest(id=v.approval_id)]),
    "ApprovalService.Refuse": Walk(lambda v: [approvals.RefuseRequest(id=v.approval_id, reason="Autre")]),
    "ApprovalService.TakeApprovalResult": Walk(lambda v: [approvals.TakeApprovalResultRequest(id=v.approval_id)]),
    "ApprovalService.GetApprovalPolicy": Walk(lambda v: [approvals.GetApprovalPolicyRequest(unit_id=v.unit_id)]),
    "ApprovalService.SetApprovalPolicy": Walk(
        lambda v: [approvals.SetApprovalPolicyRequest(unit_id=v.unit_id, acts=["move_unit", "merge_units"])]
    ),
}

ORGANISATION: dict[str, Walk] = {**_REORGANISATIONS, **_GROUPS, **_FUNCTIONS, **_DOMAINS, **_APPROVALS}
