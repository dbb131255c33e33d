"""DANE as a domain that we send to sees it: its DNS, and its servers with whatever certificates."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chassis.resolver import Resolver
from services.mail.domain.sts import Mode, StsPolicy
from services.mail.domain.tls_results import Session
from services.mail.relay.route import MailExchangers
from services.mail.relay.secured import Secured
from services.mail.relay.sts import Found
from services.mail.usecases.transport_policy import own_policy
from tests.mail.house import letter
from tests.mail.relay.certificates import Authority, Issued, tlsa
from tests.mail.relay.post import Post, Remote, RemoteOf
from tests.nameserver import Nameserver, nameserver

NAME = "mx.example.org"


@dataclass
class Policy:
    """The domain's MTA-STS policy."""

    policy: StsPolicy | None = None

    async def of(self, domain: str) -> Found:
        return Found(self.policy)


@dataclass
class There:
    """The domain under test: one exchanger, and what DNS says of it."""

    post: Post
    dns: Nameserver
    zone: dict[tuple[str, str], list[str]]
    begin: RemoteOf
    authority: Authority
    sts: Policy = field(default_factory=Policy)
    validating: bool = True
    remote: Remote = field(default_factory=Remote)

    async def sent(self, tlsa: list[str], issued: Issued | None, **server: Any) -> tuple[bool, str]:
        """Whether a letter arrived, and what its last status is where it did not."""
        self.remote = await self.begin(tls=issued.server(**server) if issued else None)
        place = f"_{self.remote.port}._tcp.{NAME}."
        self.zone[place, "TLSA"] = tlsa
        self.dns.proven.add(place)
        names = Resolver(["127.0.0.1"], port=self.dns.port, validating=self.validating)
        exchangers = MailExchangers(names, port=self.remote.port, private_addresses=True)
        self.post.routes = Secured(exchangers, names, self.sts, self.post.noted)  # type: ignore[assignment]
        await self.post.enqueue(letter(), "b@example.org")
        await self.post.settled()
        entries = await self.post.entries()
        return bool(self.remote.received), entries[0]["recipients"][0]["status"] if entries else ""

    @property
    def noted(self) -> list[Session]:
        return self.post.noted.sessions


@pytest.fixture
async def there(post: Post, remote_of: RemoteOf, tmp_path: Path) -> AsyncIterator[There]:
    zone = {("example.org.", "MX"): [f"10 {NAME}."], (f"{NAME}.", "A"): ["127.0.0.1"]}
    async with nameserver(zone) as dns:
        dns.proven |= {"example.org.", f"{NAME}."}
        yield There(post, dns, zone, remote_of, Authority(tmp_path))


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
async def test_a_certificate_that_is_named_needs_neither_name_nor_time_nor_authority(
    there: There, selector: int, matching: int
) -> None:
    issued = there.authority.issue("other.example", days=-1)
    another = tlsa(3, 1, 1, there.authority.issue("another.example"))
    assert await there.sent([another, tlsa(3, selector, matching, issued)], issued) == (True, "")
    assert there.remote.tls
    (session,) = there.noted
    assert (session.applied.kind, session.result, session.mx) == ("tlsa", "", NAME)


@pytest.mark.parametrize("plain", [True, False])
async def test_who_is_not_named_gets_nothing_neither_by_tls_nor_in_plain(there: There, plain: bool) -> None:
    issued, another = there.authority.issue(NAME), there.authority.issue(NAME)
    assert await there.sent([tlsa(3, 1, 1, another)], None if plain else issued) == (False, "4.7.5")
    assert [session.result for session in there.noted] == ["starttls-not-supported" if plain else "validation-failure"]


@pytest.mark.parametrize("name", [NAME, "example.org", "*.example.org"])
@pytest.mark.parametrize("selector", [0, 1])
async def test_an_authority_that_is_named_vouches_for_the_servers_names(there: There, name: str, selector: int) -> None:
    assert await there.sent([tlsa(2, selector, 1, there.authority)], there.authority.issue(name)) == (True, "")


