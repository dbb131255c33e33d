"""What nobody means: it is refused at once, in SCIM's words, and the gateway goes on."""

# ruff: noqa: E501 - a case is a line

import asyncio
import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import ScimFilter
from workspace.directory.v1 import provisioning_pb2 as pb

from gateway.edges.scim.filters import USER_ATTRIBUTES, condition_of
from gateway.edges.scim.models import provider
from services.directory.api.provisioning import condition_given
from services.directory.domain.conditions import checked
from tests.directory.test_scim_users import BULK, PATCH, SEARCH, USER, Scim, http, scim

__all__ = ["http", "scim"]


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def filtered(text: str) -> str:
    return json.dumps({"schemas": [SEARCH], "filter": text})


# Verb, path, body, and the status and scimType that answer it.
CASES: list[tuple[str, str, str, int, str | None]] = [
    ("POST", "/Users", "", 400, "invalidSyntax"),
    ("POST", "/Users", "[]", 400, "invalidSyntax"),
    ("POST", "/Users", '{"schemas":', 400, "invalidSyntax"),
    ("POST", "/Users", '"text"', 400, "invalidSyntax"),
    ("POST", "/Users", deep(100_000), 400, "invalidSyntax"),
    ("POST", "/Users", f'{{"schemas": ["{USER}"], "userName": "x", "name": {deep(30)}}}', 400, "invalidSyntax"),
    ("POST", "/Users", f'{{"schemas": ["{USER}"], "userName": 7}}', 400, None),
    ("POST", "/Users", f'{{"schemas": ["{USER}"], "userName": ["a"]}}', 400, None),
    ("POST", "/Users", f'{{"schemas": ["{USER}"], "userName": "a b@economie.gouv.tg"}}', 400, "invalidValue"),
    ("POST", "/Users", f'{{"schemas": ["{USER}"], "userName": "x@economie.gouv.tg\\r\\nBcc: a@b.tg"}}', 400, "invalidValue"),
    ("POST", "/Users", f'{{"schemas": ["{USER}"]}}', 400, None),
    ("POST", "/Users", '{"schemas": ["urn:nowhere"], "userName": "x@economie.gouv.tg"}', 400, None),
    ("POST", "/Users", json.dumps({"schemas": [USER], "userName": "x@economie.gouv.tg", "displayName": "a\nb"}), 400, "invalidValue"),
    ("POST", "/Users", json.dumps({"schemas": [USER], "userName": "x@economie.gouv.tg", "active": {"$ne": 1}}), 400, None),
    ("POST", "/Users", json.dumps({"schemas": [USER], "userName": "x@economie.gouv.tg", "password": "short"}), 400, "invalidValue"),
    ("POST", "/Users", json.dumps({"schemas": [USER], "userName": "x@economie.gouv.tg", "emails": [{"value": f"a{n}@b.tg"} for n in range(31)]}), 400, "invalidValue"),
    ("POST", "/Users", json.dumps({"schemas": [USER], "emails": [{"value": "a@b.tg"}] * 30_000}), 413, None),
    ("POST", "/Users", json.dumps({"schemas": [USER], "phoneNumbers": [{"value": "1", "type": "fax"}], "userName": "x@b.tg"}), 400, "invalidValue"),
    ("POST", "/Users/.search", filtered("title eq"), 400, "invalidFilter"),
    ("POST", "/Users/.search", filtered('nowhere eq "x"'), 400, "invalidFilter"),
    ("POST", "/Users/.search", filtered('password eq "x"'), 400, "invalidFilter"),
    ("POST", "/Users/.search", filtered("(" * 2000 + 'title eq "x"' + ")" * 2000), 200, None),
    ("POST", "/Users/.search", filtered("not (" * 500 + "title pr" + ")" * 500), 400, "invalidFilter"),
    ("POST", "/Users/.search", filtered(" or ".join(['title eq "x"'] * 100_000)), 413, None),
    ("POST", "/Users/.search", filtered(" or ".join(['title eq "x"'] * 50_000)), 400, "invalidFilter"),
    ("POST", "/Users/.search", filtered(" or ".join(["title pr"] * 300)), 400, "invalidValue"),
    ("POST", "/Users/.search", filtered('active gt true'), 400, "invalidFilter"),
    ("POST", "/Users/.search", filtered('meta.created gt "yesterday"'), 400, "invalidFilter"),
    ("POST", "/Users/.search", filtered('title eq "\\u0000"'), 200, None),
    ("POST", "/Users/.search", json.dumps({"schemas": [SEARCH], "sortBy": "password"}), 400, None),
    ("POST", "/Users/.search", json.dumps({"schemas": [SEARCH], "startIndex": 10**30}), 400, None),
    ("POST", "/Users/.search", json.dumps({"schemas": [SEARCH], "startIndex": 2**40}), 200, None),
    ("POST", "/Bulk", json.dumps({"schemas": [BULK], "Operations": [{"method": "DELETE", "path": "/Users/x"}] * 10_000}), 413, None),
    ("POST", "/Bulk", json.dumps({"schemas": [BULK], "Operations": "many"}), 400, None),
    ("POST", "/Bulk", " " * (1024 * 1024 + 1), 413, None),
    ("PATCH", "/Me", json.dumps({"schemas": [PATCH], "Operations": [{"op": "explode"}]}), 400, None),
    ("PATCH", "/Me", json.dumps({"schemas": [PATCH], "Operations": [{"op": "remove"}]}), 400, "noTarget"),
    ("PATCH", "/Me", json.dumps({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "emails[", "value": 1}]}), 400, "invalidPath"),
    ("PATCH", "/Me", json.dumps({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "id", "value": "x"}]}), 400, "mutability"),
    ("PATCH", "/Me", json.dumps({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "roles", "value": []}]}), 400, "mutability"),
    ("PATCH", "/Me", json.dumps({"schemas": [PATCH], "Operations": [{"op": "replace", "path": 'emails[type eq "none"]', "value": []}]}), 400, None),
    ("TRACE", "/Users", "", 405, None),
    ("GET", "/Nowhere/1", "", 404, None),
    ("GET", "/Users/..%2f..%2fv1%2fme", "", 404, None),
    ("GET", "/Schemas?filter=id%20pr", "", 403, None),
    ("GET", "/Users?count=x", "", 400, None),
    ("GET", "/Users?" + "&".join(f"a{n}=1" for n in range(50)), "", 400, None),
]  # fmt: skip


