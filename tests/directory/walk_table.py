"""How the walk exercises each rpc of directory: requests that name another ministry's things in every field.

A rpc that is missing here fails `test_isolation_walk.py`. One for services alone needs no entry: its rule keeps every
person out, and the walk sees that it does.
"""

from collections.abc import Iterable

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from workspace.directory.v1 import addressbook_pb2 as book
from workspace.directory.v1 import audit_pb2 as audit
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import jobs_pb2 as jobs
from workspace.directory.v1 import life_pb2 as life
from workspace.operations.v1 import operations_pb2 as operations

from tests.directory.walk_contacts import CONTACTS, PHOTOS
from tests.directory.walk_credentials import CREDENTIALS, LOGINS, RECOVERY
from tests.directory.walk_openid import OPENID
from tests.directory.walk_organisation import ORGANISATION
from tests.directory.walk_provisioning import PROVISIONING
from tests.directory.walking import Victim, Walk

NEW = "an entirely new passphrase"


def _account(v: Victim, **given: object) -> pb.Account:
    return pb.Account(
        **{"address": "intrus@economie.gouv.tg", "display_name": "Intrus", "unit_id": v.office_id, **given}
    )


def _creations(v: Victim) -> Iterable[Message]:
    grant = pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=v.unit_id)
    for validate in (True, False):
        yield pb.CreateAccountRequest(account=_account(v), validate_only=validate)
        yield pb.CreateAccountRequest(account=_account(v, roles=[grant], unit_id=""), validate_only=validate)
        yield pb.CreateAccountRequest(account=_account(v, roles=[grant], unit_id=v.own_unit_id), validate_only=validate)
        yield pb.CreateAccountRequest(account=_account(v, address=v.address), password=NEW, validate_only=validate)


def _taking(v: Victim) -> Iterable[Message]:
    """What is unique, wanted for an account of the walkers' own: that it is taken is told, whose it is, is not."""
    for given in ({"address": v.address}, {"aliases": [v.alias]}, {"staff_number": v.staff_number}):
        yield pb.CreateAccountRequest(account=_account(v, unit_id=v.own_unit_id, **given), validate_only=True)


def _updates(v: Victim) -> Iterable[Message]:
    account = pb.Account(
        id=v.account_id, display_name="Autre", aliases=["x@economie.gouv.tg"], profile=pb.Profile(title="Autre")
    )
    for path in ("display_name", "aliases", "roles", "profile", "profile.title", "unit_id", "hidden"):
        yield pb.UpdateAccountRequest(account=account, update_mask=FieldMask(paths=[path]))
    grant = pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=v.unit_id)
    own = pb.Account(id=v.own_account_id, unit_id=v.office_id, roles=[grant])
    for path in ("unit_id", "roles"):
        yield pb.UpdateAccountRequest(account=own, update_mask=FieldMask(paths=[path]))


def _unit_updates(v: Victim) -> Iterable[Message]:
    for unit_id in (v.unit_id, v.office_id):
        unit = pb.Unit(id=unit_id, name="Autre", hidden=True)
        yield pb.UpdateUnitRequest(unit=unit, update_mask=FieldMask(paths=["name"]))
        yield pb.UpdateUnitRequest(unit=unit, update_mask=FieldMask(paths=["hidden"]))


_SESSIONS = {
    "SessionService.CreateSession": Walk(
        lambda v: [pb.CreateSessionRequest(address=a, password="wrong password") for a in (v.address, v.alias)]
    ),
    "SessionService.RefreshSession": Walk(
        lambda v: [pb.RefreshSessionRequest(refresh_token=f"{v.session_id}.1.AAAA"), pb.RefreshSessionRequest()]
    ),
    "SessionService.DeleteSession": Walk(lambda v: []),
    "SessionService.CreateCookie": Walk(lambda v: [pb.CreateCookieRequest()]),
    "SessionService.GetKeys": Walk(lambda v: [pb.GetKeysRequest()]),
}

