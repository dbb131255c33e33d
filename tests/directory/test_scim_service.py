"""SCIM as a service: versions, filters, pages, bulk, and what it says of itself."""

# ruff: noqa: E501 - a case is a line

from typing import Any

import httpx

from tests.directory.conftest import Land, Person
from tests.directory.test_scim_users import BULK, ENTERPRISE, PATCH, SEARCH, UNIT, USER, Scim, http, scim

__all__ = ["http", "scim"]


async def test_versions_keep_changes_apart(scim: Scim) -> None:
    made = await scim.made("version@economie.gouv.tg")
    path, tag = f"/Users/{made['id']}", made["meta"]["version"]
    first = await scim("GET", path)
    assert first.headers["etag"] == tag
    assert (await scim("GET", path, **{"if-none-match": tag})).status_code == 304
    change = {"op": "replace", "path": "title", "value": "Un"}
    assert (await scim.patch(made, change, **{"if-match": tag})).status_code == 204
    assert (await scim.patch(made, {**change, "value": "Deux"}, **{"if-match": tag})).status_code == 412
    assert (await scim("DELETE", path, **{"if-match": tag})).status_code == 412
    assert (await scim.patch(made, {**change, "value": "Trois"})).status_code == 204
    now = await scim("GET", path, **{"if-none-match": tag})
    assert (now.status_code, now.json()["title"]) == (200, "Trois")
    assert (await scim("DELETE", path, **{"if-match": now.headers["etag"]})).status_code == 204


QUERIES: list[tuple[dict[str, Any], list[str]]] = [
    ({"filter": 'userName eq "U1@economie.gouv.tg"'}, ["u1@economie.gouv.tg"]),
    ({"filter": 'userName sw "u" and title pr'}, ["u1@economie.gouv.tg", "u2@economie.gouv.tg"]),
    ({"filter": 'title co "PTABLE" and not (name.familyName eq "B")'}, ["u1@economie.gouv.tg"]),
    ({"filter": 'emails[type eq "work" and value sw "u"] or externalId eq "x3"'}, ["u2@economie.gouv.tg", "u3@economie.gouv.tg"]),
    ({"filter": f'{ENTERPRISE}:employeeNumber eq "N1"'}, ["u1@economie.gouv.tg"]),
    ({"filter": f'{UNIT}:unitId ne "x" and active eq false'}, ["u3@economie.gouv.tg"]),
    ({"filter": 'meta.lastModified gt "2020-01-01T00:00:00Z" and userName sw "u"', "sortBy": "name.familyName", "sortOrder": "descending"},
     ["u3@economie.gouv.tg", "u2@economie.gouv.tg", "u1@economie.gouv.tg"]),
    ({"filter": 'meta.resourceType eq "User" and phoneNumbers.value eq "22"'}, ["u2@economie.gouv.tg"]),
    ({"filter": 'meta.resourceType eq "Group"'}, []),
    ({"filter": 'userName sw "u"', "sortBy": "userName", "startIndex": "2", "count": "1"}, ["u2@economie.gouv.tg"]),
    ({"filter": f'{ENTERPRISE}:organization eq "économie" and userName sw "u1"'}, ["u1@economie.gouv.tg"]),
    ({"filter": 'title eq null and userName sw "u"'}, ["u3@economie.gouv.tg"]),
]  # fmt: skip


async def test_filters_and_orders(scim: Scim) -> None:
    await scim.made(
        "u1@economie.gouv.tg", title="Comptable", name={"familyName": "A"}, **{ENTERPRISE: {"employeeNumber": "N1"}}
    )
    await scim.made(
        "u2@economie.gouv.tg", title="comptable", name={"familyName": "B"}, phoneNumbers=[{"value": "22"}],
        emails=[{"value": "u2@economie.gouv.tg", "type": "work"}],
    )  # fmt: skip
    await scim.made("u3@economie.gouv.tg", externalId="x3", active=False)
    for query, found in QUERIES:
        assert await scim.found(query) == found, query


async def test_pages_follow_one_another_and_are_bounded(
    scim: Scim, http: httpx.AsyncClient, administrator: Person
) -> None:
    for number in range(5):
        await scim.made(f"page{number}@economie.gouv.tg")
    whole = (await scim("GET", "/Users?count=100000")).json()
    names = [each["userName"] for each in whole["Resources"]]
    assert whole["totalResults"] == len(names) == 7
    for by in (scim, Scim(http, administrator)):
        seen, start = [], 1
        while True:
            page = (await by("GET", f"/Users?startIndex={start}&count=3")).json()
            if not page.get("Resources"):
                break
            seen += [each["userName"] for each in page["Resources"]]
            start += 3
        assert seen == sorted(seen)
        assert len(seen) == page["totalResults"] == len(set(seen))
    none = (await scim("GET", "/Users?count=0")).json()
    assert (none["totalResults"], none.get("Resources", [])) == (7, [])
    body = {"schemas": [SEARCH], "filter": 'userName sw "page"', "attributes": ["title"], "count": 2}
    searched = (await scim("POST", "/Users/.search", body)).json()
    assert (searched["totalResults"], searched["itemsPerPage"]) == (5, 2)
    assert all("userName" not in each and each["id"] for each in searched["Resources"])
    assert (await scim("POST", "/.search", {**body, "attributes": None})).json()["totalResults"] == 5


