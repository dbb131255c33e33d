"""Every servicer of the api, and what adds it to a server."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workspace.mail.v1 import (
    auditing_pb2_grpc,
    browsing_pb2_grpc,
    domains_pb2_grpc,
    drafts_pb2_grpc,
    functions_pb2_grpc,
    identities_pb2_grpc,
    imports_pb2_grpc,
    journals_pb2_grpc,
    judging_pb2_grpc,
    leaving_pb2_grpc,
    letter_approvals_pb2_grpc,
    lists_pb2_grpc,
    mail_pb2_grpc,
    matters_pb2_grpc,
    pools_pb2_grpc,
    queue_pb2_grpc,
    quotas_pb2_grpc,
    reading_pb2_grpc,
    receipts_pb2_grpc,
    recovery_pb2_grpc,
    reports_pb2_grpc,
    retention_pb2_grpc,
    rules_pb2_grpc,
    scheduled_pb2_grpc,
    sharing_pb2_grpc,
    transport_policy_pb2_grpc,
)

from services.mail.api.auditing import MatterAuditApi
from services.mail.api.browsing import BrowsingApi
from services.mail.api.domains import DomainRecordApi
from services.mail.api.drafts import DraftApi
from services.mail.api.functions import FunctionMailboxApi
from services.mail.api.identities import IdentityApi
from services.mail.api.imports import ImportApi
from services.mail.api.journals import JournalApi
from services.mail.api.judging import JudgingApi
from services.mail.api.leaving import LeavingApi
from services.mail.api.letter_approvals import LetterApprovalApi
from services.mail.api.lists import ListPolicyApi, ModerationApi
from services.mail.api.mailboxes import MailboxApi
from services.mail.api.matters import MatterApi
from services.mail.api.messages import MessageApi
from services.mail.api.pools import PoolApi
from services.mail.api.queue import QueueApi
from services.mail.api.quotas import QuotaApi
from services.mail.api.reading import ReadingApi
from services.mail.api.receipts import ReceiptApi, ReceiptPolicyApi
from services.mail.api.recovery import RecoveryApi
from services.mail.api.reports import DomainReportApi
from services.mail.api.retention import RetentionApi
from services.mail.api.rules import RuleApi
from services.mail.api.scheduled import ScheduledApi
from services.mail.api.sharing import DelegationApi, SharingApi
from services.mail.api.transport_policy import TransportPolicyApi
from services.mail.api.units import Units
from services.mail.api.uploading import UploadApi
from services.mail.domain.sts import StsPolicy
from services.mail.usecases import Mail
from services.mail.usecases.context import Names


@dataclass(frozen=True)
class Surroundings:
    """What some servicers ask, and how the platform is known: `host` is the name of our mail servers, `web` of the
    gateway, `policy` what our servers promise of TLS."""

    names: Names
    units: Units
    host: str
    web: str
    policy: StsPolicy | None


def servicers(mail: Mail, around: Surroundings) -> list[tuple[Callable[[Any, Any], None], Any]]:
    records = DomainRecordApi(mail, around.names, around.host, around.web, around.policy)
    policies = TransportPolicyApi(mail, around.policy)
    return [
        (mail_pb2_grpc.add_MailboxServiceServicer_to_server, MailboxApi(mail)),
        (mail_pb2_grpc.add_MessageServiceServicer_to_server, MessageApi(mail)),
        (reading_pb2_grpc.add_ReadingServiceServicer_to_server, ReadingApi(mail)),
        (receipts_pb2_grpc.add_ReceiptServiceServicer_to_server, ReceiptApi(mail)),
        (receipts_pb2_grpc.add_ReceiptPolicyServiceServicer_to_server, ReceiptPolicyApi(mail, around.units)),
        (browsing_pb2_grpc.add_BrowsingServiceServicer_to_server, BrowsingApi(mail)),
        (drafts_pb2_grpc.add_DraftServiceServicer_to_server, DraftApi(mail)),
        (drafts_pb2_grpc.add_UploadServiceServicer_to_server, UploadApi(mail)),
        (identities_pb2_grpc.add_IdentityServiceServicer_to_server, IdentityApi(mail)),
        (scheduled_pb2_grpc.add_ScheduledServiceServicer_to_server, ScheduledApi(mail)),
        (rules_pb2_grpc.add_RuleServiceServicer_to_server, RuleApi(mail)),
        (judging_pb2_grpc.add_JudgingServiceServicer_to_server, JudgingApi(mail)),
        (recovery_pb2_grpc.add_RecoveryServiceServicer_to_server, RecoveryApi(mail)),
        (imports_pb2_grpc.add_ImportServiceServicer_to_server, ImportApi(mail)),
        (sharing_pb2_grpc.add_SharingServiceServicer_to_server, SharingApi(mail)),
        (sharing_pb2_grpc.add_DelegationServiceServicer_to_server, DelegationApi(mail)),
        (quotas_pb2_grpc.add_QuotaServiceServicer_to_server, QuotaApi(mail, around.units)),
        (functions_pb2_grpc.add_FunctionMailboxServiceServicer_to_server, FunctionMailboxApi(mail, around.units)),
        (pools_pb2_grpc.add_PoolServiceServicer_to_server, PoolApi(mail, around.units)),
        (journals_pb2_grpc.add_JournalServiceServicer_to_server, JournalApi(mail, around.units)),
        (retention_pb2_grpc.add_RetentionServiceServicer_to_server, RetentionApi(mail, around.units)),
        (leaving_pb2_grpc.add_LeavingServiceServicer_to_server, LeavingApi(mail, around.units)),
        (letter_approvals_pb2_grpc.add_LetterApprovalServiceServicer_to_server, LetterApprovalApi(mail)),
        (matters_pb2_grpc.add_MatterServiceServicer_to_server, MatterApi(mail, around.units)),
        (auditing_pb2_grpc.add_MatterAuditServiceServicer_to_server, MatterAuditApi(mail)),
        (lists_pb2_grpc.add_ListPolicyServiceServicer_to_server, ListPolicyApi(mail, around.units)),
        (lists_pb2_grpc.add_ModerationServiceServicer_to_server, ModerationApi(mail)),
        (queue_pb2_grpc.add_QueueServiceServicer_to_server, QueueApi(mail)),
        (domains_pb2_grpc.add_DomainRecordServiceServicer_to_server, records),
        (transport_policy_pb2_grpc.add_TransportPolicyServiceServicer_to_server, policies),
        (reports_pb2_grpc.add_DomainReportServiceServicer_to_server, DomainReportApi(mail, around.units)),
    ]
