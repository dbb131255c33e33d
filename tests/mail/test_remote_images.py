"""The proxy of images, against servers that mean no good."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chassis import outside
from chassis.errors import PreconditionFailed, TooLarge, Unavailable, WorkspaceError
from chassis.outside import is_public
from services.mail import remote_images
from services.mail.remote_images import RemoteImages
from tests.mail.authentication.signing import Dns

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
HERE = "127.0.0.1"


def answer(body: bytes = PNG, status: str = "200 OK", **fields: str) -> bytes:
    given = {"Content-Type": "image/png", **{name.replace("_", "-"): value for name, value in fields.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Server:
    """Answers each path with its octets; keeps what it was asked."""

    def __init__(self, **paths: bytes) -> None:
        self.paths = paths
        self.asked: list[str] = []
        self.port = 0
        self.silent: set[str] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(asked)
        name = asked.split(" ")[1].strip("/").partition("?")[0]
        if name in self.silent:
            await asyncio.sleep(30)
        writer.write(self.paths.get(name, answer(b"", "404 Not Found")))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(server: Server, host: str = HERE) -> AsyncIterator[Server]:
    listening = await asyncio.start_server(server.serve, host, 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


def images(dns: Dns, *allowed: str) -> RemoteImages:
    """As it is, but that these addresses count as the internet."""
    return RemoteImages(dns, lambda address, port: str(address) in (allowed or (HERE,)))


def known(**names: list[str]) -> Dns:
    return Dns(others={(f"{name}.example", "A"): addresses for name, addresses in names.items()})


async def test_an_image_is_fetched_and_nothing_of_the_reader_goes_along() -> None:
    async with serving(
        Server(logo=answer(), jpeg=answer(b"\xff\xd8\xff" + b"x" * 50, Content_Type="text/html"))
    ) as server:
        proxy = images(known(a=[HERE]))
        image = await proxy.fetch(f"http://a.example:{server.port}/logo?id=réf")
        assert (image.content_type, image.octets) == ("image/png", PNG)
        # The octets tell what it is, not the server.
        assert (await proxy.fetch(f"http://a.example:{server.port}/jpeg")).content_type == "image/jpeg"
    asked = server.asked[0]
    assert asked.startswith("GET /logo?id=r%C3%A9f HTTP/1.1\r\n")
    names = {line.partition(":")[0].lower() for line in asked.split("\r\n")[1:] if line}
    assert names == {"host", "accept", "user-agent", "accept-encoding", "connection"}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "::127.0.0.1", "2001:db8::1",
        "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "fec0::1", "5f00::1", "3fff::1", "100::1", "4000::1", "192.0.0.8",
        "::ffff:0:0", "64:ff9b::", "ff0e::1",
    ],
)  # fmt: skip
async def test_our_own_addresses_are_never_connected_to(address: str) -> None:
    where = ipaddress.ip_address(address)
    assert not is_public(where, 443)
    kind = "A" if where.version == 4 else "AAAA"
    dns = Dns(others={("x.example", kind): [address]})
    literal = f"[{address}]" if where.version == 6 else address
    for host in ("x.example", literal):
        with pytest.raises(PreconditionFailed, match="no address of the internet"):
            await RemoteImages(dns).fetch(f"http://{host}/logo.png")


@pytest.mark.parametrize("address", ["8.8.8.8", "196.168.1.1", "2a00:1450:4001:80b::200e", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address), 443)
    assert not is_public(ipaddress.ip_address(address), 25)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://a.example/x", "gopher://a.example/x", "http://user:pw@a.example/x", "http:///x",
        "http://[::1/x", "http://a.example:99999/x", "http://a..example/x", "x", "", "http://a.example/" + "x" * 5000,
        "http://2130706433/x", "http://0x7f.1/x", "http://localhost/x", "http://127.1/x", "http://a.example\r\nX: y/x",
    ],
)  # fmt: skip
async def test_what_is_no_address_of_an_image_is_refused(url: str) -> None:
    async with serving(Server(x=answer())) as server:
        with pytest.raises(PreconditionFailed):
            await images(known(a=["10.0.0.1"])).fetch(url)
    assert server.asked == []


async def test_a_redirect_goes_the_same_way_again_and_not_for_ever() -> None:
    async with serving(Server()) as server, serving(Server(x=answer()), "127.0.0.2") as inner:
        at = f"http://a.example:{server.port}"
        server.paths = {
            "good": answer(b"", "302 Found", Location="/logo"),
            "logo": answer(),
            "inner": answer(b"", "301 Moved", Location=f"http://127.0.0.2:{inner.port}/x"),
            "named": answer(b"", "307 Moved", Location=f"http://inner.example:{inner.port}/x"),
            "file": answer(b"", "302 Found", Location="file:///etc/passwd"),
            "loop": answer(b"", "302 Found", Location="/loop"),
        }
        proxy = images(known(a=[HERE], inner=["127.0.0.2"]))
        assert (await proxy.fetch(f"{at}/good")).octets == PNG
        for name in ("inner", "named", "file", "loop"):
            with pytest.raises(PreconditionFailed):
                await proxy.fetch(f"{at}/{name}")
    assert inner.asked == []
    assert sum("/loop" in asked.split(" ")[1] for asked in server.asked) == outside.MOST_REDIRECTS + 1


async def test_a_name_that_changes_its_address_is_connected_to_where_it_was_looked_at() -> None:
    """DNS rebinding: the second answer would lead inside."""

    class Rebinding(Dns):
        async def ask(self, name: str, kind: str) -> list[Any] | None:
            asked = self.asked.count((name, kind))
            await super().ask(name, kind)
            return [] if kind == "AAAA" else [HERE] if asked == 0 else ["127.0.0.2"]

    async with serving(Server(logo=answer())) as server:
        dns = Rebinding()
        assert (await images(dns, HERE).fetch(f"http://a.example:{server.port}/logo")).octets == PNG
        assert dns.asked == [("a.example", "A"), ("a.example", "AAAA")]
        with pytest.raises(PreconditionFailed):
            await images(dns, HERE).fetch(f"http://a.example:{server.port}/logo")
        # One inner address among others is enough to be refused.
        with pytest.raises(PreconditionFailed):
            await images(known(both=[HERE, "127.0.0.2"]), HERE).fetch(f"http://both.example:{server.port}/logo")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>" + b" " * 20, PreconditionFailed),
        (b"<html><script>x</script></html>", PreconditionFailed),
        (b"", PreconditionFailed),
        (PNG + b"x" * 200_000, TooLarge),
    ],
)
async def test_what_is_no_image_or_too_large_is_refused(
    body: bytes, kind: type[WorkspaceError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_images, "MOST_OCTETS", 100_000)
    async with serving(Server(logo=answer(body))) as server:
        with pytest.raises(kind):
            await images(known(a=[HERE])).fetch(f"http://a.example:{server.port}/logo")


async def test_a_server_that_does_not_answer_is_told_of_soon(
    monkeypatch: pytest.MonkeyPatch, free_tcp_port: int
) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.3)
    broken = {
        "garbage": b"SSH-2.0-x\r\n\r\n",
        "short": answer()[:-50],
        "bomb": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000,
    }
    async with serving(Server(**broken)) as server:
        server.silent = {"slow"}
        at = f"a.example:{server.port}"
        for url in (
            f"http://{at}/slow", f"http://{at}/garbage", f"http://{at}/short", f"http://{at}/bomb", f"https://{at}/x",
            f"http://a.example:{free_tcp_port}/x",
        ):  # fmt: skip
            with pytest.raises(Unavailable):
                await images(known(a=[HERE])).fetch(url)
    with pytest.raises(Unavailable, match="looked up"):
        await RemoteImages(Dns(away={"a.example"})).fetch("http://a.example/x")
