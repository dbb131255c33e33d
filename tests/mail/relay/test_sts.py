"""MTA-STS as a domain that we send to sees it: a policy host, DNS and mail servers on loopback."""

import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chassis.resolver import Resolver
from services.mail.domain.sts import Mode
from services.mail.relay.https import Https, NotFetched
from services.mail.relay.route import NoRoute, Server, Tls
from services.mail.relay.secured import Secured
from services.mail.relay.sts import Sts
from tests.mail.house import House
from tests.mail.relay.certificates import Authority
from tests.mail.relay.policy_host import WebServer, policy, web_server
from tests.mail.relay.post import Noted
from tests.nameserver import Nameserver, nameserver

GOOD = policy("enforce", "mx.example.org")
DOMAIN, HOST = "example.org", "mta-sts.example.org"


@dataclass
class There:
    """The domain under test, and we who send to it."""

    zone: dict[tuple[str, str], list[str]]
    dns: Nameserver
    web: WebServer
    sts: Sts
    names: Resolver
    noted: Noted
    house: House

    def announces(self, id_: str) -> None:
        self.zone[f"_mta-sts.{DOMAIN}.", "TXT"] = [f'"v=STSv1; id={id_};"']
        self.forget()

    def forget(self) -> None:
        """What DNS said is asked for again."""
        self.names._resolver.cache.flush()  # type: ignore[union-attr]

    async def servers(self, *names: str) -> list[tuple[str, Tls]]:
        class Found:
            async def servers(self, domain: str, *, whatever_tls: bool = False) -> list[Server]:
                return [Server("192.88.99.1", 25, name) for name in names]

        found = await Secured(Found(), self.names, self.sts, self.noted).servers(DOMAIN)
        return [(server.name, server.tls) for server in found]


@pytest.fixture
async def there(house: House, tmp_path: Path) -> AsyncIterator[There]:
    authority = Authority(tmp_path)
    zone = {(f"{HOST}.", "A"): ["127.0.0.1"]}
    async with nameserver(zone) as dns, web_server(authority.issue(HOST).server()) as web:
        names = Resolver(["127.0.0.1"], port=dns.port)
        https = Https(names, port=web.port, private_addresses=True, context=authority.trust, seconds=1)
        sts = Sts(house.mail.store.sts_policies, names, https, house.clock)
        made = There(zone, dns, web, sts, names, Noted(), house)
        made.announces("1")
        web.says(policy("enforce", "mx.example.org", "*.mail.example.org"))
        yield made


async def test_only_servers_that_the_policy_names_are_spoken_to_and_have_to_prove_themselves(there: There) -> None:
    found = await there.servers("mx.example.org", "a.mail.example.org", "a.b.mail.example.org", "evil.example")
    assert found == [("mx.example.org", Tls.REQUIRED), ("a.mail.example.org", Tls.REQUIRED)]
    assert [(session.result, session.mx) for session in there.noted.sessions] == [
        ("validation-failure", "a.b.mail.example.org"),
        ("validation-failure", "evil.example"),
    ]
    with pytest.raises(NoRoute) as raised:
        await there.servers("evil.example", "mail.example.org")
    assert raised.value.status == "4.7.5"


async def test_while_testing_letters_go_all_the_same(there: There) -> None:
    there.web.says(policy("testing", "mx.example.org"))
    assert await there.servers("mx.example.org", "evil.example") == [
        ("mx.example.org", Tls.TESTED),
        ("evil.example", Tls.OPPORTUNISTIC),
    ]
    assert [session.mx for session in there.noted.sessions] == ["evil.example"]


async def test_none_is_no_policy(there: There) -> None:
    there.web.says(policy("none"))
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.OPPORTUNISTIC)]


async def test_the_policy_is_fetched_once_until_dns_has_another_id(there: There) -> None:
    for _ in range(3):
        await there.servers("mx.example.org")
    assert len(there.web.asked) == 1
    assert b"GET /.well-known/mta-sts.txt " in there.web.asked[0]
    there.web.says(policy("none"))
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.REQUIRED)]
    there.announces("2")
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.OPPORTUNISTIC)]
    assert len(there.web.asked) == 2


@pytest.mark.parametrize("away", ["dns", "record", "host", "policy"])
async def test_what_was_said_holds_for_its_time_whoever_is_away(there: There, away: str) -> None:
    await there.servers("mx.example.org")
    if away == "dns":
        there.dns.failing.add(f"_mta-sts.{DOMAIN}.")
        there.forget()
    elif away == "record":
        del there.zone[f"_mta-sts.{DOMAIN}.", "TXT"]
        there.forget()
    else:
        there.announces("2")
        there.web.says(b"nothing", status="404 Not Found" if away == "host" else "200 OK")
    there.house.clock.advance(hours=23)
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.REQUIRED)]
    problems = [session.result for session in there.noted.sessions]
    assert problems == {"host": ["sts-policy-fetch-error"], "policy": ["sts-policy-invalid"]}.get(away, [])
    there.house.clock.advance(hours=2)
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.OPPORTUNISTIC)]