_ACCOUNTS = {
    "AccountService.CreateFirstAdministrator": Walk(
        lambda v: [pb.CreateFirstAdministratorRequest(secret="guessed", address=v.address, password=NEW)]
    ),
    "AccountService.CreateAccount": Walk(_creations, telling=_taking),
    "AccountService.GetAccount": Walk(
        lambda v: [pb.GetAccountRequest(id=i) for i in (v.account_id, v.administrator_id)]
    ),
    "AccountService.GetOwnAccount": Walk(lambda v: [pb.GetOwnAccountRequest()]),
    "AccountService.ListAccounts": Walk(
        lambda v: [
            pb.ListAccountsRequest(),
            pb.ListAccountsRequest(unit_id=v.unit_id),
            pb.ListAccountsRequest(unit_id=v.office_id, page_size=1),
            pb.ListAccountsRequest(address=v.address),
            pb.ListAccountsRequest(address=v.alias),
            pb.ListAccountsRequest(address=v.address, unit_id=v.unit_id),
        ]
    ),
    "AccountService.UpdateAccount": Walk(_updates),
    "AccountService.SetPassword": Walk(lambda v: [pb.SetPasswordRequest(id=v.account_id, new_password=NEW)]),
    "AccountService.SuspendAccount": Walk(lambda v: [pb.SuspendAccountRequest(id=v.account_id)]),
    "AccountService.RestoreAccount": Walk(lambda v: [pb.RestoreAccountRequest(id=v.account_id)]),
}

_UNITS = {
    "UnitService.CreateUnit": Walk(
        lambda v: [
            pb.CreateUnitRequest(unit=pb.Unit(name="Intrus", kind=pb.UNIT_KIND_OFFICE, parent_id=v.unit_id)),
            pb.CreateUnitRequest(unit=pb.Unit(name=v.unit_name, kind=pb.UNIT_KIND_OFFICE, parent_id=v.unit_id)),
        ]
    ),
    "UnitService.GetUnit": Walk(lambda v: [pb.GetUnitRequest(id=i) for i in (v.unit_id, v.office_id)]),
    "UnitService.ListUnits": Walk(
        lambda v: [pb.ListUnitsRequest(parent_id=i, page_size=500) for i in ("", v.unit_id, v.office_id)]
    ),
    "UnitService.UpdateUnit": Walk(_unit_updates),
}

# The address of a function is for whoever has business with it; its id, and what else it is, are its ministry's own.
_LISTED = frozenset(
    {
        "account_id", "administrator_id", "address", "alias", "function_address", "display_name",
        "unit_id", "office_id", "unit_name",
    }
)  # fmt: skip
_PEOPLE = {
    "AddressBookService.SearchPeople": Walk(
        lambda v: [book.SearchPeopleRequest(query=v.staff_number), book.SearchPeopleRequest(query=v.session_id)],
        telling=lambda v: [
            book.SearchPeopleRequest(page_size=50),
            book.SearchPeopleRequest(query=v.display_name),
            book.SearchPeopleRequest(unit_id=v.unit_id),
        ],
        shows=_LISTED,
    ),
    # Functions are found by every agent; groups by who sees their unit.
    "AddressBookService.SearchAddressBook": Walk(
        lambda v: [book.SearchAddressBookRequest(query=v.staff_number)],
        telling=lambda v: [
            book.SearchAddressBookRequest(query=v.group_name.removeprefix("Groupe ")),
            book.SearchAddressBookRequest(page_size=50),
            book.SearchAddressBookRequest(query=v.function_address),
            book.SearchAddressBookRequest(unit_id=v.unit_id),
        ],
        shows=_LISTED | {"function_id"},
    ),
    "AddressBookService.GetPerson": Walk(
        lambda v: [], telling=lambda v: [book.GetPersonRequest(id=v.account_id)], shows=_LISTED
    ),
}

