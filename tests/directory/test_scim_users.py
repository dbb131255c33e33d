"""Accounts by SCIM: through the gateway's door, to the real directory behind it."""

# ruff: noqa: E501 - a case is a line

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import groups_pb2 as groups

from deploy.local.certificates import Authority
from tests.directory.conftest import PASSWORD, Land, Person, Stack
from tests.directory.doors import gateway_of

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
UNIT, AGENT = "urn:gouv:tg:scim:unit", "urn:gouv:tg:scim:agent"
PATCH, BULK = "urn:ietf:params:scim:api:messages:2.0:PatchOp", "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture
async def http(stack: Stack, land: Land, authority: Authority) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway_of(stack, authority) as client:
        yield client


class Scim:
    """A client in somebody's name."""

    def __init__(self, http: httpx.AsyncClient, person: Person) -> None:
        self._http = http
        self._token = person.session.access_token

    async def __call__(self, verb: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        said = {"authorization": f"Bearer {self._token}", "content-type": "application/scim+json", **headers}
        return await self._http.request(verb, f"/scim/v2{path}", json=body, headers=said)

    async def made(self, user_name: str, /, **given: Any) -> dict[str, Any]:
        answer = await self("POST", "/Users", {"schemas": [USER], "userName": user_name, **given})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def patch(self, of: dict[str, Any], *operations: dict[str, Any], **headers: str) -> httpx.Response:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return await self("PATCH", f"/Users/{of['id']}", body, **headers)

    async def found(self, query: dict[str, Any]) -> list[str]:
        answer = await self("GET", f"/Users?{httpx.QueryParams(query)}")
        assert answer.status_code == 200, answer.text
        return [each["userName"] for each in answer.json().get("Resources", [])]


@pytest.fixture
def scim(http: httpx.AsyncClient, land: Land) -> Scim:
    return Scim(http, land.economy_administrator)


async def test_a_person_is_provisioned_changed_and_withdrawn(scim: Scim, stack: Stack, land: Land) -> None:
    made = await scim.made(
        "nouvelle@economie.gouv.tg", name={"givenName": "Prénom", "familyName": "Nom"}, title="Comptable",
        externalId="rh-1", password=PASSWORD, preferredLanguage="fr-TG,fr;q=0.8",
        phoneNumbers=[{"value": "22210000"}, {"value": "90000000", "type": "mobile"}],
        emails=[{"value": "Nouvelle@economie.gouv.tg", "type": "work", "primary": True}, {"value": "n@economie.gouv.tg"}],
        **{ENTERPRISE: {"employeeNumber": "E-1"}, UNIT: {"unitId": land.treasury.id}, AGENT: {"grade": "A1"}},
    )  # fmt: skip
    assert made["displayName"] == "Prénom Nom"
    assert made["preferredLanguage"] == "fr"
    assert [each["value"] for each in made["emails"]] == ["nouvelle@economie.gouv.tg", "n@economie.gouv.tg"]
    assert made[ENTERPRISE] == {
        "employeeNumber": "E-1",
        "organization": "Économie",
        "division": "Trésor",
        "department": "Trésor",
    }
    assert made["meta"]["location"].endswith(f"/scim/v2/Users/{made['id']}")
    assert "password" not in made
    assert (await stack.log_in("n@economie.gouv.tg")).access_token

    answer = await scim.patch(made, {"op": "replace", "path": "title", "value": "Cheffe comptable"})
    assert answer.status_code == 204
    account = await stack.cli.accounts.GetAccount(
        pb.GetAccountRequest(id=made["id"]), **land.economy_administrator.said
    )
    assert (account.profile.title, account.profile.grade, list(account.aliases)) == (
        "Cheffe comptable",
        "A1",
        ["n@economie.gouv.tg"],
    )

    assert (await scim("DELETE", f"/Users/{made['id']}")).status_code == 204
    for verb in ("GET", "DELETE"):
        assert (await scim(verb, f"/Users/{made['id']}")).status_code == 404
    assert await scim.found({"filter": 'userName eq "nouvelle@economie.gouv.tg"'}) == []
    told = [fact["type"] for fact in await stack.facts("accounts", made["id"])]
    assert told == ["account_created", "account_changed", "account_suspended", "session_revoked"]
    # What was withdrawn keeps its address, and comes back when an administrator restores it.
    again = await scim("POST", "/Users", {"schemas": [USER], "userName": "nouvelle@economie.gouv.tg"})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    await stack.cli.accounts.RestoreAccount(pb.RestoreAccountRequest(id=made["id"]), **land.economy_administrator.said)
    assert (await scim("GET", f"/Users/{made['id']}")).status_code == 200


async def test_a_name_without_domain_is_completed_and_stays(scim: Scim, land: Land) -> None:
    made = await scim.made("Jdoe", displayName="J. D.")
    assert (made["userName"], made["active"], made[UNIT]["unitId"]) == ("jdoe@economie.gouv.tg", True, land.economy.id)
    for name in ("jdoe", "JDOE@economie.gouv.tg"):
        answer = await scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": name, "displayName": "J"})
        assert (answer.status_code, answer.json()["userName"]) == (200, "jdoe@economie.gouv.tg")
    other = await scim("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": "autre@economie.gouv.tg"})
    assert (other.status_code, other.json()["userName"]) == (200, "autre@economie.gouv.tg")


