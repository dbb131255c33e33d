"""The gRPC servicers: proto to use case and back."""

from services.mail.api.domains import DomainRecordApi
from services.mail.api.leaving import LeavingApi
from services.mail.api.mailboxes import MailboxApi
from services.mail.api.messages import MessageApi
from services.mail.api.queue import QueueApi
from services.mail.api.quotas import QuotaApi
from services.mail.api.reports import DomainReportApi
from services.mail.api.scheduled import ScheduledApi
from services.mail.api.sharing import DelegationApi, SharingApi
from services.mail.api.transport_policy import TransportPolicyApi

__all__ = [
    "DelegationApi",
    "DomainRecordApi",
    "DomainReportApi",
    "LeavingApi",
    "MailboxApi",
    "MessageApi",
    "QueueApi",
    "QuotaApi",
    "ScheduledApi",
    "SharingApi",
    "TransportPolicyApi",
]
