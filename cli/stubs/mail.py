"""Those of mail."""

from typing import cast

import grpc
from google.protobuf.descriptor import FileDescriptor
from workspace.mail.v1 import (
    auditing_pb2,
    auditing_pb2_grpc,
    domains_pb2,
    domains_pb2_grpc,
    imports_pb2,
    imports_pb2_grpc,
    journals_pb2,
    journals_pb2_grpc,
    leaving_pb2,
    leaving_pb2_grpc,
    letter_approvals_pb2,
    letter_approvals_pb2_grpc,
    lists_pb2,
    lists_pb2_grpc,
    mail_pb2,
    mail_pb2_grpc,
    matters_pb2,
    matters_pb2_grpc,
    pools_pb2,
    pools_pb2_grpc,
    queue_pb2,
    queue_pb2_grpc,
    quotas_pb2,
    quotas_pb2_grpc,
    receipts_pb2,
    receipts_pb2_grpc,
    recovery_pb2,
    recovery_pb2_grpc,
    reports_pb2,
    reports_pb2_grpc,
    retention_pb2,
    retention_pb2_grpc,
)


class MailStubs:
    """Each by the name of what it is about."""

    files: tuple[FileDescriptor, ...] = (
        auditing_pb2.DESCRIPTOR,
        domains_pb2.DESCRIPTOR,
        imports_pb2.DESCRIPTOR,
        journals_pb2.DESCRIPTOR,
        leaving_pb2.DESCRIPTOR,
        letter_approvals_pb2.DESCRIPTOR,
        lists_pb2.DESCRIPTOR,
        mail_pb2.DESCRIPTOR,
        matters_pb2.DESCRIPTOR,
        pools_pb2.DESCRIPTOR,
        queue_pb2.DESCRIPTOR,
        quotas_pb2.DESCRIPTOR,
        receipts_pb2.DESCRIPTOR,
        recovery_pb2.DESCRIPTOR,
        reports_pb2.DESCRIPTOR,
        retention_pb2.DESCRIPTOR,
    )

    def __init__(self, channel: grpc.aio.Channel) -> None:
        records = domains_pb2_grpc.DomainRecordServiceStub(channel)
        self.domain_records = cast("domains_pb2_grpc.DomainRecordServiceAsyncStub", records)
        self.queue = cast("queue_pb2_grpc.QueueServiceAsyncStub", queue_pb2_grpc.QueueServiceStub(channel))
        leaving = leaving_pb2_grpc.LeavingServiceStub(channel)
        self.leaving = cast("leaving_pb2_grpc.LeavingServiceAsyncStub", leaving)
        to_approve = letter_approvals_pb2_grpc.LetterApprovalServiceStub(channel)
        self.letter_approvals = cast("letter_approvals_pb2_grpc.LetterApprovalServiceAsyncStub", to_approve)
        pools = pools_pb2_grpc.PoolServiceStub(channel)
        self.pools = cast("pools_pb2_grpc.PoolServiceAsyncStub", pools)
        matters = matters_pb2_grpc.MatterServiceStub(channel)
        self.matters = cast("matters_pb2_grpc.MatterServiceAsyncStub", matters)
        audited = auditing_pb2_grpc.MatterAuditServiceStub(channel)
        self.audited = cast("auditing_pb2_grpc.MatterAuditServiceAsyncStub", audited)
        policies = lists_pb2_grpc.ListPolicyServiceStub(channel)
        self.list_policies = cast("lists_pb2_grpc.ListPolicyServiceAsyncStub", policies)
        moderation = lists_pb2_grpc.ModerationServiceStub(channel)
        self.moderation = cast("lists_pb2_grpc.ModerationServiceAsyncStub", moderation)
        receipts = receipts_pb2_grpc.ReceiptPolicyServiceStub(channel)
        self.receipt_policies = cast("receipts_pb2_grpc.ReceiptPolicyServiceAsyncStub", receipts)
        quotas = quotas_pb2_grpc.QuotaServiceStub(channel)
        self.quotas = cast("quotas_pb2_grpc.QuotaServiceAsyncStub", quotas)
        journals = journals_pb2_grpc.JournalServiceStub(channel)
        self.journals = cast("journals_pb2_grpc.JournalServiceAsyncStub", journals)
        retention = retention_pb2_grpc.RetentionServiceStub(channel)
        self.retention = cast("retention_pb2_grpc.RetentionServiceAsyncStub", retention)
        reports = reports_pb2_grpc.DomainReportServiceStub(channel)
        self.domain_reports = cast("reports_pb2_grpc.DomainReportServiceAsyncStub", reports)
        self.imports = cast("imports_pb2_grpc.ImportServiceAsyncStub", imports_pb2_grpc.ImportServiceStub(channel))
        recovery = recovery_pb2_grpc.RecoveryServiceStub(channel)
        self.recovery = cast("recovery_pb2_grpc.RecoveryServiceAsyncStub", recovery)
        self.mailboxes = cast("mail_pb2_grpc.MailboxServiceAsyncStub", mail_pb2_grpc.MailboxServiceStub(channel))
        self.messages = cast("mail_pb2_grpc.MessageServiceAsyncStub", mail_pb2_grpc.MessageServiceStub(channel))