async def test_a_person_is_renamed_and_the_old_address_forwards(
    scim: Scim, stack: Stack, land: Land, administrator: Person
) -> None:
    by = land.economy_administrator
    made = await scim.made("jeune.fille@economie.gouv.tg", emails=[{"value": "alias@economie.gouv.tg"}])

    async def account() -> pb.Account:
        return await stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=made["id"]), **by.said)

    for given in ("agent@sante.gouv.tg", "neuve@sante.gouv.tg"):
        refused = await scim.patch(made, {"op": "replace", "path": "userName", "value": given})
        assert refused.status_code == 403, given
    taken = await scim.patch(made, {"op": "replace", "path": "userName", "value": "agent@economie.gouv.tg"})
    assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
    for bad in ("", "a b@economie.gouv.tg", "x@economie.gouv.tg\r\nBcc: y@b.tg"):
        wrong = await scim.patch(made, {"op": "replace", "path": "userName", "value": bad})
        assert wrong.status_code == 400, bad
    changed = await scim.patch(made, {"op": "replace", "path": "userName", "value": "Mariee"})
    assert changed.status_code == 204, changed.text
    shown = (await scim("GET", f"/Users/{made['id']}")).json()
    assert (shown["userName"], shown["emails"]) == ("mariee@economie.gouv.tg", [{"value": "alias@economie.gouv.tg"}])
    now = await account()
    assert (now.address, list(now.aliases)) == ("mariee@economie.gouv.tg", ["alias@economie.gouv.tg"])
    assert [each.address for each in now.retired_addresses] == ["jeune.fille@economie.gouv.tg"]
    # Nobody else is given it meanwhile, and it leads to the same person.
    again = await scim("POST", "/Users", {"schemas": [USER], "userName": "jeune.fille@economie.gouv.tg"})
    assert again.status_code == 409
    resolved = await stack.mail.accounts.ResolveAddress(
        pb.ResolveAddressRequest(address="jeune.fille@economie.gouv.tg")
    )
    assert resolved.account_id == made["id"]
    # Back again, and what was labelled by default stays unlabelled.
    plain = await scim.made("simple@economie.gouv.tg")
    assert (
        await scim.patch(plain, {"op": "replace", "path": "userName", "value": "double@economie.gouv.tg"})
    ).is_success
    assert (
        await scim.patch(plain, {"op": "replace", "path": "userName", "value": "simple@economie.gouv.tg"})
    ).is_success
    read = await stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=plain["id"]), **by.said)
    assert (read.address, list(read.aliases)) == ("simple@economie.gouv.tg", [])
    assert [each.address for each in read.retired_addresses] == ["double@economie.gouv.tg"]


