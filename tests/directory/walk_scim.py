"""How the walk exercises each SCIM route: what a client of another ministry could say of the victim, in every place."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.directory.walking import Victim

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
UNIT = "urn:gouv:tg:scim:unit"
AGENT = "urn:gouv:tg:scim:agent"
OF_UNIT = "urn:gouv:tg:scim:group"
_TRUTHS = ("active", "emails.primary")
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
# A path below /scim/v2, and a body.
Request = tuple[str, Any]


# Every attribute that a filter or a sort may name: what the victim has in it, which nobody else may find.
USER_PROBES: dict[str, Callable[[Victim], str]] = {
    "id": lambda v: v.account_id, "externalId": lambda v: v.account_id, "userName": lambda v: v.address,
    "name.familyName": lambda v: "Nom-Témoin", "name.givenName": lambda v: "Prénom-Témoin",
    "displayName": lambda v: v.display_name, "title": lambda v: "Greffier témoin", "userType": lambda v: "person",
    "preferredLanguage": lambda v: "fr", "active": lambda v: "true", "emails": lambda v: v.alias,
    "emails.value": lambda v: v.alias, "emails.type": lambda v: "work", "emails.primary": lambda v: "true",
    "phoneNumbers": lambda v: "22299911", "phoneNumbers.value": lambda v: "22299911",
    "phoneNumbers.type": lambda v: "work", "roles": lambda v: "administrator", "roles.value": lambda v: "administrator",
    "roles.display": lambda v: v.unit_id, "groups": lambda v: v.group_id, "groups.value": lambda v: v.group_id,
    "groups.display": lambda v: v.group_name, "groups.type": lambda v: "direct",
    "groups.$ref": lambda v: f"Groups/{v.group_id}",
    "meta.created": lambda v: "2020-01-01T00:00:00Z", "meta.lastModified": lambda v: "2020-01-01T00:00:00Z",
    f"{ENTERPRISE}:employeeNumber": lambda v: v.staff_number, f"{ENTERPRISE}:organization": lambda v: "Santé",
    f"{ENTERPRISE}:division": lambda v: v.unit_name, f"{ENTERPRISE}:department": lambda v: v.unit_name,
    f"{UNIT}:unitId": lambda v: v.office_id, f"{AGENT}:grade": lambda v: "A1", f"{AGENT}:place": lambda v: "Lomé",
}  # fmt: skip
GROUP_PROBES: dict[str, Callable[[Victim], str]] = {
    "id": lambda v: v.group_id, "externalId": lambda v: v.group_id, "displayName": lambda v: v.group_name,
    "members": lambda v: v.account_id, "members.value": lambda v: v.account_id, "members.type": lambda v: "User",
    "members.$ref": lambda v: f"Users/{v.account_id}", f"{OF_UNIT}:unitId": lambda v: v.unit_id,
    "meta.created": lambda v: "2020-01-01T00:00:00Z", "meta.lastModified": lambda v: "2020-01-01T00:00:00Z",
}  # fmt: skip
_OPERATORS = ("eq", "ne", "co", "sw", "ew")
# What follows a value tells by the caller's own entries which value it was: order is asked for by one that is nobody's.
_ORDERS = ("gt", "le")


def _probed(v: Victim, endpoint: str, probes: dict[str, Callable[[Victim], str]]) -> Iterable[Request]:
    """Each attribute in a filter of every operator, and in a sort."""
    for attribute, value in probes.items():
        said = value(v) if attribute in _TRUTHS else f'"{value(v)}"'
        middle = said if attribute.startswith("meta.") or attribute in _TRUTHS else '"m"'
        asked = [(each, said) for each in _OPERATORS] + [(each, middle) for each in _ORDERS]
        for text in (*(f"{attribute} {each} {wanted}" for each, wanted in asked), f"{attribute} pr"):
            yield f"{endpoint}/.search", {"schemas": [SEARCH], "filter": text}
        yield f"{endpoint}/.search", {"schemas": [SEARCH], "sortBy": attribute, "count": 200}


def _filters(v: Victim) -> Iterable[str]:
    yield from (f'userName eq "{a}"' for a in (v.address, v.alias))
    yield f'id eq "{v.account_id}"'
    yield f'emails[value eq "{v.alias}"]'
    yield f'{ENTERPRISE}:employeeNumber eq "{v.staff_number}"'
    yield f'{UNIT}:unitId eq "{v.office_id}"'
    yield f'displayName eq "{v.display_name}" or title co "{v.display_name}"'
    yield f'not (userName eq "{v.address}")'
    yield 'meta.lastModified gt "2020-01-01T00:00:00Z"'
    yield f'userName sw "{v.address[:4]}"'


def _searches(v: Victim) -> Iterable[dict[str, Any]]:
    yield {}
    yield from ({"filter": each} for each in _filters(v))
    yield {"sortBy": "displayName", "sortOrder": "descending", "count": 200}


def _listed(v: Victim, endpoint: str) -> Iterable[Request]:
    from urllib.parse import urlencode

    yield from ((f"{endpoint}?{urlencode(each)}", None) for each in _searches(v))


def _searched(v: Victim, endpoint: str) -> Iterable[Request]:
    yield from ((f"{endpoint}/.search", {"schemas": [SEARCH], **each}) for each in _searches(v))


def _user(v: Victim, **given: Any) -> dict[str, Any]:
    return {"schemas": [USER, UNIT], "userName": "intrus.scim@economie.gouv.tg", "displayName": "Intrus", **given}


def _patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


def _patches(v: Victim) -> Iterable[Request]:
    yield f"/Users/{v.account_id}", _patch({"op": "replace", "path": "title", "value": "Autre"})
    yield f"/Users/{v.account_id}", _patch({"op": "remove", "path": f'emails[value eq "{v.alias}"]'})
    yield f"/Users/{v.account_id}", _patch({"op": "replace", "path": "password", "value": "an entirely new one"})
    yield f"/Groups/{v.group_id}", _patch({"op": "add", "path": "members", "value": [{"value": v.own_account_id}]})
    for member in (v.account_id, v.group_id):
        path = f'members[value eq "{member}"]'
        yield f"/Groups/{v.own_national_group_id}", _patch({"op": "remove", "path": path})
    yield f"/Users/{v.own_account_id}", _patch({"op": "replace", "path": f"{UNIT}:unitId", "value": v.office_id})
    for address in (v.address, v.alias):
        yield f"/Users/{v.own_account_id}", _patch({"op": "replace", "path": "userName", "value": address})


def _group(v: Victim, name: str, *members: str) -> dict[str, Any]:
    return {"schemas": [GROUP], "displayName": name, "members": [{"value": member} for member in members]}


def _groups_searched(v: Victim) -> Iterable[Request]:
    for text in (
        f'id eq "{v.group_id}"', f'displayName eq "{v.group_name}"', f'members.value eq "{v.account_id}"',
        f'members[value eq "{v.group_id}"]', f'not (displayName eq "{v.group_name}")',
    ):  # fmt: skip
        yield "/Groups/.search", {"schemas": [SEARCH], "filter": text}


def _operations(v: Victim) -> Iterable[dict[str, Any]]:
    yield {"method": "POST", "path": "/Users", "bulkId": "b1", "data": _user(v, **{UNIT: {"unitId": v.office_id}})}
    yield {"method": "PATCH", "path": f"/Users/{v.account_id}", "data": _patch({"op": "remove", "path": "title"})}
    yield {"method": "PUT", "path": f"/Users/{v.account_id}", "data": _user(v)}
    yield {"method": "DELETE", "path": f"/Users/{v.account_id}"}
    yield {"method": "POST", "path": "/Groups", "bulkId": "b2", "data": _group(v, "Intrus", v.account_id)}
    yield {"method": "DELETE", "path": f"/Groups/{v.group_id}"}


SCIM_WALKS: dict[str, Callable[[Victim], Iterable[Request]]] = {
    "GET /ServiceProviderConfig": lambda v: [("/ServiceProviderConfig", None)],
    "GET /ResourceTypes": lambda v: [("/ResourceTypes", None)],
    "GET /ResourceTypes/{resource_id}": lambda v: [("/ResourceTypes/User", None)],
    "GET /Schemas": lambda v: [("/Schemas", None)],
    "GET /Schemas/{resource_id}": lambda v: [(f"/Schemas/{UNIT}", None)],
    "POST /Bulk": lambda v: [("/Bulk", {"schemas": [BULK], "Operations": list(_operations(v))})],
    "GET /Me": lambda v: [("/Me", None)],
    "PUT /Me": lambda v: [],
    "PATCH /Me": lambda v: [
        ("/Me", _patch({"op": "replace", "path": f"{UNIT}:unitId", "value": v.unit_id})),
    ],
    "DELETE /Me": lambda v: [],
    "POST /Me": lambda v: [("/Me", _user(v))],
    "GET /": lambda v: _listed(v, "/"),
    "POST /.search": lambda v: _searched(v, ""),
    "POST /{endpoint}/.search": lambda v: [
        *_searched(v, "/Users"),
        *_groups_searched(v),
        *_probed(v, "/Users", USER_PROBES),
        *_probed(v, "/Groups", GROUP_PROBES),
    ],
    "GET /{endpoint}": lambda v: [*_listed(v, "/Users"), ("/Groups", None)],
    "POST /{endpoint}": lambda v: [
        *(("/Users", _user(v, **{UNIT: {"unitId": i}})) for i in (v.unit_id, v.office_id)),
        *(("/Groups", _group(v, "Intrus", i)) for i in (v.account_id, v.group_id)),
        *(("/Groups", {**_group(v, "Intrus"), OF_UNIT: {"unitId": i}}) for i in (v.unit_id, v.office_id)),
    ],
    "GET /{endpoint}/{resource_id}": lambda v: [
        (f"/Groups/{v.group_id}", None),
        (f"/Groups/{v.own_national_group_id}", None),
        *((f"/Users/{i}{q}", None) for i in (v.account_id, v.administrator_id) for q in ("", "?attributes=userName")),
    ],
    "PUT /{endpoint}/{resource_id}": lambda v: [
        (f"/Groups/{v.group_id}", _group(v, "Autre")),
        (f"/Groups/{v.own_group_id}", _group(v, "Propre", v.account_id)),
        (f"/Groups/{v.own_group_id}", _group(v, "Propre", v.group_id)),
        (f"/Users/{v.account_id}", _user(v)),
        (f"/Users/{v.own_account_id}", _user(v, userName="cobaye@economie.gouv.tg", **{UNIT: {"unitId": v.office_id}})),
    ],
    "PATCH /{endpoint}/{resource_id}": _patches,
    "DELETE /{endpoint}/{resource_id}": lambda v: [(f"/Users/{v.account_id}", None), (f"/Groups/{v.group_id}", None)],
}
