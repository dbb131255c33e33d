"""What we publish of SCIM's schemas (RFC 7643): the attributes that the directory keeps, and no other.

Attributes of ours stand in two extensions: where an account stands, and what an administration says of an agent.
"""

from typing import Annotated, Any, Union

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    External,
    Filter,
    Mutability,
    Pagination,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Returned,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

MAX_RESULTS = 200
MAX_OPERATIONS = 500
MAX_PAYLOAD = 1024 * 1024


class Name(ComplexAttribute):
    family_name: str | None = None
    """The family name."""

    given_name: str | None = None
    """The given name."""


class Email(ComplexAttribute):
    value: Annotated[str | None, Required.true] = None
    """An address at which the person receives mail."""

    type: str | None = Field(None, examples=["work", "other"])
    """The provisioner's label of it."""

    primary: bool | None = None
    """Whether the provisioner prefers it; the account's own address is the userName."""


class PhoneNumber(ComplexAttribute):
    value: Annotated[str | None, Required.true] = None
    """A number, as it is dialled."""

    type: str | None = Field(None, examples=["work", "mobile"])
    """One number of each type is kept."""


class Role(ComplexAttribute):
    value: Annotated[str | None, Mutability.read_only] = None
    """"administrator", "help_desk" or "auditor"."""

    display: Annotated[str | None, Mutability.read_only] = None
    """The id of the unit over which it is held; empty for the whole administration."""


class UserGroup(ComplexAttribute):
    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The id of the group."""

    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where it is found."""

    display: Annotated[str | None, Mutability.read_only] = None
    """Its name."""

    type: Annotated[str | None, Mutability.read_only] = Field(None, examples=["direct"])
    """"direct": those that hold its groups are found at them."""


class User(Resource[AnyExtension]):
    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The account's own mail address, with which the person logs in. Without domain it gets the one of its unit.
    Published as immutable, because not any text can replace it: an address in a mail domain of the unit renames the
    account, and the one before forwards to it for a year."""

    name: Name | None = None
    """The parts of the name."""

    display_name: Annotated[str | None, Required.true] = None
    """The name as it is shown. Where it is not given it is made of the name, or of the userName."""

    title: str | None = None
    """The post: "Directeur du budget"."""

    user_type: Annotated[str | None, Mutability.read_only] = None
    """"person"."""

    preferred_language: str | None = Field(None, examples=["fr", "en"])
    """What the platform writes to the person in."""

    active: Annotated[bool | None, Required.true] = None
    """Whether the person may log in. Where it is not given it is true."""

    password: Annotated[str | None, Mutability.write_only, Returned.never, CaseExact.true] = None
    """A new password; every session of the account ends."""

    emails: list[Email] | None = None
    """The account's addresses as the provisioner states them: besides the userName, its aliases."""

    phone_numbers: list[PhoneNumber] | None = None
    """A work number and a mobile one."""

    groups: Annotated[list[UserGroup] | None, Mutability.read_only] = None
    """The groups that list the person, or whose rule the person fits, as far as the client sees them."""

    roles: Annotated[list[Role] | None, Mutability.read_only] = None
    """Roles of administration; they are granted elsewhere."""


class GroupMember(ComplexAttribute):
    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of a user or of a group."""

    ref: Annotated[Reference[Union["User", "Group"]] | None, Mutability.immutable] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where it is found."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User", "Group"])
    """What it is."""


class Group(Resource[AnyExtension]):
    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    """The name of the group, its own within its unit."""

    members: list[GroupMember] | None = None
    """Those whom it lists; a group that goes by rule lists nobody."""


class EnterpriseUser(Extension):
    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    employee_number: Annotated[str | None, Uniqueness.server, CaseExact.true] = None
    """The administration's own number of the person."""

    organization: Annotated[str | None, Mutability.read_only] = None
    """The name of the ministry."""

    division: Annotated[str | None, Mutability.read_only] = None
    """The name of the unit directly below the ministry."""

    department: Annotated[str | None, Mutability.read_only] = None
    """The name of the account's own unit."""


class Unit(Extension):
    __schema__ = URN("urn:gouv:tg:scim:unit")

    unit_id: Annotated[str | None, CaseExact.true] = None
    """The id of the unit. Where it is not given at creation it is the one that the caller administers."""


class GroupUnit(Extension):
    __schema__ = URN("urn:gouv:tg:scim:group")

    unit_id: Annotated[str | None, CaseExact.true] = None
    """The id of the unit that the group is of, and whose administrators change it. Where it is not given at creation
    it is the one that the client administers; a group of the whole administration has none."""


class Agent(Extension):
    __schema__ = URN("urn:gouv:tg:scim:agent")

    grade: str | None = None
    """The grade of the person."""

    place: str | None = None
    """Where the person works: "Lomé, bâtiment A"."""


# Attributes that we do not keep are passed over: every provisioner sends some. Entra's ways of PATCH are understood.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

CONFIG = ServiceProviderConfig(
    documentation_uri=Reference[External]("/docs"),
    patch=Patch(supported=True),
    bulk=Bulk(supported=True, max_operations=MAX_OPERATIONS, max_payload_size=MAX_PAYLOAD),
    filter=Filter(supported=True, max_results=MAX_RESULTS),
    change_password=ChangePassword(supported=True),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    pagination=Pagination(
        cursor=False,
        index=True,
        default_pagination_method=Pagination.DefaultPaginationMethod.index,
        default_page_size=100,
        max_page_size=MAX_RESULTS,
    ),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="OAuth Bearer Token",
            description="An access token of an administrator, or of a service account with the scope directory.write",
            spec_uri=Reference[External]("https://www.rfc-editor.org/rfc/rfc6750"),
            primary=True,
        )
    ],
)


def provider() -> ScimProvider:
    """The description of the service."""
    users: Any = ResourceType.from_resource(User[EnterpriseUser | Unit | Agent])
    groups: Any = ResourceType.from_resource(Group[GroupUnit])
    return ScimProvider([User, EnterpriseUser, Unit, Agent, Group, GroupUnit], [users, groups], CONFIG, POLICY)
