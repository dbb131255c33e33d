"""Keys that clients publish at their `jwks_uri`: where they are read, how they turn, what is never called."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from workspace.directory.v1 import openid_pb2 as pb

from services.directory import client_calls
from services.directory.client_keys import AGAIN_SECONDS, FRESH_SECONDS, STALE_SECONDS, ClientKeys, KeyFetching
from services.directory.domain.clients import Client as Registered
from tests.directory.conftest import Land, Person, Stack
from tests.directory.relying import Client, body, fault, service
from tests.directory.test_openid_clients import ASSERTION, assertion


@dataclass
class Site:
    """A client's server on loopback: what it answers, and what was asked of it."""

    uri: str = ""
    status: int = 200
    published: bytes = b""
    asked: list[str] = field(default_factory=list)
    slowly: bool = False

    def publish(self, *keys: object) -> None:
        listed = [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]  # type: ignore[attr-defined]
        self.published = json.dumps({"keys": listed}).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.partition("\r\n")[0])
        location = b"Location: http://127.0.0.1:1/\r\n" if self.status == 302 else b""
        size = len(self.published)
        writer.write(b"HTTP/1.1 %d x\r\n%sContent-Length: %d\r\n\r\n" % (self.status, location, size))
        if self.slowly:
            # Until the other side has had enough.
            while not reader.at_eof():
                writer.write(b" ")
                await asyncio.wait([asyncio.ensure_future(reader.read(1))], timeout=0.05)
        writer.write(self.published)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def publishing() -> AsyncIterator[Site]:
    site = Site()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    async with server:
        site.uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/cles"
        yield site


class Hours:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with publishing() as one:
        yield one


@pytest.fixture
def hours(stack: Stack) -> Hours:
    """Clients on loopback are allowed, as in development, and the hours of kept keys pass when told."""
    hours = Hours()
    openid = stack.directory.openid
    object.__setattr__(openid, "loopback", True)
    object.__setattr__(openid, "client_keys", ClientKeys(KeyFetching(loopback=True).fetch, hours))
    return hours


async def registered(stack: Stack, administrator: Person, land: Land, site: Site) -> Client:
    return await service(
        stack, administrator, unit_id=land.economy.id, token_endpoint_auth_method="private_key_jwt", jwks_uri=site.uri
    )


async def asked(client: Client, text: str) -> pb.TokenAnswer:
    given = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": text}
    return await client.token(pb.ClientProof(), **given)


