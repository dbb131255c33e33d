"""What directory tells the others, made of its entities."""

from collections.abc import Mapping, Sequence
from typing import Any

from workspace.directory.v1 import events_pb2

from chassis.events import EVERYBODY, fact
from chassis.identity import identity_or_none
from services.directory.domain.accounts import ADMINISTRATOR, Account
from services.directory.domain.approvals import Approval
from services.directory.domain.functions import Function
from services.directory.domain.groups import Group, Rule
from services.directory.domain.mail_domains import MailDomain
from services.directory.domain.personal import EXPORT, PersonalRequest
from services.directory.domain.units import Unit
from services.directory.usecases.standing_in import stand_in

Fact = dict[str, Any]
DONE, REFUSED = "done", "refused"


def told(account: Account) -> events_pb2.AccountFact:
    """What others may know of an account."""
    return events_pb2.AccountFact(
        account_id=account.id,
        address=account.address,
        aliases=account.other_addresses,
        display_name=account.display_name,
        unit_id=account.unit_id,
        unit_path=account.unit_path,
        suspended=account.suspended,
        grade=account.profile.grade,
        place=account.profile.place,
        functions=account.functions,
        administers=[grant.unit_id for grant in account.roles if grant.role == ADMINISTRATOR],
    )


def created(account: Account) -> Fact:
    return _of(account, events_pb2.AccountCreated(account=told(account)))


def changed(account: Account) -> Fact:
    return _of(account, events_pb2.AccountChanged(account=told(account)))


def restored(account: Account) -> Fact:
    return _of(account, events_pb2.AccountRestored(account=told(account)))


def deleted(account: Account) -> Fact:
    """One version beyond the last: a projection forgets what it knew."""
    message = events_pb2.AccountDeleted(account=told(account))
    return fact(message, subject=account.id, version=account.version + 1)


def personal_data_requested(request: PersonalRequest) -> Fact:
    """To every service that keeps data of persons, this one too."""
    ids = {"request_id": request.id, "account_id": request.account_id}
    message: Any = (
        events_pb2.PersonalDataExportRequested(**ids)
        if request.kind == EXPORT
        else events_pb2.PersonalDataErasureRequested(**ids)
    )
    return fact(message, subject=request.id, version=1)


def handed_over(account: Account, successor_id: str) -> Fact:
    """Who has the mailbox of somebody who left; empty when nobody has it any more."""
    message = events_pb2.MailboxHandedOver(account_id=account.id, successor_id=successor_id)
    return fact(message, subject=account.id, version=account.version, audience=[successor_id] if successor_id else [])


def suspended(account: Account) -> Fact:
    return _of(account, events_pb2.AccountSuspended(account=told(account)))


def sessions_revoked(account: Account) -> Fact:
    """Every session of the account is over."""
    message = events_pb2.SessionRevoked(account_id=account.id)
    return fact(message, subject=account.id, version=account.version, audience=[account.id, EVERYBODY])


def session_revoked(account_id: str, session_id: str) -> Fact:
    message = events_pb2.SessionRevoked(account_id=account_id, session_id=session_id)
    return fact(message, subject=session_id, version=1, audience=[account_id, EVERYBODY])


def credential_changed(account_id: str, kind: str, change: str, credential_id: str = "", version: int = 1) -> Fact:
    """`kind` and `change` as the contract names them."""
    message = events_pb2.CredentialChanged(account_id=account_id, kind=kind, change=change, credential_id=credential_id)
    return fact(message, subject=credential_id or account_id, version=version, audience=[account_id])


def recorded(
    act: str,
    target_id: str,
    target_name: str,
    unit_path: Sequence[str],
    *,
    outcome: str = DONE,
    remote: str = "",
    details: Mapping[str, str] | None = None,
    actor: Account | None = None,
) -> Fact:
    """What the audit log keeps of an act; written with the change itself, so that neither is without the other.

    `details` holds no secret. The actor is the identity at hand unless given; of an approved act the one who approved
    is named as well.
    """
    identity = identity_or_none()
    named = actor.address if actor is not None else identity.address if identity is not None else ""
    standing = stand_in()
    if standing is not None and standing.approval_id:
        details = {**(details or {}), "approval": standing.approval_id, "approved_by": standing.approved_by}
    message = events_pb2.ActRecorded(
        act=act,
        target_id=target_id,
        target_name=target_name,
        unit_path=unit_path,
        outcome=outcome,
        remote_address=remote or (identity.remote if identity is not None else ""),
        details=details or {},
        actor_name=named,
    )
    return fact(message, subject=target_id, version=1, actor=actor.id if actor is not None else None)


def recorded_of(
    act: str,
    account: Account,
    *,
    details: Mapping[str, str] | None = None,
    actor: Account | None = None,
    remote: str = "",
) -> Fact:
    """The same of an act upon an account."""
    return recorded(act, account.id, account.address, account.unit_path, details=details, actor=actor, remote=remote)


def recorded_of_others(act: str, account: Account, details: Mapping[str, str]) -> list[Fact]:
    """The same, but nothing of what somebody does about the own account, unless that acts upon others."""
    identity = identity_or_none()
    own = identity is not None and identity.account_id == account.id
    return [] if own and not account.roles else [recorded_of(act, account, details=details)]