async def test_it_is_fetched_again_before_it_ends_while_somebody_sends_to_it(there: There) -> None:
    await there.servers("mx.example.org")
    assert await there.sts.refresh() == 0
    there.house.clock.advance(hours=13)
    assert await there.sts.refresh() == 1
    assert await there.sts.refresh() == 0
    there.house.clock.advance(hours=23)
    there.dns.failing.add(f"_mta-sts.{DOMAIN}.")
    there.forget()
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.REQUIRED)]
    assert len(there.web.asked) == 2


async def test_a_policy_that_nobody_sends_to_is_left_to_end(there: There) -> None:
    there.web.says(policy("enforce", "mx.example.org", max_age=90 * 86400))
    await there.servers("mx.example.org")
    there.house.clock.advance(days=31)
    assert await there.sts.refresh() == 0
    assert len(there.web.asked) == 1
    kept = await there.house.mail.store.sts_policies.of(DOMAIN, there.house.clock())
    assert kept is not None
    assert kept.policy.mode is Mode.ENFORCE


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"body": GOOD, "status": "302 Found", "more": "Location: https://x.example/\r\n"}, "fetch-error"),
        ({"body": GOOD, "kind": "text/html"}, "fetch-error"),
        ({"body": gzip.compress(GOOD), "more": "Content-Encoding: gzip\r\n"}, "invalid"),
        ({"body": GOOD + b"mx: a.example\r\n" * 6000}, "fetch-error"),
        ({"body": b"version: STSv2\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 86400\r\n"}, "invalid"),
        ({"body": b"version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\n"}, "invalid"),
        ({"body": b"version: STSv1\r\nmode: enforce\r\nmx: *\r\nmax_age: 86400\r\n"}, "invalid"),
        ({"body": b"version: STSv1\r\nmode: enforce\r\nmx: a.*.example\r\nmax_age: 86400\r\n"}, "invalid"),
        ({"body": b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: -1\r\n"}, "invalid"),
        ({"body": b"\xff\xfe\r\n"}, "invalid"),
    ],
)  # fmt: skip
async def test_what_is_no_policy_is_none_and_is_told(there: There, answer: dict[str, Any], problem: str) -> None:
    there.web.says(**answer)
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.OPPORTUNISTIC)]
    assert [session.result for session in there.noted.sessions] == [f"sts-policy-{problem}"]
    # Its host is not asked again for each letter.
    await there.servers("mx.example.org")
    assert len(there.web.asked) == 1
    there.house.clock.advance(minutes=6)
    await there.servers("mx.example.org")
    assert len(there.web.asked) == 2


@pytest.mark.parametrize("octets", [b"", b"SMTP?\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000])
async def test_what_is_no_answer_is_none(there: There, octets: bytes) -> None:
    there.web.answers = [octets]
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.OPPORTUNISTIC)]
    assert [session.result for session in there.noted.sessions] == ["sts-policy-fetch-error"]


async def test_a_policy_host_that_is_slow_is_given_up_on(there: There) -> None:
    there.web.waits = 5
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.OPPORTUNISTIC)]


@pytest.mark.parametrize("wrong", ["name", "expired", "authority"])
async def test_a_policy_host_has_to_prove_itself(there: There, tmp_path: Path, wrong: str) -> None:
    ours = Authority(tmp_path)
    theirs = Authority(tmp_path, "another") if wrong == "authority" else ours
    issued = theirs.issue("other.example" if wrong == "name" else HOST, days=-1 if wrong == "expired" else 30)
    async with web_server(issued.server()) as web:
        web.says(policy("none"))
        there.sts._https = Https(there.names, port=web.port, private_addresses=True, context=ours.trust)
        await there.servers("mx.example.org")
        assert web.asked == []
    assert [session.result for session in there.noted.sessions] == ["sts-webpki-invalid"]


async def test_no_policy_host_leads_into_our_own_networks(there: There) -> None:
    https = Https(there.names, port=there.web.port)
    for address in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "224.0.0.1", "0.0.0.0"):
        there.zone[f"{HOST}.", "A"] = [address]
        there.forget()
        with pytest.raises(NotFetched, match="no public address"):
            await https.get(HOST, "/", 100)
    for literal in ("127.0.0.1", "[::1]", "2130706433", "localhost"):
        with pytest.raises(NotFetched, match="is no name"):
            await https.get(literal, "/", 100)
    del there.zone[f"{HOST}.", "A"]
    for address in ("::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"):
        there.zone[f"{HOST}.", "AAAA"] = [address]
        there.forget()
        with pytest.raises(NotFetched, match="no public address"):
            await https.get(HOST, "/", 100)
    assert there.web.asked == []


@pytest.mark.parametrize(
    "records",
    [
        ['"v=STSv1; id=1;"', '"v=STSv1; id=2;"'], ['"v=STSv1"'], ['"v=STSv1; id=;"'], ['"v=STSv1; id=a-b"'],
        ['"v=STSv1; id=123456789012345678901234567890123"'], ['"v=STSv2; id=1"'], ['"v=spf1 -all"'],
    ],
)  # fmt: skip
async def test_what_is_no_record_announces_nothing(there: There, records: list[str]) -> None:
    there.zone[f"_mta-sts.{DOMAIN}.", "TXT"] = records
    there.forget()
    assert await there.servers("mx.example.org") == [("mx.example.org", Tls.OPPORTUNISTIC)]
    assert there.web.asked == []