def key_of(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


async def test_a_client_proves_itself_by_keys_that_it_publishes_and_turns(
    stack: Stack, administrator: Person, land: Land, site: Site, hours: Hours
) -> None:
    old, new = key_of("2026"), key_of("2027")
    # What is not for signatures, or is too weak for them, is passed over.
    encrypting = {**key_of("chiffre").as_dict(private=False), "use": "enc"}
    weak, shared = RSAKey.generate_key(1024, {"kid": "court"}), OctKey.generate_key(256, {"kid": "secret"})
    site.publish(encrypting, weak, shared.as_dict(), old)
    client = await registered(stack, administrator, land, site)
    assert client.registered.jwks_uri == site.uri
    for _ in range(3):
        assert body(await asked(client, assertion(old, client, header={"kid": "2026"})))["access_token"]
    assert site.asked == ["GET /cles HTTP/1.1"]

    site.publish(old, new)
    turned = assertion(new, client, header={"kid": "2027"})
    # Not within the minute, however often somebody names an unknown key.
    assert fault(await asked(client, turned)) == ("invalid_client", 401)
    hours.now += AGAIN_SECONDS + 1
    assert body(await asked(client, turned))["access_token"]
    assert len(site.asked) == 2

    # A key that the client took back is good until it is read again.
    site.publish(new)
    hours.now += FRESH_SECONDS + 1
    assert fault(await asked(client, assertion(old, client, header={"kid": "2026"}))) == ("invalid_client", 401)
    assert body(await asked(client, assertion(new, client, header={"kid": "2027"})))["access_token"]
    assert fault(await asked(client, assertion(weak, client, "RS256", {"kid": "court"}))) == ("invalid_client", 401)


async def test_a_tokens_own_header_never_says_where_its_key_is(
    stack: Stack, administrator: Person, land: Land, site: Site, hours: Hours
) -> None:
    own, stranger = key_of("k"), key_of("k")
    site.publish(own)
    client = await registered(stack, administrator, land, site)
    async with publishing() as evil:
        evil.publish(stranger)
        for header in (
            {"kid": "k", "jku": evil.uri}, {"kid": "k", "jwk": stranger.as_dict(private=False)},
            {"kid": evil.uri}, {"kid": "k", "x5u": evil.uri}, {"jku": evil.uri},
        ):  # fmt: skip
            hours.now += AGAIN_SECONDS + 1
            assert fault(await asked(client, assertion(stranger, client, header=header))) == ("invalid_client", 401)
        assert evil.asked == []


async def test_a_client_whose_server_is_away_keeps_its_keys_for_a_day(
    stack: Stack, administrator: Person, land: Land, site: Site, hours: Hours
) -> None:
    own = key_of("k")
    site.publish(own)
    client = await registered(stack, administrator, land, site)
    assert body(await asked(client, assertion(own, client, header={"kid": "k"})))["access_token"]
    for status, published in ((500, b"{}"), (302, site.published), (200, b"no json"), (200, b'{"keys": []}'),
                              (200, b"[" * 30_000), (200, b" " * 30_000 + site.published)):  # fmt: skip
        site.status, site.published = status, published
        hours.now += FRESH_SECONDS + 1
        assert body(await asked(client, assertion(own, client, header={"kid": "k"})))["access_token"], status
    assert len(site.asked) == 7
    hours.now += STALE_SECONDS
    assert fault(await asked(client, assertion(own, client, header={"kid": "k"}))) == ("invalid_client", 401)


async def test_many_who_ask_at_once_are_one_question(
    stack: Stack, administrator: Person, land: Land, site: Site, hours: Hours
) -> None:
    own = key_of("k")
    site.publish(own)
    client = await registered(stack, administrator, land, site)
    answers = await asyncio.gather(
        *(asked(client, assertion(own, client, header={"kid": "k"})) for _ in range(8)),
        *(asked(client, assertion(own, client, header={"kid": str(number)})) for number in range(8)),
    )
    assert [answer.WhichOneof("outcome") for answer in answers] == ["body"] * 8 + ["error"] * 8
    assert len(site.asked) == 1


async def test_only_public_addresses_are_called_over_tls_and_for_a_bounded_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish(key_of("k"))
    closed, open_ = KeyFetching(), KeyFetching(loopback=True)
    assert json.loads(await open_.fetch(site.uri))["keys"]
    for uri in (
        site.uri, site.uri.replace("http:", "https:"), "https://localhost/k", "https://[::1]/k", "https://10.0.0.1/k",
        "https://192.168.1.1/k", "https://172.16.0.1/k", "https://169.254.169.254/k", "https://100.64.0.1/k",
        "https://[fd00::1]/k", "https://[::ffff:10.0.0.1]/k", "https://0.0.0.0/k", "https://224.0.0.1/k",
        "file:///etc/passwd", "ftp://127.0.0.1/", "https://[", "", "http://198.51.100.1/k",
    ):  # fmt: skip
        with pytest.raises((OSError, ValueError)):
            await closed.fetch(uri)
    assert len(site.asked) == 1
    monkeypatch.setattr(client_calls, "SECONDS", 0.3)
    site.slowly = True
    site.published = b" " * 10_000
    with pytest.raises((OSError, ValueError)):
        # It goes on octet by octet, which no time-out of a socket ends.
        json.loads(await open_.fetch(site.uri))


async def test_another_place_is_another_set_of_keys(site: Site) -> None:
    old, new = key_of("old"), key_of("new")
    keys = ClientKeys(KeyFetching(loopback=True).fetch)
    client = Registered("c", "Paie", datetime.now(UTC), jwks_uri=site.uri)
    site.publish(old)
    assert [key["kid"] for key in await keys.of(client, "old")] == ["old"]
    async with publishing() as other:
        other.publish(new)
        assert [key["kid"] for key in await keys.of(replace(client, jwks_uri=other.uri), "old")] == ["new"]