def checkpointed(sequence: int, hash_: str) -> Fact:
    """How far the audit log has come."""
    message = events_pb2.AuditCheckpointed(sequence=sequence, hash=hash_)
    return fact(message, subject="audit", version=sequence)


def unit_changed(unit: Unit) -> Fact:
    message = events_pb2.UnitChanged(
        unit_id=unit.id, name=unit.name, kind=unit.kind, parent_id=unit.parent_id, path=unit.path
    )
    return fact(message, subject=unit.id, version=unit.version)


def group_changed(group: Group, unit_path: Sequence[str]) -> Fact:
    rule = group.rule
    message = events_pb2.GroupChanged(
        group_id=group.id,
        name=group.name,
        unit_id=group.unit_id,
        unit_path=unit_path,
        account_ids=group.accounts,
        group_ids=group.groups,
        rule=_rule_fact(rule) if rule else None,
        address=group.address,
        writers=group.writers,
        writer_ids=group.writer_ids,
    )
    return fact(message, subject=group.id, version=group.version)


def _rule_fact(rule: Rule) -> events_pb2.GroupRuleFact:
    return events_pb2.GroupRuleFact(unit_id=rule.unit_id, grade=rule.grade, place=rule.place, everybody=rule.everybody)


def function_assigned(function: Function, unit_path: Sequence[str], *, ended: bool = False) -> Fact:
    message = events_pb2.FunctionAssigned(
        function_id=function.id,
        address=function.address,
        title=function.title,
        unit_id=function.unit_id,
        unit_path=unit_path,
        holder_ids=function.holders,
        fallback_id=function.fallback_id,
        ended=ended,
        own_mailbox=function.own_mailbox,
    )
    return fact(message, subject=function.id, version=function.version, audience=function.standing)


def domain_changed(domain: MailDomain, unit_path: Sequence[str]) -> Fact:
    """A mail domain as it is now; in state "gone" it is no more."""
    message = events_pb2.DomainChanged(
        name=domain.name, unit_id=domain.unit_id, unit_path=unit_path, state=domain.state, version=domain.version
    )
    return fact(message, subject=domain.name, version=domain.version, audience=domain.administrators)


def approval_changed(approval: Approval) -> Fact:
    """That somebody waits for a second administrator, or need not any more; told to who asked."""
    message = events_pb2.ApprovalChanged(
        approval_id=approval.id,
        act=approval.act,
        state=approval.state,
        target_id=approval.target_id,
        unit_path=approval.governed[0] if approval.governed else (),
        asked_by=approval.asked_by,
        decided_by=approval.decided_by,
    )
    audience = [each for each in (approval.asked_by, approval.decided_by) if each]
    return fact(message, subject=approval.id, version=approval.version, audience=audience)


def recorded_of_approval(act: str, approval: Approval, *, outcome: str = DONE) -> list[Fact]:
    """What the audit logs of all units concerned keep of an approval."""
    details = {
        "act": approval.act,
        "approval": approval.id,
        "asked_by": approval.asker,
        **({"decided_by": approval.decider} if approval.decider else {}),
        **({"reason": approval.reason} if approval.reason else {}),
        **({"answer": approval.answer} if approval.answer else {}),
        **approval.details,
    }
    return [
        recorded(act, approval.target_id, approval.target, path, outcome=outcome, details=details)
        for path in sorted(set(approval.governed))
    ]


def group_ended(group: Group) -> Fact:
    return fact(events_pb2.GroupChanged(group_id=group.id, deleted=True), subject=group.id, version=group.version)


def unit_created(unit: Unit) -> Fact:
    message = events_pb2.UnitCreated(
        unit_id=unit.id, name=unit.name, kind=unit.kind, parent_id=unit.parent_id, path=unit.path
    )
    return fact(message, subject=unit.id, version=unit.version)


def unit_moved(unit: Unit, former_path: Sequence[str]) -> Fact:
    message = events_pb2.UnitMoved(
        unit_id=unit.id,
        name=unit.name,
        kind=unit.kind,
        parent_id=unit.parent_id,
        path=unit.path,
        former_path=former_path,
    )
    return fact(message, subject=unit.id, version=unit.version)


def unit_merged(unit: Unit, into: Unit, *, hands_roles: bool) -> Fact:
    message = events_pb2.UnitMerged(
        unit_id=unit.id,
        name=unit.name,
        former_path=unit.path,
        into_id=into.id,
        into_path=into.path,
        hands_roles=hands_roles,
    )
    return fact(message, subject=unit.id, version=unit.version + 1)


def unit_dissolved(unit: Unit, successor: Unit | None, *, hands_roles: bool) -> Fact:
    message = events_pb2.UnitDissolved(
        unit_id=unit.id,
        name=unit.name,
        former_path=unit.path,
        successor_id=successor.id if successor is not None else "",
        successor_path=successor.path if successor is not None else (),
        hands_roles=hands_roles,
    )
    return fact(message, subject=unit.id, version=unit.version + 1)


def _of(account: Account, message: Any) -> Fact:
    return fact(message, subject=account.id, version=account.version, audience=[account.id])
