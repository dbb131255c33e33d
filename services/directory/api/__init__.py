"""gRPC servicers: proto ⇄ use case."""

from services.directory.api.accounts import AccountServicer
from services.directory.api.addressbook import AddressBookServicer
from services.directory.api.approvals import ApprovalServicer
from services.directory.api.audit import AuditServicer
from services.directory.api.clients import ClientServicer
from services.directory.api.contacts import ContactServicer
from services.directory.api.credentials import CredentialServicer
from services.directory.api.domains import DomainServicer
from services.directory.api.functions import FunctionServicer
from services.directory.api.groups import GroupServicer
from services.directory.api.jobs import JobServicer
from services.directory.api.letters import LetterServicer
from services.directory.api.life import DepartureServicer
from services.directory.api.openid import OpenIdServicer
from services.directory.api.organisation import OrganisationServicer
from services.directory.api.personal import PersonalDataServicer
from services.directory.api.photos import PhotoServicer
from services.directory.api.protocols import ProtocolServicer
from services.directory.api.provisioning import ProvisioningServicer
from services.directory.api.recovery import RecoveryServicer
from services.directory.api.sessions import SessionServicer
from services.directory.api.units import UnitServicer

__all__ = [
    "AccountServicer",
    "AddressBookServicer",
    "ApprovalServicer",
    "AuditServicer",
    "ClientServicer",
    "ContactServicer",
    "CredentialServicer",
    "DepartureServicer",
    "DomainServicer",
    "FunctionServicer",
    "GroupServicer",
    "JobServicer",
    "LetterServicer",
    "OpenIdServicer",
    "OrganisationServicer",
    "PersonalDataServicer",
    "PhotoServicer",
    "ProtocolServicer",
    "ProvisioningServicer",
    "RecoveryServicer",
    "SessionServicer",
    "UnitServicer",
]