@pytest.mark.parametrize("wrong", ["name", "expired", "unshown", "another"])
async def test_an_authority_vouches_for_nobody_else(there: There, tmp_path: Path, wrong: str) -> None:
    by = Authority(tmp_path, "another") if wrong == "another" else there.authority
    issued = by.issue("other.example" if wrong == "name" else NAME, days=-1 if wrong == "expired" else 30)
    shown = wrong != "unshown"
    assert await there.sent([tlsa(2, 0, 1, there.authority)], issued, whole_chain=shown) == (False, "4.7.5")


async def test_an_authority_that_stands_whole_in_dns_need_not_be_shown(there: There) -> None:
    issued = there.authority.issue(NAME)
    assert await there.sent([tlsa(2, 0, 0, there.authority)], issued, whole_chain=False) == (True, "")


async def test_a_servers_own_certificate_is_no_authority(there: There) -> None:
    issued = there.authority.issue(NAME)
    assert await there.sent([tlsa(2, 0, 1, issued)], issued) == (False, "4.7.5")


@pytest.mark.parametrize("record", ["1 1 1 " + "ab" * 32, "3 7 1 " + "ab" * 32, "3 1 9 ab", "255 1 9 ab"])
@pytest.mark.parametrize("plain", [True, False])
async def test_records_that_nobody_can_use_still_want_tls(there: There, record: str, plain: bool) -> None:
    arrived, status = await there.sent([record], None if plain else there.authority.issue("other.example"))
    assert (arrived, status) == ((False, "4.7.5") if plain else (True, ""))
    assert there.noted[0].result == "tlsa-invalid"


async def test_a_usable_record_is_not_weakened_by_one_that_is_not(there: There) -> None:
    another = there.authority.issue(NAME)
    records = ["1 1 1 " + "ab" * 32, tlsa(3, 1, 1, another)]
    assert await there.sent(records, there.authority.issue(NAME)) == (False, "4.7.5")


@pytest.mark.parametrize("unproven", ["example.org.", f"{NAME}.", "tlsa", "setting"])
async def test_what_dnssec_does_not_prove_counts_for_nothing(there: There, unproven: str) -> None:
    class Proven(set[str]):
        def __contains__(self, name: object) -> bool:
            kind = "tlsa" if str(name).startswith("_") else name
            return kind != unproven

    there.dns.proven = Proven()
    there.validating = unproven != "setting"
    wrong = there.authority.issue(NAME)
    assert await there.sent([tlsa(3, 1, 1, wrong)], there.authority.issue(NAME)) == (True, "")
    assert [session.applied.kind for session in there.noted] == ["no-policy-found"]


async def test_while_records_cannot_be_looked_up_nothing_is_sent(there: There) -> None:
    class Failing(set[str]):
        def __contains__(self, name: object) -> bool:
            return str(name).startswith("_")

    there.dns.failing = Failing()
    assert await there.sent([], there.authority.issue(NAME)) == (False, "4.4.3")
    assert there.remote.connections == 0


@pytest.mark.parametrize("mode", ["none", "testing", "enforce"])
async def test_no_sts_policy_makes_up_for_dane_nor_stands_in_its_way(there: There, mode: str) -> None:
    there.sts.policy = own_policy(mode, "elsewhere.example")
    named = there.authority.issue(NAME)
    assert await there.sent([tlsa(3, 1, 1, named)], named) == (True, "")
    there.sts.policy = own_policy(mode, NAME)
    assert await there.sent([tlsa(3, 1, 1, there.authority.issue(NAME))], named) == (False, "4.7.5")


async def test_without_records_the_sts_policy_counts(there: There) -> None:
    there.sts.policy = own_policy(Mode.ENFORCE.value, NAME)
    assert await there.sent([], there.authority.issue(NAME)) == (False, "4.7.5")
