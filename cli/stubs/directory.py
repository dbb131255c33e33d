"""Those of directory."""

from typing import cast

import grpc
from google.protobuf.descriptor import FileDescriptor
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


class DirectoryStubs:
    """Each by the name of what it is about."""

    files: tuple[FileDescriptor, ...] = (
        pb.DESCRIPTOR,
        addressbook_pb2.DESCRIPTOR,
        approvals_pb2.DESCRIPTOR,
        audit_pb2.DESCRIPTOR,
        credentials_pb2.DESCRIPTOR,
        domains_pb2.DESCRIPTOR,
        functions_pb2.DESCRIPTOR,
        groups_pb2.DESCRIPTOR,
        jobs_pb2.DESCRIPTOR,
        letters_pb2.DESCRIPTOR,
        life_pb2.DESCRIPTOR,
        openid_pb2.DESCRIPTOR,
        organisation_pb2.DESCRIPTOR,
    )

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.sessions = cast("rpc.SessionServiceAsyncStub", rpc.SessionServiceStub(channel))
        self.accounts = cast("rpc.AccountServiceAsyncStub", rpc.AccountServiceStub(channel))
        self.units = cast("rpc.UnitServiceAsyncStub", rpc.UnitServiceStub(channel))
        functions = functions_pb2_grpc.FunctionServiceStub(channel)
        self.functions = cast("functions_pb2_grpc.FunctionServiceAsyncStub", functions)
        groups = groups_pb2_grpc.GroupServiceStub(channel)
        self.groups = cast("groups_pb2_grpc.GroupServiceAsyncStub", groups)
        organisation = organisation_pb2_grpc.OrganisationServiceStub(channel)
        self.organisation = cast("organisation_pb2_grpc.OrganisationServiceAsyncStub", organisation)
        approvals = approvals_pb2_grpc.ApprovalServiceStub(channel)
        self.approvals = cast("approvals_pb2_grpc.ApprovalServiceAsyncStub", approvals)
        domains = domains_pb2_grpc.DomainServiceStub(channel)
        self.domains = cast("domains_pb2_grpc.DomainServiceAsyncStub", domains)
        self.audit = cast("audit_pb2_grpc.AuditServiceAsyncStub", audit_pb2_grpc.AuditServiceStub(channel))
        people = addressbook_pb2_grpc.AddressBookServiceStub(channel)
        self.people = cast("addressbook_pb2_grpc.AddressBookServiceAsyncStub", people)
        credentials = credentials_pb2_grpc.CredentialServiceStub(channel)
        self.credentials = cast("credentials_pb2_grpc.CredentialServiceAsyncStub", credentials)
        departures = life_pb2_grpc.DepartureServiceStub(channel)
        self.departures = cast("life_pb2_grpc.DepartureServiceAsyncStub", departures)
        personal = life_pb2_grpc.PersonalDataServiceStub(channel)
        self.personal = cast("life_pb2_grpc.PersonalDataServiceAsyncStub", personal)
        self.jobs = cast("jobs_pb2_grpc.JobServiceAsyncStub", jobs_pb2_grpc.JobServiceStub(channel))
        self.clients = cast("openid_pb2_grpc.ClientServiceAsyncStub", openid_pb2_grpc.ClientServiceStub(channel))
        on_paper = letters_pb2_grpc.LetterServiceStub(channel)
        self.letters = cast("letters_pb2_grpc.LetterServiceAsyncStub", on_paper)
