"""The services behind the gateway, and their contracts."""

from collections.abc import Iterator

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from workspace.calendar.v1 import appointments_pb2 as calendar_appointments_pb2
from workspace.calendar.v1 import attachments_pb2 as calendar_attachments_pb2
from workspace.calendar.v1 import (
    availability_pb2,
    calendars_pb2,
    handovers_pb2,
    locks_pb2,
    objects_pb2,
    polls_pb2,
    reminders_pb2,
    resources_pb2,
    schedule_pb2,
    slots_pb2,
    tasks_pb2,
    teams_pb2,
)
from workspace.calendar.v1 import events_pb2 as calendar_events_pb2
from workspace.calendar.v1 import publications_pb2 as calendar_publications_pb2
from workspace.calendar.v1 import scheduling_pb2 as calendar_scheduling_pb2
from workspace.calendar.v1 import sharing_pb2 as calendar_sharing_pb2
from workspace.calendar.v1 import subscriptions_pb2 as calendar_subscriptions_pb2
from workspace.calendar.v1 import transfers_pb2 as calendar_transfers_pb2
from workspace.directory.v1 import (
    addressbook_pb2,
    approvals_pb2,
    audit_pb2,
    contacts_pb2,
    credentials_pb2,
    directory_pb2,
    domains_pb2,
    functions_pb2,
    groups_pb2,
    jobs_pb2,
    letters_pb2,
    life_pb2,
    openid_pb2,
    organisation_pb2,
    photos_pb2,
    protocols_pb2,
    provisioning_pb2,
    recovery_pb2,
)
from workspace.directory.v1 import events_pb2 as directory_events_pb2
from workspace.mail.v1 import (
    auditing_pb2,
    imports_pb2,
    journals_pb2,
    judging_pb2,
    leaving_pb2,
    letter_approvals_pb2,
    lists_pb2,
    mail_pb2,
    matters_pb2,
    pools_pb2,
    queue_pb2,
    quotas_pb2,
    receipts_pb2,
    reports_pb2,
    retention_pb2,
    sharing_pb2,
    transport_policy_pb2,
)
from workspace.mail.v1 import browsing_pb2 as mail_browsing_pb2
from workspace.mail.v1 import domains_pb2 as mail_domains_pb2
from workspace.mail.v1 import drafts_pb2 as mail_drafts_pb2
from workspace.mail.v1 import events_pb2 as mail_events_pb2
from workspace.mail.v1 import functions_pb2 as mail_functions_pb2
from workspace.mail.v1 import identities_pb2 as mail_identities_pb2
from workspace.mail.v1 import reading_pb2 as mail_reading_pb2
from workspace.mail.v1 import recovery_pb2 as mail_recovery_pb2
from workspace.mail.v1 import rules_pb2 as mail_rules_pb2
from workspace.mail.v1 import scheduled_pb2 as mail_scheduled_pb2

# By the name that a service's certificate has.
CONTRACTS: dict[str, tuple[FileDescriptor, ...]] = {
    "directory": (
        directory_pb2.DESCRIPTOR,
        openid_pb2.DESCRIPTOR,
        addressbook_pb2.DESCRIPTOR,
        audit_pb2.DESCRIPTOR,
        contacts_pb2.DESCRIPTOR,
        functions_pb2.DESCRIPTOR,
        domains_pb2.DESCRIPTOR,
        approvals_pb2.DESCRIPTOR,
        groups_pb2.DESCRIPTOR,
        organisation_pb2.DESCRIPTOR,
        credentials_pb2.DESCRIPTOR,
        provisioning_pb2.DESCRIPTOR,
        jobs_pb2.DESCRIPTOR,
        life_pb2.DESCRIPTOR,
        protocols_pb2.DESCRIPTOR,
        photos_pb2.DESCRIPTOR,
        recovery_pb2.DESCRIPTOR,
        letters_pb2.DESCRIPTOR,
    ),
    "mail": (
        mail_reading_pb2.DESCRIPTOR,
        judging_pb2.DESCRIPTOR,
        leaving_pb2.DESCRIPTOR,
        letter_approvals_pb2.DESCRIPTOR,
        journals_pb2.DESCRIPTOR,
        matters_pb2.DESCRIPTOR,
        auditing_pb2.DESCRIPTOR,
        lists_pb2.DESCRIPTOR,
        mail_drafts_pb2.DESCRIPTOR,
        mail_identities_pb2.DESCRIPTOR,
        mail_browsing_pb2.DESCRIPTOR,
        imports_pb2.DESCRIPTOR,
        mail_pb2.DESCRIPTOR,
        mail_domains_pb2.DESCRIPTOR,
        queue_pb2.DESCRIPTOR,
        mail_functions_pb2.DESCRIPTOR,
        pools_pb2.DESCRIPTOR,
        quotas_pb2.DESCRIPTOR,
        receipts_pb2.DESCRIPTOR,
        reports_pb2.DESCRIPTOR,
        retention_pb2.DESCRIPTOR,
        mail_recovery_pb2.DESCRIPTOR,
        mail_rules_pb2.DESCRIPTOR,
        sharing_pb2.DESCRIPTOR,
        mail_scheduled_pb2.DESCRIPTOR,
        transport_policy_pb2.DESCRIPTOR,
    ),
    "calendar": (
        calendar_attachments_pb2.DESCRIPTOR,
        availability_pb2.DESCRIPTOR,
        calendars_pb2.DESCRIPTOR,
        locks_pb2.DESCRIPTOR,
        objects_pb2.DESCRIPTOR,
        calendar_appointments_pb2.DESCRIPTOR,
        calendar_publications_pb2.DESCRIPTOR,
        calendar_subscriptions_pb2.DESCRIPTOR,
        handovers_pb2.DESCRIPTOR,
        polls_pb2.DESCRIPTOR,
        reminders_pb2.DESCRIPTOR,
        resources_pb2.DESCRIPTOR,
        schedule_pb2.DESCRIPTOR,
        calendar_transfers_pb2.DESCRIPTOR,
        calendar_scheduling_pb2.DESCRIPTOR,
        calendar_sharing_pb2.DESCRIPTOR,
        slots_pb2.DESCRIPTOR,
        tasks_pb2.DESCRIPTOR,
        teams_pb2.DESCRIPTOR,
    ),
}
# Facts are pushed as JSON: their types have to be known here.
FACTS: tuple[FileDescriptor, ...] = (
    directory_events_pb2.DESCRIPTOR,
    mail_events_pb2.DESCRIPTOR,
    calendar_events_pb2.DESCRIPTOR,
)


def services(upstream: str) -> list[ServiceDescriptor]:
    return [service for file in CONTRACTS[upstream] for service in file.services_by_name.values()]


def all_services() -> Iterator[ServiceDescriptor]:
    for upstream in CONTRACTS:
        yield from services(upstream)


def upstream_of(service: ServiceDescriptor) -> str:
    """The name of the service that serves it."""
    return next(name for name, files in CONTRACTS.items() if service.file.name in {file.name for file in files})
