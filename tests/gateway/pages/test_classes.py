"""What may be asked for without a token is counted, each in a class of its own."""

import pytest
from workspace.options.v1 import options_pb2

from gateway.contract.routes import rule_of
from gateway.edge.classes import CLASSES, TOKEN
from gateway.upstreams import all_services
from tests.gateway.pages.conftest import AGENT, House


def test_every_public_rpc_has_a_class_of_rate() -> None:
    rules = {
        method.input_type.full_name: rule
        for service in all_services()
        for method in service.methods
        if (rule := rule_of(method)) is not None and rule.permission == options_pb2.PERMISSION_PUBLIC
    }
    # What has no route is asked by pages, which count what they let through by some of the same classes.
    public = rules.keys()
    routed = {name for name, rule in rules.items() if not rule.unrouted}
    assert routed - CLASSES.keys() == set(), "give them a class in gateway/edge/classes.py"
    provider = {name for name, found in CLASSES.items() if found.name == TOKEN}
    assert CLASSES.keys() - public - provider == set(), "no such public rpc"
    known = {method.input_type.full_name for service in all_services() for method in service.methods}
    assert provider <= known
    for service in all_services():
        for method in service.methods:
            found = CLASSES.get(method.input_type.full_name)
            assert found is None or not found.field or found.field in method.input_type.fields_by_name


GUESSES = {
    "/v1/sessions:confirm": {"challenge": "x", "code": "123456"},
    "/v1/credentials:confirmReset": {"challenge": "y", "code": "123456"},
    "/v1/credentials:finishReset": {"code": "0000-0000-0000-0000", "new_password": "an entirely new one"},
    "/v1/credentials:activate": {"code": "1111-1111-1111-1111", "new_password": "an entirely new one"},
    "/v1/credentials:startReset": {"address": AGENT},
}


@pytest.mark.gateway_settings(login_rate=2)
async def test_guessing_at_one_thing_is_slow_and_takes_nothing_of_the_others(house: House) -> None:
    client = house.browser().client
    for path, body in GUESSES.items():
        statuses = [(await client.post(path, json=body)).status_code for _ in range(3)]
        assert statuses[2] == 429, (path, statuses)
        assert 429 not in statuses[:2], (path, statuses)
    other = {"address": "somebody.else@gouv.tg"}
    assert (await client.post("/v1/credentials:startReset", json=other)).status_code == 204


@pytest.mark.gateway_settings(credential_rate=3, reset_rate=2)
async def test_each_class_counts_by_network_and_pages_count_with_their_routes(house: House) -> None:
    client = house.browser().client
    sent = [
        (await client.post("/v1/credentials:startReset", json={"address": f"{n}@gouv.tg"})).status_code
        for n in range(3)
    ]
    assert sent == [204, 204, 429]
    browser = house.browser()
    page = await browser.send(await browser.open("/login/forgot"), "/login/forgot", address="autre@gouv.tg")
    assert page.status == 429
    # Another class still has its share.
    began = [(await client.post("/v1/sessions:beginPasskey", json={})).status_code for _ in range(4)]
    assert began == [200, 200, 200, 429]
    assert (await browser.log_in()).location == "/account"


@pytest.mark.gateway_settings(address_rate=4)
async def test_the_providers_token_endpoint_has_a_class_too(house: House) -> None:
    client = house.browser().client
    answers = [await client.post("/oidc/token", data={"grant_type": "client_credentials"}) for _ in range(3)]
    assert all(answer.headers["ratelimit-policy"].startswith('"token"') for answer in answers[:2])
