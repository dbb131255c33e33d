"""Where mail goes, by a real resolver that asks a name server of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from chassis.resolver import Resolver
from services.mail.relay.route import MailExchangers, NoRoute, Server, SmartHost, Tls
from tests.nameserver import nameserver

ZONE = {
    ("example.org.", "MX"): ["20 b.example.org.", "10 a.example.org.", "30 gone.example.org."],
    ("a.example.org.", "A"): ["192.88.99.1", "192.88.99.2"],
    ("a.example.org.", "AAAA"): ["2606:4700::1"],
    ("b.example.org.", "A"): ["192.88.99.3"],
    ("nullmx.example.", "MX"): ["0 ."],
    ("nomx.example.", "A"): ["192.88.99.4"],
    ("nothing.example.", "TXT"): ['"no mail here"'],
    ("alias.example.", "CNAME"): ["example.org."],
    ("inward.example.", "MX"): ["10 inside.example."],
    ("inside.example.", "A"): ["127.0.0.1", "10.0.0.1", "169.254.169.254"],
    ("inside.example.", "AAAA"): ["::1", "fd00::1"],
}  # fmt: skip
Exchangers = Callable[..., MailExchangers]


@pytest.fixture
async def exchangers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Exchangers]:
    monkeypatch.setattr("chassis.resolver.QUESTION_SECONDS", 0.5)
    async with nameserver(ZONE) as listening:
        listening.failing.add("broken.")
        listening.silent.add("silent.")
        names = Resolver(["127.0.0.1"], port=listening.port)

        def made(**options: bool) -> MailExchangers:
            return MailExchangers(names, **options)

        yield made


async def test_exchangers_in_their_order(exchangers: Exchangers) -> None:
    found = await exchangers().servers("example.org")
    assert sorted((server.name, server.address) for server in found) == [
        ("a.example.org", "192.88.99.1"),
        ("a.example.org", "192.88.99.2"),
        ("a.example.org", "2606:4700::1"),
        ("b.example.org", "192.88.99.3"),
    ]
    assert [server.name[0] for server in found] == ["a", "a", "a", "b"]
    assert {(server.port, server.tls) for server in found} == {(25, Tls.OPPORTUNISTIC)}


async def test_a_domain_without_mx_is_its_own_exchanger(exchangers: Exchangers) -> None:
    (server,) = await exchangers().servers("nomx.example")
    assert (server.name, server.address) == ("nomx.example", "192.88.99.4")


async def test_an_alias_is_followed(exchangers: Exchangers) -> None:
    assert (await exchangers().servers("alias.example"))[0].name == "a.example.org"


@pytest.mark.parametrize(
    ("domain", "status"),
    [
        ("nullmx.example", "5.1.10"),
        ("absent.example", "5.1.2"),
        ("nothing.example", "5.4.4"),
        ("inward.example", "5.4.4"),
        ("[127.0.0.1]", "5.4.4"),
        ("broken", "4.4.3"),
        ("silent", "4.4.3"),
    ],
)
async def test_no_route(exchangers: Exchangers, domain: str, status: str) -> None:
    with pytest.raises(NoRoute) as raised:
        await exchangers().servers(domain)
    assert raised.value.status == status


async def test_private_addresses_where_the_setting_allows_them(exchangers: Exchangers) -> None:
    found = await exchangers(private_addresses=True).servers("inward.example")
    assert {"127.0.0.1", "10.0.0.1"} <= {server.address for server in found}


async def test_a_slow_name_server_holds_up_nobody(exchangers: Exchangers) -> None:
    loop = asyncio.get_running_loop()
    asking = asyncio.gather(*(exchangers().servers("silent") for _ in range(20)), return_exceptions=True)
    longest = 0.0
    while not asking.done():
        before = loop.time()
        await asyncio.sleep(0.01)
        longest = max(longest, loop.time() - before)
    assert all(isinstance(found, NoRoute) for found in await asking)
    assert longest < 0.4


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://relay.example.org", Server("relay.example.org", 25, "relay.example.org")),
        (
            "smtp://us%40er:p%3Aw@relay.example.org:587",
            Server("relay.example.org", 587, "relay.example.org", Tls.REQUIRED, "us@er", "p:w"),
        ),
        ("smtp://10.0.0.5:2525?tls=none", Server("10.0.0.5", 2525, "10.0.0.5", Tls.NONE)),
        ("smtps://relay.example.org", Server("relay.example.org", 465, "relay.example.org", Tls.IMPLICIT)),
    ],
)
async def test_a_smart_host_by_url(url: str, server: Server) -> None:
    assert await SmartHost.parse(url).servers("example.org") == [server]


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://x?tls=maybe", "smtp://x?other=1"])
def test_a_bad_smart_host_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smart host|Tls"):
        SmartHost.parse(url)
