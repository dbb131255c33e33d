"""Users: the accounts of directory as SCIM's resources, and what a client wants of one as directory's requests."""

from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from scim2_models import InvalidValueException, Meta, Reference, SearchRequest
from workspace.directory.v1 import directory_pb2 as directory
from workspace.directory.v1 import provisioning_pb2 as pb
from workspace.directory.v1 import provisioning_pb2_grpc as rpc

from gateway.edges.scim.filters import USER_ATTRIBUTES, condition_of
from gateway.edges.scim.models import Agent, Email, EnterpriseUser, Name, PhoneNumber, Role, Unit, UserGroup
from gateway.edges.scim.versions import tag_of, version_of

_ROLES = {
    directory.ROLE_ADMINISTRATOR: "administrator",
    directory.ROLE_HELP_DESK: "help_desk",
    directory.ROLE_AUDITOR: "auditor",
}
_WORK, _MOBILE = "work", "mobile"
_BEYOND = 2**31 - 1


class Users:
    """The resource type "User"."""

    def __init__(self, channel: grpc.aio.Channel, model: Any) -> None:
        self._rpc: Any = rpc.ProvisioningServiceStub(channel)
        self._model = model

    async def get(self, user_id: str, wanted: frozenset[str]) -> Any:
        request = pb.GetProvisionedRequest(id=user_id, with_groups="groups" in wanted)
        return self.resource(await self._rpc.GetProvisioned(request))

    async def search(
        self, search: SearchRequest[Any], offset: int, count: int, wanted: frozenset[str]
    ) -> tuple[int, list[Any]]:
        """How many there are, and those from `offset` on."""
        request = pb.SearchAccountsRequest(
            condition=condition_of(search.filter, self._model, USER_ATTRIBUTES, "User"),
            order_by=self._order(search),
            descending=search.sort_order == SearchRequest.SortOrder.descending,
            # Beyond all there can be, whatever a client says.
            offset=min(offset, _BEYOND),
            count=count,
            with_groups="groups" in wanted,
        )
        found = await self._rpc.SearchAccounts(request)
        return found.total, [self.resource(account) for account in found.accounts]

    async def create(self, user: Any) -> Any:
        request = pb.ProvisionAccountRequest(wanted=self._wanted(user), password=user.password or "")
        return self.resource(await self._rpc.ProvisionAccount(request))

    async def replace(self, user: Any, expected: str | None) -> Any:
        request = pb.ReplaceAccountRequest(
            wanted=self._wanted(user), password=user.password or "", version=version_of(expected)
        )
        return self.resource(await self._rpc.ReplaceAccount(request))

    async def delete(self, user_id: str, expected: str | None) -> None:
        await self._rpc.WithdrawAccount(pb.WithdrawAccountRequest(id=user_id, version=version_of(expected)))

    def _order(self, search: SearchRequest[Any]) -> str:
        if search.sort_by is None:
            return ""
        binding = search.sort_binding(self._model)
        attribute = USER_ATTRIBUTES.get(binding.urn.casefold()) if binding is not None else None
        if binding is not None and attribute is None:
            raise InvalidValueException(detail=f"Users cannot be sorted by {search.sort_by}")
        return attribute or ""

    def resource(self, message: pb.ProvisionedAccount) -> Any:
        account, profile = message.account, message.account.profile
        user = self._model(
            id=account.id,
            external_id=message.external_id or None,
            user_name=account.address,
            name=_name(profile),
            display_name=account.display_name,
            title=profile.title or None,
            user_type="person",
            preferred_language=profile.language or None,
            active=not account.suspended,
            emails=[_email(each) for each in message.emails] or None,
            phone_numbers=_phones(profile) or None,
            groups=[_group(each) for each in message.groups] or None,
            roles=[Role(value=_ROLES[each.role], display=each.unit_id or None) for each in account.roles] or None,
            meta=Meta(
                resource_type="User",
                created=_time(account.created_at),
                last_modified=_time(message.changed_at),
                # In which groups a person is, is a change of those: whoever leaves them out has the same version.
                version=tag_of(account.version, "\n".join(message.unit_names)),
            ),
        )
        _extend(user, message)
        return user

    def _wanted(self, user: Any) -> pb.ProvisionedAccount:
        name, enterprise = user.name or Name(), user[EnterpriseUser] or EnterpriseUser()
        agent, unit = user[Agent] or Agent(), user[Unit] or Unit()
        account = directory.Account(
            id=user.id or "",
            address=user.user_name or "",
            display_name=user.display_name or "",
            unit_id=unit.unit_id or "",
            staff_number=enterprise.employee_number or "",
            suspended=user.active is False,
            profile=directory.Profile(
                given_name=name.given_name or "",
                family_name=name.family_name or "",
                title=user.title or "",
                grade=agent.grade or "",
                place=agent.place or "",
                language=_language(user.preferred_language or ""),
                **_numbers(user.phone_numbers or []),
            ),
        )
        emails = [
            pb.LabelledAddress(address=each.value or "", type=each.type or "", primary=each.primary)
            for each in user.emails or []
        ]
        return pb.ProvisionedAccount(account=account, external_id=user.external_id or "", emails=emails)


def _name(profile: directory.Profile) -> Name | None:
    if not profile.family_name and not profile.given_name:
        return None
    return Name(family_name=profile.family_name or None, given_name=profile.given_name or None)


def _email(message: pb.LabelledAddress) -> Email:
    primary = message.primary if message.HasField("primary") else None
    return Email(value=message.address, type=message.type or None, primary=primary)


def _group(message: pb.GroupName) -> UserGroup:
    return UserGroup(value=message.id, ref=Reference(f"Groups/{message.id}"), display=message.name, type="direct")


def _phones(profile: directory.Profile) -> list[PhoneNumber]:
    numbers = ((profile.phone, _WORK), (profile.mobile, _MOBILE))
    return [PhoneNumber(value=number, type=kind) for number, kind in numbers if number]


def _numbers(given: list[PhoneNumber]) -> dict[str, str]:
    """A number without type is a work number. Raises `InvalidValueException` for what there is no room for."""
    found: dict[str, str] = {}
    for each in given:
        kind = (each.type or _WORK).casefold()
        field = {_WORK: "phone", _MOBILE: "mobile"}.get(kind)
        if field is None or field in found:
            raise InvalidValueException(detail="phoneNumbers: one of type work and one of type mobile are kept")
        found[field] = each.value or ""
    return found


def _language(given: str) -> str:
    """The first of the languages that we speak, of what looks like Accept-Language (RFC 7643 §4.1.1)."""
    ranges = [each.partition(";")[0].strip().replace("_", "-") for each in given.split(",")]
    spoken = [each.partition("-")[0].casefold() for each in ranges]
    return next((each for each in spoken if each in {"fr", "en"}), given[:20])


def _extend(user: Any, message: pb.ProvisionedAccount) -> None:
    account, names = message.account, list(message.unit_names)
    # The names of units alone do not make the extension: a client that removes it would find it there again.
    if account.staff_number:
        user[EnterpriseUser] = EnterpriseUser(
            employee_number=account.staff_number,
            organization=names[0] if names else None,
            division=names[1] if len(names) > 1 else None,
            department=names[-1] if names else None,
        )
    if account.unit_id:
        user[Unit] = Unit(unit_id=account.unit_id)
    if account.profile.grade or account.profile.place:
        user[Agent] = Agent(grade=account.profile.grade or None, place=account.profile.place or None)


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