async def test_it_is_refused_in_scims_words(scim: Scim, http: httpx.AsyncClient) -> None:
    headers = {"authorization": f"Bearer {scim._token}", "content-type": "application/scim+json"}
    for verb, path, body, status, kind in CASES:
        answer = await http.request(verb, f"/scim/v2{path}", content=body, headers=headers)
        about = f"{verb} {path} {body[:200]}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code == status, about
        assert answer.headers["content-type"] == "application/scim+json"
        if status >= 400:
            told = answer.json()
            assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
            assert told["status"] == str(status)
            assert kind is None or told.get("scimType") == kind, about
            assert "Traceback" not in answer.text


async def test_other_media_types_and_no_token_are_refused(scim: Scim, http: httpx.AsyncClient) -> None:
    assert (await scim("POST", "/Users", {}, **{"content-type": "text/xml"})).status_code == 415
    for token in ({}, {"authorization": "Bearer forged"}, {"authorization": "Basic YTpi"}):
        for verb, path in (("GET", "/Users"), ("POST", "/Bulk"), ("GET", "/Nowhere"), ("GET", "/Me")):
            answer = await http.request(verb, f"/scim/v2{path}", headers=token)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.json()["status"] == "401"


async def test_attributes_that_we_do_not_keep_are_passed_over(scim: Scim) -> None:
    made = await scim.made(
        "inconnus@economie.gouv.tg", nickName="x", addresses=[{"country": "TG"}], x509Certificates=[], groups=[{"value": "1"}],
        roles=[{"value": "administrator"}], id="chosen", meta={"version": "1"}, **{"urn:other:schema": {"a": 1}},
    )  # fmt: skip
    assert made["id"] != "chosen"
    assert made.keys().isdisjoint({"nickName", "addresses", "roles", "urn:other:schema"})


async def test_the_largest_body_does_not_hold_up_the_others(scim: Scim, http: httpx.AsyncClient) -> None:
    operation = {
        "method": "POST",
        "path": "/Users",
        "data": {"schemas": [USER], "userName": "a b", "title": "x" * 1500},
    }
    body = {"schemas": [BULK], "Operations": [{**operation, "bulkId": str(n)} for n in range(500)]}
    running = asyncio.create_task(scim("POST", "/Bulk", body))
    for _ in range(5):
        assert (await http.get("/v1/keys")).status_code == 200
    assert not running.done()
    assert len((await running).json()["Operations"]) == 500


def said(text: str) -> pb.Condition:
    model: Any = provider().model_for("User")
    condition = condition_of(ScimFilter[model](text), model, USER_ATTRIBUTES, "User")
    assert condition is not None
    return condition


names = st.sampled_from(["userName", "title", "name.familyName", "externalId", "displayName"])
words = st.text(max_size=8).filter(lambda text: text.isprintable())
comparisons = st.builds(
    lambda name, op, value: f"{name} {op} {json.dumps(value)}",
    names, st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]), words,
)  # fmt: skip
leaves = st.one_of(comparisons, names.map("{} pr".format), words.map(lambda w: f"emails[value sw {json.dumps(w)}]"))
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) and ({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) or ({two[1]})"),
        inner.map("not ({})".format),
    ),
    max_leaves=6,
)


@given(text=filters)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_every_filter_can_be_said_as_a_condition(text: str) -> None:
    checked(condition_given(pb.Condition.FromString(said(text).SerializeToString())))
