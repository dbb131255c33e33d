"""Groups by SCIM: through the gateway's door, to the real directory behind it."""

from typing import Any

import httpx
from workspace.directory.v1 import groups_pb2 as groups

from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_scim_users import PATCH, SEARCH, Scim, http, scim

__all__ = ["http", "scim"]
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
OF_UNIT = "urn:gouv:tg:scim:group"
ABSENT = "01JABSENTABSENTABSENTABSEN"


async def made(scim: Scim, name: str, *members: Any, **given: Any) -> dict[str, Any]:
    listed = [member if isinstance(member, dict) else {"value": member} for member in members]
    body = {"schemas": [GROUP], "displayName": name, "members": listed, **given}
    answer = await scim("POST", "/Groups", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def patched(scim: Scim, group: dict[str, Any], *operations: dict[str, Any], **headers: str) -> httpx.Response:
    return await scim(
        "PATCH", f"/Groups/{group['id']}", {"schemas": [PATCH], "Operations": list(operations)}, **headers
    )


def members_of(resource: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["type"], each["value"]) for each in resource.get("members", [])}


async def test_a_group_lists_people_and_groups_and_is_changed_in_one(scim: Scim, stack: Stack, land: Land) -> None:
    agent, chief = land.economy_agent.account.id, land.economy_administrator.account.id
    inner = await made(scim, "Comptables", agent)
    outer = await made(scim, "Finances", {"value": inner["id"], "type": "Group"}, chief, externalId="g-1")
    assert members_of(outer) == {("Group", inner["id"]), ("User", chief)}
    assert {each["$ref"].rpartition("/scim/v2/")[2] for each in outer["members"]} == {
        f"Groups/{inner['id']}",
        f"Users/{chief}",
    }
    answer = await patched(
        scim, outer,
        {"op": "remove", "path": f'members[value eq "{chief}"]'},
        {"op": "add", "path": "members", "value": [{"value": agent}]},
        {"op": "replace", "path": "displayName", "value": "Finances publiques"},
    )  # fmt: skip
    assert answer.status_code == 204, answer.text
    now = (await scim("GET", f"/Groups/{outer['id']}")).json()
    assert (now["displayName"], members_of(now)) == ("Finances publiques", {("Group", inner["id"]), ("User", agent)})
    told = [fact["type"] for fact in await stack.facts("groups", outer["id"])]
    assert told == ["group_changed", "group_changed"]
    # Entra's way of taking out.
    await patched(scim, outer, {"op": "Remove", "path": "members", "value": [{"value": agent}]})
    assert members_of((await scim("GET", f"/Groups/{outer['id']}")).json()) == {("Group", inner["id"])}
    whole = {"schemas": [GROUP], "displayName": "Finances", "members": [{"value": agent}]}
    assert members_of((await scim("PUT", f"/Groups/{outer['id']}", whole)).json()) == {("User", agent)}
    assert (await scim("DELETE", f"/Groups/{outer['id']}")).status_code == 204
    assert (await scim("GET", f"/Groups/{outer['id']}")).status_code == 404


async def test_a_groups_unit_is_chosen_and_changed_within_what_the_client_administers(
    scim: Scim, stack: Stack, http: httpx.AsyncClient, land: Land, administrator: Person
) -> None:
    by_default = await made(scim, "Sans unité dite")
    assert by_default[OF_UNIT]["unitId"] == land.economy.id
    chosen = await made(scim, "Comité du Trésor", **{OF_UNIT: {"unitId": land.treasury.id}})
    path = f"/Groups/{chosen['id']}"
    assert (await scim("GET", path)).json()[OF_UNIT]["unitId"] == land.treasury.id
    # The same name is free in another unit.
    await made(scim, "Comité du Trésor")
    for unit in (land.health.id, ABSENT):
        body = {"schemas": [GROUP, OF_UNIT], "displayName": "Ailleurs", OF_UNIT: {"unitId": unit}}
        refused = await scim("POST", "/Groups", body)
        assert (refused.status_code, refused.json()["detail"]) == (404, "There is no such unit")
    renamed = await scim("PUT", path, {"schemas": [GROUP], "displayName": "Comité"})
    assert (renamed.status_code, renamed.json()[OF_UNIT]["unitId"]) == (200, land.treasury.id)
    found_there = await scim("GET", f'/Groups?filter={OF_UNIT}:unitId eq "{land.treasury.id}"')
    assert [each["displayName"] for each in found_there.json()["Resources"]] == ["Comité"]
    # It moves within what the client administers, and nowhere else.
    moving: Any = {"op": "replace", "path": f"{OF_UNIT}:unitId"}
    for unit, status in ((land.health.id, 404), (ABSENT, 404)):
        assert (await patched(scim, chosen, {**moving, "value": unit})).status_code == status, unit
    assert (await patched(scim, chosen, {"op": "remove", "path": OF_UNIT})).status_code == 403
    assert (await patched(scim, chosen, {**moving, "value": land.economy.id})).status_code == 204
    assert (await scim("GET", path)).json()[OF_UNIT]["unitId"] == land.economy.id
    taken = {"schemas": [GROUP, OF_UNIT], "displayName": "Comité du Trésor", OF_UNIT: {"unitId": land.economy.id}}
    assert (await scim("PUT", path, taken)).json()["scimType"] == "uniqueness"
    last = (await stack.facts("groups", chosen["id"]))[-1]
    assert (last["type"], last["data"]["unit_id"]) == ("group_changed", land.economy.id)
    everywhere = await made(Scim(http, administrator), "Toute l'administration")
    assert OF_UNIT not in everywhere
    schema = (await scim("GET", f"/Schemas/{OF_UNIT}")).json()
    [attribute] = schema["attributes"]
    assert (attribute["mutability"], attribute["canonicalValues"]) == ("readWrite", [land.economy.id])


