"""The facts that mail publishes, as its use cases know them. The aggregate of a fact is the mailbox it happened in.

`hearers` are whose live sessions hear of it: `usecases/access.py::hearers_of`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workspace.mail.v1 import events_pb2

from chassis.events import fact
from chassis.identity import identity_or_none
from services.mail.domain.approval import Outcome
from services.mail.domain.authentication.found import Found
from services.mail.domain.leaving import Rule
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Arrival, Message, Placed
from services.mail.domain.mime import CalendarPart, MessageDescription
from services.mail.domain.moderation import Outcome as Moderation
from services.mail.domain.pool import Pool
from services.mail.domain.quota import Quota, Usage
from services.mail.domain.sending import Exceeded
from services.mail.domain.sharing import Function


def received(owner: str, placed: Placed, arrival: Arrival, hearers: Sequence[str]) -> Any:
    description = arrival.content.description
    message = events_pb2.MessageReceived(
        account_id=owner,
        message_id=placed.message_id,
        mailbox_id=placed.mailbox_id,
        uid=placed.uid,
        modseq=placed.modseq,
        subject=description.subject,
        size=arrival.size,
        rfc_message_id=description.message_id,
        **{"from": description.sender},
    )
    return fact(message, subject=placed.mailbox_id, version=placed.modseq, audience=hearers)


def calendar_part_received(
    part: CalendarPart,
    text: str,
    sender: str,
    recipient: str,
    found: Found | None,
    description: MessageDescription,
    owner: str,
    placed: Placed,
) -> Any:
    """`found` is None for what was sent here."""
    authors = {each.address for each in description.from_}
    message = events_pb2.CalendarPartReceived(
        account_id=owner,
        message_id=placed.message_id,
        part=part.part,
        method=part.method,
        size=part.length,
        content=text,
        sender=sender,
        recipient=recipient,
        author=authors.pop() if len(authors) == 1 else "",
        inside=found is None,
        proven_domains=found.proven if found is not None else (),
        dmarc=found.dmarc.value if found is not None and found.looked_at else "",
        rfc_message_id=description.message_id,
    )
    return fact(message, subject=placed.mailbox_id, version=placed.modseq)


def invitation_refused(
    owner: str,
    request_id: str,
    uid: str,
    recipients: Sequence[str],
    reason: str,
    detail: str,
    *,
    status: str = "",
    told: bool = False,
) -> Any:
    """`status` as RFC 3463; `told`: the account has a letter that says it."""
    message = events_pb2.InvitationRefused(
        account_id=owner,
        request_id=request_id,
        uid=uid,
        recipients=recipients,
        reason=reason,
        detail=detail,
        status=status,
        told=told,
    )
    return fact(message, subject=request_id, version=1)


def copied(
    box: Mailbox,
    from_mailbox_id: str,
    from_uids: Sequence[int],
    to_uids: Sequence[int],
    hearers: Sequence[str],
    *,
    from_account: str = "",
) -> Any:
    message = events_pb2.MessageCopied(
        account_id=box.owner,
        from_mailbox_id=from_mailbox_id,
        to_mailbox_id=box.id,
        from_uids=from_uids,
        to_uids=to_uids,
        to_modseq=box.modseq,
        from_account_id=from_account,
    )
    return fact(message, subject=box.id, version=box.modseq, audience=hearers)


def handed_over(box: Mailbox, from_account_id: str, uids: Sequence[int], hearers: Sequence[str]) -> Any:
    message = events_pb2.MessageHandedOver(
        account_id=box.owner, from_account_id=from_account_id, mailbox_id=box.id, uids=uids, modseq=box.modseq
    )
    return fact(message, subject=box.id, version=box.modseq, audience=hearers)


def moved(
    left: Mailbox, entered: Mailbox, from_uids: Sequence[int], to_uids: Sequence[int], hearers: Sequence[str]
) -> Any:
    message = events_pb2.MessageMoved(
        account_id=left.owner,
        from_mailbox_id=left.id,
        to_mailbox_id=entered.id,
        from_uids=from_uids,
        to_uids=to_uids,
        from_modseq=left.modseq,
        to_modseq=entered.modseq,
    )
    return fact(message, subject=entered.id, version=entered.modseq, audience=hearers)


def deleted(box: Mailbox, uids: Sequence[int], hearers: Sequence[str]) -> Any:
    message = events_pb2.MessageDeleted(account_id=box.owner, mailbox_id=box.id, uids=uids, modseq=box.modseq)
    return fact(message, subject=box.id, version=box.modseq, audience=hearers)


def restored(box: Mailbox, uids: Sequence[int], hearers: Sequence[str]) -> Any:
    message = events_pb2.MessageRestored(account_id=box.owner, mailbox_id=box.id, uids=uids, modseq=box.modseq)
    return fact(message, subject=box.id, version=box.modseq, audience=hearers)


def mailbox_changed(box: Mailbox, name: str, hearers: Sequence[str], *, deleted: bool = False) -> Any:
    message = events_pb2.MailboxChanged(account_id=box.owner, mailbox_id=box.id, name=name, deleted=deleted)
    return fact(message, subject=box.id, version=box.modseq, audience=hearers)


def holders_changed(function: Function) -> Any:
    """Those who hold it now are told, and whoever has its mailbox open."""
    message = events_pb2.SharingChanged(account_id=function.id)
    return fact(message, subject=function.id, version=function.version, audience=[function.id, *function.standing])


def sharing_changed(box: Mailbox, grantee: str, letters: str) -> Any:
    message = events_pb2.SharingChanged(
        account_id=box.owner, mailbox_id=box.id, grantee_id=grantee, rights=letters, modseq=box.modseq
    )
    return fact(message, subject=box.id, version=box.modseq, audience=[box.owner, grantee])


def delegation_changed(owner: str, delegate: str, capacity: str, at: datetime) -> Any:
    message = events_pb2.DelegationChanged(account_id=owner, delegate_id=delegate, capacity=capacity)
    return fact(message, subject=owner, version=int(at.timestamp() * 1000), audience=[owner, delegate])


def sent(owner: str, submission_id: str, sender: str, recipients: Sequence[str], rfc_message_id: str) -> Any:
    message = events_pb2.MessageSent(
        account_id=owner,
        submission_id=submission_id,
        recipients=recipients,
        rfc_message_id=rfc_message_id,
        **{"from": sender},
    )
    return fact(message, subject=submission_id, version=1, audience=[owner])


def phishing_reported(found: Message, reporter: str) -> Any:
    message = events_pb2.PhishingReported(
        account_id=found.owner,
        message_id=found.id,
        subject=found.subject,
        rfc_message_id=found.rfc_message_id,
        reported_by=reporter,
        **{"from": found.sender},
    )
    return fact(message, subject=found.id, version=found.modseq, audience=[found.owner])


def sending_limited(owner: str, exceeded: Exceeded) -> Any:
    message = events_pb2.SendingLimited(account_id=owner, limit=exceeded.limit, allowed=exceeded.allowed)
    message.until.FromDatetime(exceeded.until)
    return fact(message, subject=owner, version=int(exceeded.until.timestamp()), audience=[owner])


def leaving_warned(owner: str, submission_id: str, subject: str, rules: Sequence[Rule]) -> Any:
    message = events_pb2.LeavingWarned(
        account_id=owner,
        submission_id=submission_id,
        subject=subject,
        rules=[events_pb2.LeavingWarned.Rule(name=each.name, text=each.text) for each in rules],
    )
    return fact(message, subject=submission_id, version=1)


def approval_requested(owner: str, submission_id: str) -> Any:
    message = events_pb2.ApprovalRequested(account_id=owner, submission_id=submission_id)
    return fact(message, subject=submission_id, version=1)


def moderation_requested(list_id: str, letter_id: str) -> Any:
    message = events_pb2.ModerationRequested(list_id=list_id, letter_id=letter_id)
    return fact(message, subject=letter_id, version=1)


def moderation_decided(
    author: str,
    letter_id: str,
    address: str,
    subject: str,
    outcome: Moderation,
    by: str = "",
    reason: str = "",
    *,
    sender: str = "",
) -> Any:
    """`sender`: whom a letter was from that came from outside."""
    message = events_pb2.ModerationDecided(
        account_id=author,
        letter_id=letter_id,
        list_address=address,
        subject=subject,
        outcome=outcome.value,
        decided_by=by,
        reason=reason,
        sender=sender,
    )
    return fact(message, subject=letter_id, version=2)


def approval_decided(
    owner: str, submission_id: str, subject: str, outcome: Outcome, decided_by: str = "", reason: str = ""
) -> Any:
    message = events_pb2.ApprovalDecided(
        account_id=owner,
        submission_id=submission_id,
        subject=subject,
        outcome=outcome.value,
        decided_by=decided_by,
        reason=reason,
    )
    return fact(message, subject=submission_id, version=2)


def quota_reached(owner: str, quota: Quota, usage: Usage, *, full: bool = False) -> Any:
    resource, used, allowed = quota.fullest(usage)
    message = events_pb2.QuotaReached(
        account_id=owner,
        resource=resource,
        used=used,
        allowed=allowed,
        percent=100 if full else quota.warned_at,
    )
    return fact(message, subject=owner, version=1, audience=[owner])


def pool_reached(pool: Pool, percent: int, administrators: Sequence[str]) -> Any:
    message = events_pb2.QuotaReached(
        resource="octets",
        used=pool.lent,
        allowed=pool.octets or 0,
        percent=percent,
        unit_id=pool.unit_id,
        unit_name=pool.name,
        unit_path=pool.unit_path,
    )
    return fact(message, subject=pool.unit_id, version=1, audience=administrators)


def acted(act: str, target: str, details: Mapping[str, str], *, named: str = "", unit_path: Sequence[str] = ()) -> Any:
    """What directory's audit log keeps of an act; written with the change itself. The actor is the identity at hand.

    `named`: how people call the target, where that is not its id. `unit_path` leads to where it stands: whose auditors
    may read of it.
    """
    identity = identity_or_none()
    message = events_pb2.ActRecorded(
        act=act,
        target_id=target,
        target_name=named or target,
        unit_path=unit_path,
        remote_address=identity.remote if identity is not None else "",
        details=details,
        actor_name=identity.address if identity is not None else "",
    )
    return fact(message, subject=target, version=1)


def instead(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, str]:
    """Of each field what it was and what it is, as details of an act."""
    return {each: f"{before.get(each, '-')} > {after.get(each, '-')}" for each in sorted({*before, *after})}


def personal_data_exported(request_id: str, owner: str, document: str) -> Any:
    message = events_pb2.PersonalDataExported(request_id=request_id, account_id=owner, document=document)
    return fact(message, subject=request_id, version=1)


def personal_data_erased(request_id: str, owner: str, mailboxes: int, messages: int) -> Any:
    message = events_pb2.PersonalDataErased(
        request_id=request_id, account_id=owner, mailboxes=mailboxes, messages=messages
    )
    return fact(message, subject=request_id, version=1)