_OPERATIONS = {
    "DeadLetterService.ListDeadLetters": Walk(lambda v: [operations.ListDeadLettersRequest()]),
    "DeadLetterService.GetDeadLetter": Walk(lambda v: [operations.GetDeadLetterRequest(id=v.account_id)]),
    "DeadLetterService.ReplayDeadLetters": Walk(lambda v: [operations.ReplayDeadLettersRequest(id=v.account_id)]),
    "DeadLetterService.DiscardDeadLetter": Walk(lambda v: [operations.DiscardDeadLetterRequest(id=v.account_id)]),
}

_AUDIT = {
    "AuditService.ListRecords": Walk(
        lambda v: [
            audit.ListRecordsRequest(),
            *(audit.ListRecordsRequest(unit_id=i) for i in (v.unit_id, v.office_id)),
            *(audit.ListRecordsRequest(target=i) for i in (v.account_id, v.address, v.unit_name)),
            *(audit.ListRecordsRequest(actor=i, page_size=1) for i in (v.account_id, v.administrator_id, v.address)),
        ]
    ),
    "AuditService.ExportRecords": Walk(lambda v: [audit.ExportRecordsRequest()]),
    "AuditService.VerifyRecords": Walk(lambda v: [audit.VerifyRecordsRequest()]),
}


def _rosters(v: Victim) -> Iterable[Message]:
    """They are taken in; that no row of them does anything is `test_import.py`'s to show."""
    row = f"adresse;nom;affectation\n{v.address};Intrus;{v.unit_name}\n".encode()
    file = HttpBody(content_type="text/csv", data=row)
    yield jobs.CreateJobRequest(kind=jobs.JOB_KIND_IMPORT, file=file, last=True)


_JOBS = {
    "JobService.CreateJob": Walk(lambda v: [], telling=_rosters),
    "JobService.RunJob": Walk(lambda v: [jobs.RunJobRequest(id=v.account_id)]),
    "JobService.GetJob": Walk(lambda v: [jobs.GetJobRequest(id=v.account_id)]),
    "JobService.ListJobs": Walk(lambda v: [jobs.ListJobsRequest()]),
    "JobService.CancelJob": Walk(lambda v: [jobs.CancelJobRequest(id=v.account_id)]),
    "JobService.GetJobReport": Walk(lambda v: [jobs.GetJobReportRequest(id=v.account_id)]),
    "JobService.ExportAccounts": Walk(
        lambda v: [jobs.ExportAccountsRequest(unit_id=i) for i in ("", v.unit_id, v.office_id)]
    ),
}

_LIFE = {
    "DepartureService.DepartAccount": Walk(
        lambda v: [
            life.DepartAccountRequest(id=v.account_id),
            life.DepartAccountRequest(id=v.own_account_id, successor_id=v.account_id),
        ]
    ),
    "DepartureService.GetDeparture": Walk(lambda v: [life.GetDepartureRequest(id=v.account_id)]),
}

_PERSONAL = {
    "PersonalDataService.CreatePersonalDataRequest": Walk(
        lambda v: [
            life.CreatePersonalDataRequestRequest(account_id=v.account_id, kind=kind, reason="loi")
            for kind in (life.PERSONAL_DATA_KIND_EXPORT, life.PERSONAL_DATA_KIND_ERASURE)
        ]
    ),
    "PersonalDataService.GetPersonalDataRequest": Walk(lambda v: [life.GetPersonalDataRequestRequest(id=v.account_id)]),
    "PersonalDataService.GetPersonalDataArchive": Walk(lambda v: [life.GetPersonalDataArchiveRequest(id=v.account_id)]),
}

WALKS: dict[str, Walk] = {
    **_SESSIONS,
    **_ACCOUNTS,
    **_UNITS,
    **ORGANISATION,
    **_PEOPLE,
    **_OPERATIONS,
    **_AUDIT,
    **CONTACTS,
    **PHOTOS,
    **OPENID,
    **LOGINS,
    **CREDENTIALS,
    **RECOVERY,
    **PROVISIONING,
    **_JOBS,
    **_LIFE,
    **_PERSONAL,
}