async def test_circles_nobodies_and_taken_names_are_refused(scim: Scim, land: Land) -> None:
    inner = await made(scim, "Intérieur")
    outer = await made(scim, "Extérieur", inner["id"])
    for value in (outer["id"], inner["id"], ABSENT, land.health_agent.account.id, ""):
        answer = await patched(scim, inner, {"op": "add", "path": "members", "value": [{"value": value}]})
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
    answer = await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "EXTÉRIEUR"})
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")


async def test_groups_are_found_sorted_and_shown_without_members(scim: Scim, land: Land) -> None:
    agent = land.economy_agent.account.id
    await made(scim, "B", agent)
    await made(scim, "a", externalId="x")
    await made(scim, "C")

    async def found(**query: str) -> list[str]:
        answer = (await scim("GET", f"/Groups?{httpx.QueryParams(query)}")).json()
        return [each["displayName"] for each in answer.get("Resources", [])]

    assert await found() == ["a", "B", "C"]
    assert await found(filter='displayName eq "b"') == ["B"]
    assert await found(filter=f'members.value eq "{agent}"') == ["B"]
    assert await found(filter=f'members[value eq "{agent}"] or externalId eq "x"') == ["a", "B"]
    assert await found(filter=f'members.value eq "{land.health_agent.account.id}"') == []
    assert await found(sortBy="displayName", sortOrder="descending", count="2") == ["C", "B"]
    assert await found(startIndex="3") == ["C"]
    page = (await scim("GET", '/Groups?excludedAttributes=members&filter=displayName eq "B"')).json()["Resources"][0]
    assert "members" not in page
    everything = {
        "schemas": [SEARCH],
        "filter": f'userName eq "{land.economy_agent.account.address}" or displayName eq "b"',
    }
    both = (await scim("POST", "/.search", everything)).json()
    assert {each["meta"]["resourceType"] for each in both["Resources"]} == {"User", "Group"}


async def test_versions_of_groups_keep_changes_apart(scim: Scim) -> None:
    group = await made(scim, "Version")
    tag = group["meta"]["version"]
    change = {"op": "replace", "path": "displayName", "value": "Autre"}
    assert (await patched(scim, group, change, **{"if-match": tag})).status_code == 204
    assert (await patched(scim, group, {**change, "value": "Encore"}, **{"if-match": tag})).status_code == 412
    assert (await scim("DELETE", f"/Groups/{group['id']}", **{"if-match": tag})).status_code == 412
    assert (await scim("GET", f"/Groups/{group['id']}", **{"if-none-match": tag})).status_code == 200


async def test_members_of_another_ministry_are_neither_seen_nor_taken_out(
    scim: Scim, stack: Stack, land: Land, administrator: Person
) -> None:
    own, foreign = land.economy_agent.account.id, land.health_agent.account.id
    wanted = groups.CreateGroupRequest(
        group=groups.Group(name="Mixte", unit_id=land.economy.id), account_ids=[own, foreign]
    )
    mixed = await stack.cli.groups.CreateGroup(wanted, **administrator.said)
    seen = (await scim("GET", f"/Groups/{mixed.id}")).json()
    assert members_of(seen) == {("User", own)}
    body = {"schemas": [GROUP], "displayName": "Mixte", "members": []}
    assert (await scim("PUT", f"/Groups/{mixed.id}", body)).status_code == 200
    left = await stack.cli.groups.ListMembers(groups.ListMembersRequest(id=mixed.id), **administrator.said)
    assert [each.account.id for each in left.members] == [foreign]


async def test_agents_do_not_provision(http: httpx.AsyncClient, land: Land) -> None:
    agent = Scim(http, land.economy_agent)
    for verb, path in (
        ("GET", "/Groups"),
        ("POST", "/Groups"),
        ("GET", "/"),
        ("GET", f"/Users/{land.economy_agent.account.id}"),
    ):
        assert (await agent(verb, path)).status_code == 403