async def test_a_person_shows_the_groups_that_it_is_directly_in_and_the_client_sees(
    scim: Scim, stack: Stack, land: Land, administrator: Person
) -> None:
    own = land.economy_agent.account.id

    async def group(name: str, unit: str, *members: str, **rule: str) -> str:
        wanted = groups.Group(name=name, unit_id=unit, rule=groups.GroupRule(**rule) if rule else None)
        request = groups.CreateGroupRequest(group=wanted, account_ids=members)
        return str((await stack.cli.groups.CreateGroup(request, **administrator.said)).id)

    listed = await group("Comité", land.treasury.id, own)
    outer = await group("Comités", land.economy.id)
    nesting = groups.ChangeMembersRequest(id=outer, add_group_ids=[listed])
    await stack.cli.groups.ChangeMembers(nesting, **administrator.said)
    ruled = await group("Tout le Trésor", land.economy.id, unit_id=land.treasury.id)
    await group("De la Santé", land.health.id, own)
    shown = (await scim("GET", f"/Users/{own}")).json()["groups"]
    assert [(each["value"], each["display"], each["type"]) for each in shown] == [
        (listed, "Comité", "direct"), (ruled, "Tout le Trésor", "direct"),
    ]  # fmt: skip
    assert all(each["$ref"].endswith(f"/scim/v2/Groups/{each['value']}") for each in shown)
    page = (await scim("GET", "/Users")).json()["Resources"]
    assert next(each for each in page if each["id"] == own)["groups"] == shown
    for query in ("excludedAttributes=groups", "attributes=userName"):
        lean = (await scim("GET", f"/Users/{own}?{query}")).json()
        assert "groups" not in lean
    tags = {(await scim("GET", f"/Users/{own}{each}")).headers["etag"] for each in ("", "?excludedAttributes=groups")}
    assert len(tags) == 1
    # They are the groups' to change.
    made = await scim.made("membre@economie.gouv.tg", groups=[{"value": listed}])
    assert "groups" not in made
    whole = {"schemas": [USER], "userName": shown[0]["display"], "groups": []}
    put = await scim("PUT", f"/Users/{own}", {**whole, "userName": land.economy_agent.account.address})
    assert put.json()["groups"] == shown


async def test_what_a_client_does_not_speak_of_is_not_taken_away(scim: Scim, stack: Stack, land: Land) -> None:
    extended: Any = {ENTERPRISE: {"employeeNumber": "P-1"}, UNIT: {"unitId": land.treasury.id}}
    emails = [{"value": "alias@economie.gouv.tg"}]
    made = await scim.made("porteur@economie.gouv.tg", emails=emails, **extended)
    body = {"schemas": [USER], "userName": "porteur@economie.gouv.tg", "displayName": "Porteur"}
    answer = await scim("PUT", f"/Users/{made['id']}", body)
    assert answer.json()["emails"] == [{"value": "alias@economie.gouv.tg"}]
    assert answer.json()[ENTERPRISE]["employeeNumber"] == "P-1"
    assert answer.json()[UNIT]["unitId"] == land.treasury.id
    assert (await scim.patch(made, {"op": "remove", "path": "emails"})).status_code == 204
    account = await stack.cli.accounts.GetAccount(
        pb.GetAccountRequest(id=made["id"]), **land.economy_administrator.said
    )
    assert (account.address, list(account.aliases)) == ("porteur@economie.gouv.tg", [])


async def test_an_inactive_person_cannot_log_in_and_an_active_one_can_again(scim: Scim, stack: Stack) -> None:
    made = await scim.made("va.et.vient@economie.gouv.tg", password=PASSWORD)
    for active, kind in ((False, "account_suspended"), (True, "account_restored")):
        # "False" as a string is how Entra says it.
        assert (await scim.patch(made, {"op": "Replace", "path": "active", "value": active})).status_code == 204
        assert (await scim("GET", f"/Users/{made['id']}")).json()["active"] is active
        facts = await stack.facts("accounts", made["id"])
        assert kind in {fact["type"] for fact in facts}
    assert (await stack.log_in("va.et.vient@economie.gouv.tg")).access_token


# An operation on somebody with a title and an address, and both afterwards.
PATCHES: list[tuple[dict[str, Any], str | None, list[str]]] = [
    ({"op": "add", "value": {"title": "Un"}}, "Un", ["a@economie.gouv.tg"]),
    ({"op": "add", "path": "emails", "value": [{"value": "b@economie.gouv.tg"}]}, "Zéro", ["a@economie.gouv.tg", "b@economie.gouv.tg"]),
    ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "c@economie.gouv.tg"}, "Zéro", ["c@economie.gouv.tg"]),
    ({"op": "remove", "path": 'emails[value co "a@"]'}, "Zéro", []),
    ({"op": "replace", "path": f"{USER}:title", "value": "Deux"}, "Deux", ["a@economie.gouv.tg"]),
    ({"op": "replace", "value": {f"{AGENT}:grade": "A2", "title": "Trois"}}, "Trois", ["a@economie.gouv.tg"]),
    ({"op": "remove", "path": "title"}, None, ["a@economie.gouv.tg"]),
    ({"op": "add", "path": 'emails[type eq "other"].value', "value": "d@economie.gouv.tg"}, "Zéro", ["a@economie.gouv.tg", "d@economie.gouv.tg"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nope", 400), ("name.nope", 400), ("members", 400), (f"{ENTERPRISE}:nope", 400), ("urn:x:y:nope", 400),
        ("nickName", 204), (f"{ENTERPRISE}:manager", 204), (f"{ENTERPRISE}:costCenter", 204), ("name.honorificPrefix", 204),
    ],
)  # fmt: skip
async def test_a_path_that_names_nothing_is_a_mistake_and_the_standards_are_passed_over(
    scim: Scim, path: str, status: int
) -> None:
    made = await scim.made("faute@economie.gouv.tg", title="Agent")
    answer = await scim.patch(made, {"op": "replace", "path": path, "value": "x"})
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["scimType"] == "invalidPath"


