"""A connection to a service, with the operator's identity in each call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import cast

from google.protobuf.descriptor import ServiceDescriptor
from workspace.directory.v1 import (
    addressbook_pb2,
    addressbook_pb2_grpc,
    approvals_pb2,
    approvals_pb2_grpc,
    audit_pb2,
    audit_pb2_grpc,
    credentials_pb2,
    credentials_pb2_grpc,
    domains_pb2,
    domains_pb2_grpc,
    functions_pb2,
    functions_pb2_grpc,
    groups_pb2,
    groups_pb2_grpc,
    jobs_pb2,
    jobs_pb2_grpc,
    letters_pb2,
    letters_pb2_grpc,
    life_pb2,
    life_pb2_grpc,
    openid_pb2,
    openid_pb2_grpc,
    organisation_pb2,
    organisation_pb2_grpc,
)
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import directory_pb2_grpc as rpc
from workspace.mail.v1 import (
    auditing_pb2,
    auditing_pb2_grpc,
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
from workspace.mail.v1 import domains_pb2 as mail_domains_pb2
from workspace.mail.v1 import domains_pb2_grpc as mail_domains_pb2_grpc
from workspace.operations.v1 import operations_pb2, operations_pb2_grpc

from chassis.identity import Identity, acting_as
from chassis.rpc import RpcClient
from cli.place import place
from cli.tokens import access_token


class Connection:
    """The stubs of a service's rpcs that operators use."""

    def __init__(self, client: RpcClient) -> None:
        self.sessions = cast("rpc.SessionServiceAsyncStub", rpc.SessionServiceStub(client.channel))
        self.accounts = cast("rpc.AccountServiceAsyncStub", rpc.AccountServiceStub(client.channel))
        self.units = cast("rpc.UnitServiceAsyncStub", rpc.UnitServiceStub(client.channel))
        functions = functions_pb2_grpc.FunctionServiceStub(client.channel)
        self.functions = cast("functions_pb2_grpc.FunctionServiceAsyncStub", functions)
        groups = groups_pb2_grpc.GroupServiceStub(client.channel)
        self.groups = cast("groups_pb2_grpc.GroupServiceAsyncStub", groups)
        organisation = organisation_pb2_grpc.OrganisationServiceStub(client.channel)
        self.organisation = cast("organisation_pb2_grpc.OrganisationServiceAsyncStub", organisation)
        approvals = approvals_pb2_grpc.ApprovalServiceStub(client.channel)
        self.approvals = cast("approvals_pb2_grpc.ApprovalServiceAsyncStub", approvals)
        domains = domains_pb2_grpc.DomainServiceStub(client.channel)
        self.domains = cast("domains_pb2_grpc.DomainServiceAsyncStub", domains)
        self.audit = cast("audit_pb2_grpc.AuditServiceAsyncStub", audit_pb2_grpc.AuditServiceStub(client.channel))
        people = addressbook_pb2_grpc.AddressBookServiceStub(client.channel)
        self.people = cast("addressbook_pb2_grpc.AddressBookServiceAsyncStub", people)
        credentials = credentials_pb2_grpc.CredentialServiceStub(client.channel)
        self.credentials = cast("credentials_pb2_grpc.CredentialServiceAsyncStub", credentials)
        departures = life_pb2_grpc.DepartureServiceStub(client.channel)
        self.departures = cast("life_pb2_grpc.DepartureServiceAsyncStub", departures)
        personal = life_pb2_grpc.PersonalDataServiceStub(client.channel)
        self.personal = cast("life_pb2_grpc.PersonalDataServiceAsyncStub", personal)
        self.jobs = cast("jobs_pb2_grpc.JobServiceAsyncStub", jobs_pb2_grpc.JobServiceStub(client.channel))
        self.clients = cast("openid_pb2_grpc.ClientServiceAsyncStub", openid_pb2_grpc.ClientServiceStub(client.channel))
        on_paper = letters_pb2_grpc.LetterServiceStub(client.channel)
        self.letters = cast("letters_pb2_grpc.LetterServiceAsyncStub", on_paper)
        records = mail_domains_pb2_grpc.DomainRecordServiceStub(client.channel)
        self.domain_records = cast("mail_domains_pb2_grpc.DomainRecordServiceAsyncStub", records)
        self.queue = cast("queue_pb2_grpc.QueueServiceAsyncStub", queue_pb2_grpc.QueueServiceStub(client.channel))
        leaving = leaving_pb2_grpc.LeavingServiceStub(client.channel)
        self.leaving = cast("leaving_pb2_grpc.LeavingServiceAsyncStub", leaving)
        to_approve = letter_approvals_pb2_grpc.LetterApprovalServiceStub(client.channel)
        self.letter_approvals = cast("letter_approvals_pb2_grpc.LetterApprovalServiceAsyncStub", to_approve)
        pools = pools_pb2_grpc.PoolServiceStub(client.channel)
        self.pools = cast("pools_pb2_grpc.PoolServiceAsyncStub", pools)
        matters = matters_pb2_grpc.MatterServiceStub(client.channel)
        self.matters = cast("matters_pb2_grpc.MatterServiceAsyncStub", matters)
        audited = auditing_pb2_grpc.MatterAuditServiceStub(client.channel)
        self.audited = cast("auditing_pb2_grpc.MatterAuditServiceAsyncStub", audited)
        policies = lists_pb2_grpc.ListPolicyServiceStub(client.channel)
        self.list_policies = cast("lists_pb2_grpc.ListPolicyServiceAsyncStub", policies)
        moderation = lists_pb2_grpc.ModerationServiceStub(client.channel)
        self.moderation = cast("lists_pb2_grpc.ModerationServiceAsyncStub", moderation)
        receipts = receipts_pb2_grpc.ReceiptPolicyServiceStub(client.channel)
        self.receipt_policies = cast("receipts_pb2_grpc.ReceiptPolicyServiceAsyncStub", receipts)
        quotas = quotas_pb2_grpc.QuotaServiceStub(client.channel)
        self.quotas = cast("quotas_pb2_grpc.QuotaServiceAsyncStub", quotas)
        journals = journals_pb2_grpc.JournalServiceStub(client.channel)
        self.journals = cast("journals_pb2_grpc.JournalServiceAsyncStub", journals)
        retention = retention_pb2_grpc.RetentionServiceStub(client.channel)
        self.retention = cast("retention_pb2_grpc.RetentionServiceAsyncStub", retention)
        reports = reports_pb2_grpc.DomainReportServiceStub(client.channel)
        self.domain_reports = cast("reports_pb2_grpc.DomainReportServiceAsyncStub", reports)
        self.imports = cast(
            "imports_pb2_grpc.ImportServiceAsyncStub", imports_pb2_grpc.ImportServiceStub(client.channel)
        )
        recovery = recovery_pb2_grpc.RecoveryServiceStub(client.channel)
        self.recovery = cast("recovery_pb2_grpc.RecoveryServiceAsyncStub", recovery)
        self.mailboxes = cast("mail_pb2_grpc.MailboxServiceAsyncStub", mail_pb2_grpc.MailboxServiceStub(client.channel))
        self.messages = cast("mail_pb2_grpc.MessageServiceAsyncStub", mail_pb2_grpc.MessageServiceStub(client.channel))
        letters = operations_pb2_grpc.DeadLetterServiceStub(client.channel)
        self.dead_letters = cast("operations_pb2_grpc.DeadLetterServiceAsyncStub", letters)


