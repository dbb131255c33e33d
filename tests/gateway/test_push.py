"""WebSocket clients: how they prove who they are, that they see their own events and nobody else's, and how it ends."""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from workspace.directory.v1 import events_pb2 as directory_events
from workspace.directory.v1 import events_pb2 as directory_events_pb2
from workspace.events.v1.envelope_pb2 import Envelope
from workspace.mail.v1 import events_pb2

from chassis.events import Notifications
from chassis.identity import Revocation


def url(gateway: Any) -> str:
    return f"ws://127.0.0.1:{gateway.port}/v1/push"


async def read(socket: ClientConnection) -> Any:
    async with asyncio.timeout(5):
        return json.loads(await socket.recv())


async def ended(socket: ClientConnection) -> int:
    """The close code, after whatever is still to come."""
    async with asyncio.timeout(5):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def received(*audience: str, number: int = 1) -> Envelope:
    envelope = Envelope(
        id=f"01EVENT{number}", source="mail", type="message_received", subject="01MSG", version=7, actor="01ACTOR",
        audience=audience, traceparent="00-secret",
    )  # fmt: skip
    envelope.time.FromDatetime(datetime(2026, 1, 31, 8, 30, tzinfo=UTC))
    envelope.data.Pack(events_pb2.MessageReceived())
    return envelope


async def test_each_account_gets_its_own_events_and_nobody_elses(gateway: Any) -> None:
    alice = {"authorization": f"Bearer {gateway.signer.token('01ALICE')}"}
    bob = {"authorization": f"Bearer {gateway.signer.token('01BOB')}"}
    async with connect(url(gateway), additional_headers=alice) as a, connect(url(gateway), additional_headers=bob) as b:
        assert (await read(a))["type"] == (await read(b))["type"] == "hello"
        gateway.feeds.publish(received("01BOB", number=1))
        gateway.feeds.publish(received("01ALICE", number=2))
        gateway.feeds.publish(received(number=3))
        gateway.feeds.publish(received("01ALICE", "01BOB", number=4))
        assert [(await read(a))["id"] for _ in range(2)] == ["01EVENT2", "01EVENT4"]
        assert [(await read(b))["id"] for _ in range(2)] == ["01EVENT1", "01EVENT4"]


async def test_a_limited_token_hears_what_its_scopes_may_read(gateway: Any) -> None:
    heard = {}
    for scope in ("openid directory.read", "mail.read"):
        limited = {"authorization": f"Bearer {gateway.signer.token(client_id='app', scope=scope)}"}
        async with connect(url(gateway), additional_headers=limited) as socket:
            await read(socket)
            gateway.feeds.publish(received("01ALICE", number=1))
            of_directory = received("01ALICE", number=2)
            of_directory.source, of_directory.type = "directory", "credential_changed"
            of_directory.data.Pack(directory_events_pb2.CredentialChanged())
            gateway.feeds.publish(of_directory)
            heard[scope] = (await read(socket))["id"]
    assert heard == {"openid directory.read": "01EVENT2", "mail.read": "01EVENT1"}


async def test_what_comes_over_the_broker_reaches_its_account_and_nobody_else(
    live_gateway: Any, broker_url: str
) -> None:
    sender = Notifications(broker_url)
    await sender.start()
    tokens = [{"authorization": f"Bearer {live_gateway.signer.token(account)}"} for account in ("01ALICE", "01BOB")]
    async with (
        connect(url(live_gateway), additional_headers=tokens[0]) as a,
        connect(url(live_gateway), additional_headers=tokens[1]) as b,
    ):
        for socket in (a, b):
            assert (await read(socket))["type"] == "hello"
            # The broker knows of the account from here on.
            assert (await read(socket))["type"] == "resync"
        for number, account in enumerate(("01BOB", "01ALICE", "01CAROL", "01ALICE"), 1):
            sender.nudge(events_pb2.MessageReceived(), subject=f"01MSG{number}", version=number, audience=[account])
        assert [(await read(a))["subject"] for _ in range(2)] == ["01MSG2", "01MSG4"]
        assert (await read(b))["subject"] == "01MSG1"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await b.recv()
    await sender.stop()


async def test_an_event_has_its_envelope_and_data_and_nothing_of_the_inside(gateway: Any) -> None:
    async with connect(url(gateway), additional_headers=gateway.bearer) as socket:
        hello = await read(socket)
        assert hello["time"].endswith("Z")
        assert hello["token_expires_at"].endswith("Z")
        gateway.feeds.publish(received("01ALICE", "01BOB"))
        event = await read(socket)
        data = event.pop("data")
        assert isinstance(data, dict)
        assert event == {
            "id": "01EVENT1", "type": "message_received", "source": "mail", "time": "2026-01-31T08:30:00Z",
            "subject": "01MSG", "version": "7",
        }  # fmt: skip


async def test_browsers_bring_the_token_as_a_subprotocol_or_first_message(gateway: Any) -> None:
    token = gateway.signer.token()
    async with connect(url(gateway), subprotocols=["workspace.v1", f"bearer.{token}"]) as socket:
        assert socket.subprotocol == "workspace.v1"
        assert (await read(socket))["type"] == "hello"
    async with connect(url(gateway), subprotocols=[f"bearer.{token}"]) as socket:
        assert (await read(socket))["type"] == "hello"
    async with connect(url(gateway)) as socket:
        await socket.send(json.dumps({"token": token}))
        assert (await read(socket))["type"] == "hello"


@pytest.mark.parametrize("message", ["x", "[]", "{}", '{"token": 5}', '{"token": "a.b.c"}', b"\x00", "[" * 16_000])
async def test_a_first_message_that_proves_nothing_ends_the_socket(gateway: Any, message: str | bytes) -> None:
    async with connect(url(gateway)) as socket:
        await socket.send(message)
        assert await ended(socket) in (4400, 4401)
    assert not gateway.feeds.listening()