async def test_patch_takes_every_form_of_path(scim: Scim) -> None:
    given = {"title": "Zéro", "emails": [{"value": "a@economie.gouv.tg", "type": "work"}]}
    made = await scim.made("p@economie.gouv.tg", **given)
    for operation, title, emails in PATCHES:
        body = {"schemas": [USER], "userName": "p@economie.gouv.tg", **given}
        assert (await scim("PUT", f"/Users/{made['id']}", body)).status_code == 200
        answer = await scim.patch(made, operation)
        assert answer.status_code == 204, answer.text
        now = (await scim("GET", f"/Users/{made['id']}")).json()
        assert (now.get("title"), [each["value"] for each in now.get("emails", [])]) == (title, emails), operation


async def test_nothing_is_brought_to_or_taken_from_another_ministry(scim: Scim, stack: Stack, land: Land) -> None:
    foreign = land.health_agent.account.id
    for verb, body in (("GET", None), ("DELETE", None), ("PUT", {"schemas": [USER], "userName": "x@economie.gouv.tg"})):
        known = await scim(verb, f"/Users/{foreign}", body)
        unknown = await scim(verb, "/Users/01JABSENTABSENTABSENTABSEN", body)
        assert known.status_code == unknown.status_code == 404
        assert known.json() == unknown.json()
    made = await scim.made("mobile@economie.gouv.tg")
    moved = await scim.patch(made, {"op": "replace", "path": f"{UNIT}:unitId", "value": land.health.id})
    nowhere = await scim.patch(made, {"op": "replace", "path": f"{UNIT}:unitId", "value": "01JABSENTABSENTABSENTABSEN"})
    assert (moved.status_code, moved.json()) == (nowhere.status_code, nowhere.json())
    assert (await scim.patch(made, {"op": "remove", "path": f"{UNIT}:unitId"})).status_code == 403
    taken = await scim("POST", "/Users", {"schemas": [USER], "userName": "agent@sante.gouv.tg"})
    free = await scim("POST", "/Users", {"schemas": [USER], "userName": "personne@sante.gouv.tg"})
    assert (taken.status_code, taken.json()) == (free.status_code, free.json())
    for query in (
        {},
        {"filter": 'userName co "sante"'},
        {"filter": f'{UNIT}:unitId eq "{land.health.id}"'},
        {"filter": f'id eq "{foreign}"'},
    ):
        assert [each for each in await scim.found(query) if "sante" in each] == []


async def test_the_own_password_is_not_set_without_the_current_one(scim: Scim, stack: Stack, land: Land) -> None:
    own = land.economy_administrator.account
    for operation in (
        {"op": "replace", "path": "password", "value": "an entirely new passphrase"},
        {"op": "add", "value": {"password": "an entirely new passphrase"}},
    ):
        assert (await scim.patch({"id": own.id}, operation)).status_code == 403
    assert (await stack.log_in(own.address)).access_token


async def test_a_password_that_a_provisioner_sets_is_told_and_ends_every_session(scim: Scim, stack: Stack) -> None:
    made = await scim.made("mot.de.passe@economie.gouv.tg", password=PASSWORD)
    await scim.patch(made, {"op": "replace", "path": "password", "value": "an entirely new passphrase"})
    assert (await stack.log_in("mot.de.passe@economie.gouv.tg", "an entirely new passphrase")).access_token
    told = {fact["type"] for fact in await stack.facts("accounts", made["id"])}
    assert {"credential_changed", "session_revoked"} <= told


async def test_the_own_account_is_not_taken_out_of_service(scim: Scim, land: Land) -> None:
    own = {"id": land.economy_administrator.account.id}
    assert (await scim("DELETE", f"/Users/{own['id']}")).status_code == 412
    assert (await scim.patch(own, {"op": "replace", "path": "active", "value": False})).status_code == 412
