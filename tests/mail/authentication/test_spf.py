"""Policies of SPF, as the answers of DNS come in."""

import pytest

from services.mail.domain.authentication.verdicts import Result
from services.mail.usecases.authenticate import Came
from tests.mail.authentication.signing import CAME, LETTER, Dns, checked


async def spf(policy: str, came: Came = CAME, dns: Dns | None = None) -> Result:
    dns = dns or Dns()
    dns.texts.setdefault("example.org", [policy.encode()])
    return (await checked(LETTER, dns, came)).spf.result


@pytest.mark.parametrize(
    ("policy", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", Result.PASS),
        ("v=spf1 ip4:198.51.100.0/24 -all", Result.FAIL),
        ("v=spf1 ~all", Result.SOFTFAIL),
        ("v=spf1 ?all", Result.NEUTRAL),
        ("v=spf1 a mx -all", Result.PASS),
        ("v=spf1 include:other.example -all", Result.PASS),
        ("v=spf1 redirect=other.example", Result.PASS),
        ("v=spf1 exists:%{i}.%{d} -all", Result.PASS),
        ("v=spf1 moo -all", Result.PERMERROR),
        ("v=spf1 ip4:192.0.2.300 -all", Result.PERMERROR),
        ("v=spf1 include:example.org -all", Result.PERMERROR),
        ("no policy at all", Result.NONE),
        ("v=spf1 a:%(x -all", Result.PERMERROR),
    ],
)
async def test_policies(policy: str, result: Result) -> None:
    dns = Dns(
        {"other.example": [b"v=spf1 ip4:192.0.2.7 -all"]},
        {
            ("example.org", "MX"): [(10, "mx.example.org")],
            ("mx.example.org", "A"): ["192.0.2.7"],
            ("192.0.2.7.example.org", "A"): ["127.0.0.2"],
        },
    )
    assert await spf(policy, dns=dns) is result


async def test_two_policies_are_none() -> None:
    dns = Dns({"example.org": [b"v=spf1 +all", b"v=spf1 -all"]})
    assert await spf("", dns=dns) is Result.PERMERROR


async def test_more_than_ten_look_ups_are_refused() -> None:
    """RFC 7208 §4.6.4."""
    dns = Dns({f"i{number}.example": [b"v=spf1 ?all"] for number in range(11)})
    ten = " ".join(f"include:i{number}.example" for number in range(10))
    assert await spf(f"v=spf1 {ten} -all", dns=dns) is Result.FAIL
    dns.texts.pop("example.org")
    assert await spf(f"v=spf1 {ten} include:i10.example -all", dns=dns) is Result.PERMERROR


async def test_a_policy_that_asks_without_end_is_cut_off() -> None:
    mx = {("example.org", "MX"): [(number, f"m{number}.example") for number in range(10)]}
    many = " ".join(f"mx:d{number}.example" for number in range(9))
    for number in range(9):
        mx[f"d{number}.example", "MX"] = [(1, f"x{number}-{host}.example") for host in range(10)]
    addresses = {(name, "A"): ["198.51.100.1"] for listed in mx.values() for _, name in listed}
    dns = Dns(others={**mx, **addresses})
    assert await spf(f"v=spf1 mx {many} -all", dns=dns) is Result.PERMERROR
    assert len(dns.asked) < 90


async def test_who_cannot_be_asked_decides_nothing() -> None:
    assert await spf("", dns=Dns(away={"example.org"})) is Result.TEMPERROR
    dns = Dns({"example.org": [b"v=spf1 include:other.example -all"]}, away={"other.example"})
    assert await spf("", dns=dns) is Result.TEMPERROR


async def test_a_bounce_is_of_its_helo() -> None:
    dns = Dns({"mx.example.org": [b"v=spf1 ip4:192.0.2.7 -all"]})
    found = (await checked(LETTER, dns, Came("192.0.2.7", "mx.example.org", ""))).spf
    assert (found.result, found.domain, found.mailfrom) == (Result.PASS, "mx.example.org", "")


async def test_ipv6_clients() -> None:
    came = Came("2001:db8::7", "mx.example.org", "agent@example.org")
    assert await spf("v=spf1 ip6:2001:db8::/32 -all", came) is Result.PASS
    assert await spf("v=spf1 ip6:2001:db9::/32 -all", came) is Result.FAIL


async def test_names_that_no_domain_has_are_not_asked_for() -> None:
    for sender in ("a@b..example", "a@" + "x" * 70 + ".example", "a@[192.0.2.7]", "a"):
        found = (await checked(LETTER, Dns(), Came("192.0.2.7", "[192.0.2.7]", sender))).spf
        assert found.result in {Result.NONE, Result.PERMERROR}