async def test_every_answer_has_its_version_and_every_write_may_name_one(scim: Scim) -> None:
    answer = await scim("POST", "/Users", {"schemas": [USER], "userName": "etag@economie.gouv.tg"})
    made, tag = answer.json(), answer.headers["etag"]
    assert tag == made["meta"]["version"]
    path = f"/Users/{made['id']}"
    body = {"schemas": [USER], "userName": "etag@economie.gouv.tg", "title": "Un"}
    put = await scim("PUT", path, body, **{"if-match": tag})
    assert put.status_code == 200
    assert put.headers["etag"] == put.json()["meta"]["version"] != tag
    assert (await scim("PUT", path, {**body, "title": "Deux"}, **{"if-match": tag})).status_code == 412
    assert (
        await scim("PUT", path, {**body, "title": "Deux"}, **{"if-match": '"autre", W/"0.00000000"'})
    ).status_code == 412
    assert (await scim("PUT", path, {**body, "title": "Deux"}, **{"if-match": "*"})).status_code == 200

    def operation(version: str) -> dict[str, Any]:
        data = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": version}]}
        return {"method": "PATCH", "path": path, "version": version, "data": data}

    now = (await scim("GET", path)).headers["etag"]
    bulk = {"schemas": [BULK], "Operations": [operation(tag), operation(now), operation(now)]}
    done = (await scim("POST", "/Bulk", bulk)).json()["Operations"]
    assert [str(each["status"]) for each in done] == ["412", "200", "412"]
    assert (await scim("GET", path)).json()["title"] == now


async def test_bulk_refers_to_what_it_makes_and_stops_after_errors(scim: Scim) -> None:
    def creation(number: int, name: str) -> dict[str, Any]:
        return {
            "method": "POST",
            "path": "/Users",
            "bulkId": f"b{number}",
            "data": {"schemas": [USER], "userName": name},
        }

    title = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "En masse"}]}
    operations = [
        {"method": "PATCH", "path": "/Users/bulkId:b1", "data": title},
        creation(1, "masse1@economie.gouv.tg"),
        creation(2, "masse1@economie.gouv.tg"),
        creation(3, "masse3@sante.gouv.tg"),
        creation(4, "masse4@economie.gouv.tg"),
    ]
    body = {"schemas": [BULK], "failOnErrors": 1, "Operations": operations}
    done = (await scim("POST", "/Bulk", body)).json()["Operations"]
    assert [each["status"] for each in done] == ["200", "201", "409"]
    assert done[2]["response"]["scimType"] == "uniqueness"
    assert await scim.found({"filter": 'title eq "en masse"'}) == ["masse1@economie.gouv.tg"]
    assert await scim.found({"filter": 'userName sw "masse4"'}) == []


async def test_me_is_the_account_of_the_token(http: httpx.AsyncClient, land: Land) -> None:
    agent = Scim(http, land.economy_agent)
    own = await agent("GET", "/Me")
    assert (own.status_code, own.json()["id"]) == (200, land.economy_agent.account.id)
    assert own.headers["location"].endswith(f"/Users/{land.economy_agent.account.id}")
    assert own.json()["emails"] == [{"value": "agent@economie.gouv.tg", "type": "work", "primary": True}]
    change = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "Ministre"}]}
    assert (await agent("PATCH", "/Me", change)).status_code == 403
    assert (await agent("GET", "/Users")).status_code == 403


async def test_the_service_describes_itself_and_what_a_client_may_choose(
    scim: Scim, http: httpx.AsyncClient, land: Land
) -> None:
    config = await http.get("/scim/v2/ServiceProviderConfig")
    assert config.status_code == 200
    assert all(config.json()[each]["supported"] for each in ("patch", "bulk", "filter", "sort", "etag"))
    assert (await http.get("/scim/v2/Schemas")).status_code == 401
    schema = (await scim("GET", f"/Schemas/{UNIT}")).json()
    assert schema["attributes"][0]["canonicalValues"] == [land.economy.id]
    types = (await scim("GET", "/ResourceTypes")).json()["Resources"]
    assert {"User"} <= {each["name"] for each in types}