async def test_a_socket_without_token_is_closed_in_time(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.push.endpoint.TOKEN_SECONDS", 0.2)
    async with connect(url(gateway)) as socket:
        assert await ended(socket) == 4401


async def test_a_bad_token_and_a_foreign_page_are_refused_at_the_handshake(gateway: Any) -> None:
    expired = {"authorization": f"Bearer {gateway.signer.token(exp=1)}"}
    with pytest.raises(InvalidStatus) as refused:
        await connect(url(gateway), additional_headers=expired)
    assert refused.value.response.status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        await connect(url(gateway), additional_headers=gateway.bearer, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    own = f"http://127.0.0.1:{gateway.port}"
    async with connect(url(gateway), additional_headers=gateway.bearer, origin=own) as socket:
        assert (await read(socket))["type"] == "hello"


async def test_a_socket_ends_when_its_token_does_unless_it_brings_a_new_one(gateway: Any) -> None:
    brief = gateway.signer.token(exp=int(time.time()) + 2)
    headers = {"authorization": f"Bearer {brief}"}
    async with (
        connect(url(gateway), additional_headers=headers) as kept,
        connect(url(gateway), additional_headers=headers) as lost,
    ):
        await read(kept)
        await kept.send(json.dumps({"token": gateway.signer.token()}))
        assert (await read(kept))["type"] == "renewed"
        assert await ended(lost) == 4401
        gateway.feeds.publish(received("01ALICE"))
        assert (await read(kept))["id"] == "01EVENT1"


async def test_another_accounts_token_does_not_take_a_socket_over(gateway: Any) -> None:
    async with connect(url(gateway), additional_headers=gateway.bearer) as socket:
        await socket.send(json.dumps({"token": gateway.signer.token("01BOB")}))
        assert await ended(socket) == 4401


async def test_a_session_that_ends_takes_its_sockets_along(gateway: Any) -> None:
    bob = {"authorization": f"Bearer {gateway.signer.token('01BOB')}"}
    async with (
        connect(url(gateway), additional_headers=gateway.bearer) as a,
        connect(url(gateway), additional_headers=bob) as b,
    ):
        await read(a)
        await read(b)
        gateway.revocations.add(Revocation("01ALICE", "session-01ALICE", datetime.now(UTC)))
        assert await ended(a) == 4401
        gateway.feeds.publish(received("01BOB"))
        assert (await read(b))["id"] == "01EVENT1"


async def test_the_fact_that_a_session_ended_closes_its_sockets_at_once(gateway: Any) -> None:
    async with connect(url(gateway), additional_headers=gateway.bearer) as socket:
        await read(socket)
        envelope = received("01ALICE")
        envelope.source, envelope.type = "directory", "session_revoked"
        envelope.time.GetCurrentTime()
        envelope.data.Pack(directory_events.SessionRevoked(account_id="01ALICE", session_id="session-01ALICE"))
        gateway.feeds.publish(envelope)
        assert await ended(socket) == 4401
    assert (await gateway.client.get("/v1/mail/mailboxes", headers=gateway.bearer)).status_code == 401


async def test_a_client_is_told_when_events_may_have_been_missed(gateway: Any) -> None:
    async with connect(url(gateway), additional_headers=gateway.bearer) as socket:
        await read(socket)
        gateway.feeds.publish(None)
        assert await read(socket) == {"type": "resync"}


async def test_a_slow_client_is_told_to_read_again_and_costs_a_bounded_queue(gateway: Any) -> None:
    async with connect(url(gateway), additional_headers=gateway.bearer) as socket:
        await read(socket)
        for number in range(1000):
            gateway.feeds.publish(received("01ALICE", number=number))
        seen = [await read(socket)]
        while seen[-1]["type"] != "resync":
            seen.append(await read(socket))
        assert len(seen) <= 257
        await asyncio.sleep(0.05)
        gateway.feeds.publish(received("01ALICE", number=5000))
        assert (await read(socket))["id"] == "01EVENT5000"


@pytest.mark.gateway_settings(sockets_per_account=2)
async def test_sockets_of_one_account_are_counted(gateway: Any) -> None:
    async with connect(url(gateway), additional_headers=gateway.bearer) as one:
        async with connect(url(gateway), additional_headers=gateway.bearer) as two:
            await read(one)
            await read(two)
            with pytest.raises(InvalidStatus) as refused:
                await connect(url(gateway), additional_headers=gateway.bearer)
            assert refused.value.response.status_code == 429
            async with connect(url(gateway)) as late:
                await late.send(json.dumps({"token": gateway.signer.token()}))
                assert await ended(late) == 4429
        await asyncio.sleep(0.1)
        async with connect(url(gateway), additional_headers=gateway.bearer) as three:
            assert (await read(three))["type"] == "hello"


async def test_a_client_that_leaves_is_forgotten(gateway: Any, eventually: Any) -> None:
    async with connect(url(gateway), additional_headers=gateway.bearer) as socket:
        await read(socket)
        assert gateway.feeds.listening() == 1
    await eventually(lambda: not gateway.feeds.listening())


async def test_an_oversized_message_ends_the_socket(gateway: Any) -> None:
    async with connect(url(gateway)) as socket:
        await socket.send("x" * 100_000)
        assert await ended(socket) == 1009


async def test_a_plain_request_to_the_push_path_is_no_route(gateway: Any) -> None:
    answer = await gateway.client.get("/v1/push", headers=gateway.bearer)
    assert answer.status_code == 404
