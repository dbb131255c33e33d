"""What a newcomer reads: the OpenAPI document and the pages, complete and without anything from elsewhere."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.contract import routes_of
from gateway.openapi import document
from gateway.upstreams import all_services

PAGES = ("/", "/docs", "/assets/gateway.css", "/assets/docs.js", "/assets/words.js", "/assets/mark.svg")


async def test_the_openapi_document_is_valid_and_has_every_route(gateway: Any) -> None:
    answer = await gateway.client.get("/openapi.json")
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    listed = {(path, verb) for path, verbs in described["paths"].items() for verb in verbs}
    assert listed == {(str(route.template), route.verb.lower()) for route in routes_of(all_services())}
    again = await gateway.client.get("/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_operations_are_described_by_the_comments_of_the_protos() -> None:
    described = document(routes_of(all_services()))
    listing = described["paths"]["/v1/mail/messages"]["get"]
    assert listing["summary"] == "Messages of a mailbox, newest first"
    size = next(parameter for parameter in listing["parameters"] if parameter["name"] == "page_size")
    assert size["description"] == "1 to 200; 50 when absent."
    message = described["components"]["schemas"]["Message"]
    assert message["properties"]["size"] == {
        "type": "string", "format": "int64", "readOnly": True, "description": "Octets.",
    }  # fmt: skip
    assert described["components"]["schemas"]["SpecialUse"]["description"] == "RFC 6154."
    for verbs in described["paths"].values():
        for operation in verbs.values():
            # A rpc without a comment would be summed up by its name alone.
            assert " " in operation["summary"]
            assert "default" in operation["responses"]


def test_operations_say_their_bodies_answers_and_security() -> None:
    described = document(routes_of(all_services()))
    login = described["paths"]["/v1/sessions"]["post"]
    assert login["security"] == []
    assert login["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Session"
    }
    assert described["security"] == [{"bearer": []}]
    append = described["paths"]["/v1/mail/mailboxes/{mailbox_id}/messages"]["post"]
    assert list(append["requestBody"]["content"]) == ["message/rfc822"]
    raw = described["paths"]["/v1/mail/messages/{id}/raw"]["get"]
    assert list(raw["responses"]["200"]["content"]) == ["message/rfc822"]
    assert "206" in raw["responses"]
    assert not [parameter for parameter in raw["parameters"] if parameter["name"] in ("offset", "length")]
    assert "requestBody" not in described["paths"]["/v1/directory/accounts/{id}:suspend"]["post"]
    move = described["paths"]["/v1/mail/messages/{id}:move"]["post"]["requestBody"]["content"]["application/json"]
    assert list(move["schema"]["properties"]) == ["mailbox_id"]
    assert described["paths"]["/v1/directory/accounts"]["get"]["description"] == "For administrators."


@pytest.mark.parametrize("path", PAGES)
async def test_pages_load_nothing_from_elsewhere(gateway: Any, path: str) -> None:
    answer = await gateway.client.get(path)
    assert answer.status_code == 200
    outside = re.findall(r"(?:src|href|import|from|url)\s*[=(]?\s*[\"']?(https?:)?//[^\s\"']+", answer.text)
    assert not outside
    # The policy lets no inline script or style run.
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", answer.text)


async def test_the_documentation_is_light_and_its_links_lead_somewhere(gateway: Any) -> None:
    octets = 0
    for path in PAGES:
        answer = await gateway.client.get(path)
        octets += len(answer.content)
        for link in re.findall(r"(?:src|href)=\"(/[^\"#]*)\"|from \"(/[^\"]+)\"", answer.text):
            followed = await gateway.client.get(link[0] or link[1], follow_redirects=True)
            assert followed.status_code == 200
    assert octets < 50_000
    assert (await gateway.client.get("/docs/")).headers["location"] == "/docs"


async def test_the_pages_speak_both_languages(gateway: Any) -> None:
    home = (await gateway.client.get("/")).text
    assert '<html lang="fr">' in home
    assert "Bienvenue" in home
    assert 'lang="en"' in home
    words = (await gateway.client.get("/assets/words.js")).text
    french, english = words.split("  en: {")
    assert re.findall(r"^    (\w+):", french, re.M) == re.findall(r"^    (\w+):", english, re.M)
    docs = (await gateway.client.get("/docs")).text + (await gateway.client.get("/assets/docs.js")).text
    for name in re.findall(r"^    (\w+):", french, re.M):
        assert re.search(rf"[\"']{name}[\"']", docs), f"nobody says {name}"


async def test_every_kind_of_problem_has_its_place_in_the_documentation(gateway: Any) -> None:
    described = (await gateway.client.get("/openapi.json")).json()
    reasons = {problem["reason"] for problem in described["x-problems"]}
    assert {"invalid_input", "unauthenticated", "too_large", "range_not_satisfiable", "overloaded"} <= reasons