@asynccontextmanager
async def connected(service: str = "directory", *, anonymous: bool = False) -> AsyncIterator[Connection]:
    """Connect to a service; `anonymous` before anybody is logged in."""
    token = None if anonymous else await access_token(_refresh)
    async with _open(service) as connection:
        with acting_as(_operator(token)) if token else nullcontext():
            yield connection


async def _refresh(token: str) -> pb.Session:
    async with _open("directory") as connection:
        session: pb.Session = await connection.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=token))
    return session


@asynccontextmanager
async def _open(service: str) -> AsyncIterator[Connection]:
    at = place()
    services: list[ServiceDescriptor] = [
        *pb.DESCRIPTOR.services_by_name.values(),
        *domains_pb2.DESCRIPTOR.services_by_name.values(),
        *functions_pb2.DESCRIPTOR.services_by_name.values(),
        *groups_pb2.DESCRIPTOR.services_by_name.values(),
        *organisation_pb2.DESCRIPTOR.services_by_name.values(),
        *approvals_pb2.DESCRIPTOR.services_by_name.values(),
        *addressbook_pb2.DESCRIPTOR.services_by_name.values(),
        *audit_pb2.DESCRIPTOR.services_by_name.values(),
        *credentials_pb2.DESCRIPTOR.services_by_name.values(),
        *life_pb2.DESCRIPTOR.services_by_name.values(),
        *jobs_pb2.DESCRIPTOR.services_by_name.values(),
        *letters_pb2.DESCRIPTOR.services_by_name.values(),
        *openid_pb2.DESCRIPTOR.services_by_name.values(),
        *operations_pb2.DESCRIPTOR.services_by_name.values(),
        *mail_domains_pb2.DESCRIPTOR.services_by_name.values(),
        *leaving_pb2.DESCRIPTOR.services_by_name.values(),
        *letter_approvals_pb2.DESCRIPTOR.services_by_name.values(),
        *lists_pb2.DESCRIPTOR.services_by_name.values(),
        *pools_pb2.DESCRIPTOR.services_by_name.values(),
        *matters_pb2.DESCRIPTOR.services_by_name.values(),
        *auditing_pb2.DESCRIPTOR.services_by_name.values(),
        *journals_pb2.DESCRIPTOR.services_by_name.values(),
        *retention_pb2.DESCRIPTOR.services_by_name.values(),
        *quotas_pb2.DESCRIPTOR.services_by_name.values(),
        *receipts_pb2.DESCRIPTOR.services_by_name.values(),
        *queue_pb2.DESCRIPTOR.services_by_name.values(),
        *reports_pb2.DESCRIPTOR.services_by_name.values(),
        *imports_pb2.DESCRIPTOR.services_by_name.values(),
        *recovery_pb2.DESCRIPTOR.services_by_name.values(),
        *mail_pb2.DESCRIPTOR.services_by_name.values(),
    ]
    client = RpcClient(at.settings(), service, at.address(service), services)
    try:
        yield Connection(client)
    finally:
        await client.stop()


def _operator(token: str) -> Identity:
    """What the client's calls are made for; who that is, the service reads from the token."""
    now = datetime.now(UTC)
    return Identity(account_id="", address="", session_id="", issued_at=now, expires_at=now, token=token)
