"""Entities as messages, messages as entities."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import InvalidInput
from services.directory.domain.accounts import (
    ADMINISTRATOR,
    AUDITOR,
    HELP_DESK,
    PERSON,
    PROFILE,
    SERVICE,
    Account,
    Profile,
)
from services.directory.domain.units import DIRECTORATE, MINISTRY, OFFICE, Unit
from services.directory.usecases.create_session import Tokens
from services.directory.usecases.granting import Wish

_ROLES = {ADMINISTRATOR: pb.ROLE_ADMINISTRATOR, HELP_DESK: pb.ROLE_HELP_DESK, AUDITOR: pb.ROLE_AUDITOR}
_ROLE_NAMES = {number: name for name, number in _ROLES.items()}
_KINDS = {
    MINISTRY: pb.UNIT_KIND_MINISTRY,
    DIRECTORATE: pb.UNIT_KIND_DIRECTORATE,
    OFFICE: pb.UNIT_KIND_OFFICE,
}
_ACCOUNT_KINDS = {PERSON: pb.ACCOUNT_KIND_PERSON, SERVICE: pb.ACCOUNT_KIND_SERVICE}
_KIND_NAMES = {number: name for name, number in _KINDS.items()}


def timestamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def account_message(account: Account) -> pb.Account:
    return pb.Account(
        id=account.id,
        address=account.address,
        aliases=account.aliases,
        display_name=account.display_name,
        unit_id=account.unit_id,
        staff_number=account.staff_number,
        roles=[pb.RoleGrant(role=_ROLES[grant.role], unit_id=grant.unit_id) for grant in account.roles],
        suspended=account.suspended,
        hidden=account.hidden,
        created_at=timestamp(account.created_at),
        version=account.version,
        kind=_ACCOUNT_KINDS[account.kind],
        profile=pb.Profile(**vars(account.profile)),
        function_addresses=account.functions,
        photo_etag=account.photo.etag if account.photo is not None else "",
        retired_addresses=[pb.RetiredAddress(address=r.address, until=timestamp(r.until)) for r in account.retired],
    )


def account_given(message: pb.Account) -> Account:
    """What a client may say of an account, as it says it; the use case makes it proper."""
    return Account(
        id=message.id,
        address=message.address,
        display_name=message.display_name,
        created_at=datetime.fromtimestamp(0, UTC),
        aliases=tuple(message.aliases),
        staff_number=message.staff_number,
        hidden=message.hidden,
        profile=Profile(**{field: getattr(message.profile, field) for field in PROFILE}),
    )


def wishes_given(message: pb.Account) -> list[Wish]:
    if any(grant.role not in _ROLE_NAMES for grant in message.roles):
        raise InvalidInput("Not a role that exists", fields={"roles": "unknown"})
    return [Wish(_ROLE_NAMES[grant.role], grant.unit_id) for grant in message.roles]


def unit_message(unit: Unit) -> pb.Unit:
    return pb.Unit(
        id=unit.id,
        name=unit.name,
        kind=_KINDS[unit.kind],
        parent_id=unit.parent_id,
        path=unit.path,
        version=unit.version,
        domains=unit.domains,
        hidden=unit.hidden,
    )


def kind_message(kind: str) -> pb.UnitKind.ValueType:
    return _KINDS[kind]


def kind_given(kind: int) -> str:
    return _KIND_NAMES.get(pb.UnitKind.ValueType(kind), "")


def session_message(tokens: Tokens) -> pb.Session:
    return pb.Session(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )
