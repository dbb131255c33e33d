"""Who is let in, how often, and what every answer says to browsers."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.errors import TooManyRequests
from chassis.identity import Revocation
from chassis.networks import network
from chassis.rates import Rate

BOXES = "/v1/mail/mailboxes"


async def test_without_a_token_the_answer_says_how_to_come_back(gateway: Any) -> None:
    answer = await gateway.client.get(BOXES)
    assert (answer.status_code, answer.json()["reason"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="workspace"'


@pytest.mark.parametrize("bad", ["none", "other key", "audience", "expired", "issuer", "noise", "basic", "long"])
async def test_a_token_that_proves_nothing_is_refused(gateway: Any, bad: str) -> None:
    signer = gateway.signer
    authorization = {
        "none": f"Bearer {signer.unsigned()}",
        "other key": f"Bearer {type(signer)(signer.kid).token()}",
        "audience": f"Bearer {signer.token(aud='elsewhere')}",
        "expired": f"Bearer {signer.token(exp=1)}",
        "issuer": f"Bearer {signer.token(iss='elsewhere')}",
        "noise": "Bearer a.b.c",
        "basic": "Basic YWdlbnQ6cGFzcw==",
        "long": f"Bearer {'a' * 20_000}",
    }[bad]
    answer = await gateway.client.get(BOXES, headers={"authorization": authorization})
    assert (answer.status_code, answer.json()["reason"]) == (401, "unauthenticated")
    if bad != "basic":
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert (await gateway.client.get(BOXES, headers=gateway.bearer)).status_code == 200


async def test_a_session_that_ended_is_refused_at_once(gateway: Any) -> None:
    assert (await gateway.client.get(BOXES, headers=gateway.bearer)).status_code == 200
    gateway.revocations.add(Revocation("01ALICE", "session-01ALICE", datetime.now(UTC)))
    assert (await gateway.client.get(BOXES, headers=gateway.bearer)).status_code == 401


async def test_public_calls_need_no_token_and_pass_over_a_bad_one(gateway: Any) -> None:
    login = {"address": "agent1@numerique.gouv.tg", "password": "wrong"}
    answer = await gateway.client.post("/v1/sessions", json=login, headers={"authorization": "Bearer old"})
    assert (answer.status_code, answer.json()["detail"]) == (401, "The address or the password is wrong")


@pytest.mark.gateway_settings(account_rate=5, address_rate=100)
async def test_accounts_of_one_address_do_not_take_each_others_share(gateway: Any) -> None:
    for left in (4, 3, 2, 1, 0):
        answer = await gateway.client.get(BOXES, headers=gateway.bearer)
        assert answer.status_code == 200
        assert answer.headers["ratelimit"].startswith(f'"account";r={left};')
    refused = await gateway.client.get(BOXES, headers=gateway.bearer)
    assert (refused.status_code, refused.json()["reason"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 13
    other = {"authorization": f"Bearer {gateway.signer.token('01BOB')}"}
    assert (await gateway.client.get(BOXES, headers=other)).status_code == 200


@pytest.mark.gateway_settings(address_rate=3)
async def test_an_address_is_limited_only_where_no_account_is_proven(gateway: Any) -> None:
    statuses = [(await gateway.client.get(BOXES)).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert (await gateway.client.get(BOXES, headers=gateway.bearer)).status_code == 200


@pytest.mark.gateway_settings(login_rate=2)
async def test_guessing_one_accounts_password_is_slow_and_costs_others_nothing(gateway: Any) -> None:
    async def login(address: str) -> int:
        given = {"address": address, "password": "wrong"}
        return int((await gateway.client.post("/v1/sessions", json=given)).status_code)

    assert [await login(f"{name}@numerique.gouv.tg") for name in ("agent1", "AGENT1", " agent1", "agent1")] == [
        401, 401, 429, 429,
    ]  # fmt: skip
    assert await login("agent2@numerique.gouv.tg") == 401


def test_a_rate_comes_back_evenly_and_never_doubles_at_an_edge() -> None:
    now = 1000.0
    rate = Rate("test", 60, lambda: now)
    for _ in range(60):
        rate.take("k")
    with pytest.raises(TooManyRequests) as refused:
        rate.take("k")
    assert refused.value.retry_after == pytest.approx(1)
    now += 1
    assert rate.take("k").remaining == 0
    with pytest.raises(TooManyRequests):
        rate.take("k")
    now += 3600
    assert rate.take("k").remaining == 59


def test_an_ipv6_subscriber_is_one_client() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1")
    assert network("no address") == "no address"


@pytest.mark.gateway_settings(concurrent_requests=1)
async def test_what_is_too_much_at_once_is_shed_with_a_retryable_answer(gateway: Any) -> None:
    slow = asyncio.create_task(gateway.client.post(BOXES, json={"name": "slow"}, headers=gateway.bearer))
    await asyncio.sleep(0.2)
    shed = await gateway.client.get(BOXES, headers=gateway.bearer)
    assert (shed.status_code, shed.json()["reason"], shed.headers["retry-after"]) == (503, "overloaded", "1")
    slow.cancel()


async def test_every_answer_keeps_browsers_careful(gateway: Any) -> None:
    for path in ("/", "/docs", "/openapi.json", BOXES, "/nothing"):
        headers = (await gateway.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == ("same-origin" if path == "/" else "no-referrer")
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers
        assert "server" not in headers
        assert re.fullmatch("[0-9A-Z]{26}", headers["x-request-id"])


@pytest.mark.gateway_settings(http_strict_transport=True)
async def test_behind_tls_browsers_are_told_to_stay_there(gateway: Any) -> None:
    assert "max-age=" in (await gateway.client.get("/")).headers["strict-transport-security"]


async def test_a_strange_request_id_is_replaced(gateway: Any) -> None:
    for given in ("a b", "x" * 65, "é".encode(), "<script>"):
        answer = await gateway.client.get("/", headers=[("x-request-id", given)])
        assert re.fullmatch("[0-9A-Z]{26}", answer.headers["x-request-id"])


PREFLIGHT = {"origin": "https://other.example", "access-control-request-method": "GET"}


async def test_other_sites_may_not_call_by_default(gateway: Any) -> None:
    answer = await gateway.client.options(BOXES, headers=PREFLIGHT)
    assert "access-control-allow-origin" not in answer.headers
    read = await gateway.client.get(BOXES, headers=gateway.bearer | {"origin": "https://other.example"})
    assert "access-control-allow-origin" not in read.headers


@pytest.mark.gateway_settings(cors_origins=("https://other.example",))
async def test_sites_on_the_list_may_call(gateway: Any) -> None:
    answer = await gateway.client.options(BOXES, headers=PREFLIGHT)
    assert answer.headers["access-control-allow-origin"] == "https://other.example"
    assert "access-control-allow-credentials" not in answer.headers
    stranger = await gateway.client.options(BOXES, headers=PREFLIGHT | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


async def test_a_head_without_end_is_refused(gateway: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ")
    for _ in range(40):
        writer.write(b"a" * 16_384)
    assert b" 431 " in await reader.readline()
    writer.close()
    assert (await gateway.client.get("/")).status_code == 200


async def test_a_head_that_comes_too_slowly_is_refused(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.server.HEAD_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"GET / HTTP/1.1\r\n")
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.readline()
    writer.close()


async def test_requests_are_measured_by_route(gateway: Any) -> None:
    from prometheus_client import REGISTRY

    labels = {"name": "MailboxService.ListMailboxes", "outcome": "ok"}
    before = REGISTRY.get_sample_value("workspace_http_total", labels) or 0
    await gateway.client.get(BOXES, headers=gateway.bearer)
    assert REGISTRY.get_sample_value("workspace_http_total", labels) == before + 1
    assert REGISTRY.get_sample_value("workspace_http_seconds_count", {"name": labels["name"]})
