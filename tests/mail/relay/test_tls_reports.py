"""Reports of TLS, from the connections that they tell of to the letter that another domain reads."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from chassis.resolver import Resolver
from services.mail.domain.reports.tls import tls_report
from services.mail.domain.tls_reporting import destinations
from services.mail.domain.tls_results import Applied, Session
from services.mail.relay import signing
from services.mail.relay.https import Https
from services.mail.relay.secured import Secured
from services.mail.relay.signing import Signer
from services.mail.relay.sts import Found
from services.mail.relay.tls_reports import TlsReports
from services.mail.usecases.signing_keys import signing_keys
from services.mail.usecases.transport_policy import own_policy
from tests.mail.authentication.signing import Dns, checked
from tests.mail.relay.certificates import Authority
from tests.mail.relay.policy_host import web_server
from tests.mail.relay.post import HOST, Post, RemoteOf
from tests.nameserver import nameserver

RUA, CONTACT = "tls@reports.example", "tls-reports@gouv.tg"
STS = Applied("sts", "example.org", ("version: STSv1", "mode: enforce", "mx: *.example.org"), ("*.example.org",))
GOOD = Session(STS, "", "mx.example.org", "192.88.99.1")
BAD = Session(STS, "certificate-expired", "mx2.example.org", "192.88.99.2")
NONE = Session(Applied("no-policy-found", "example.org"), "starttls-not-supported", "mx.example.org", "192.88.99.1")


def reports_of(post: Post, dns: Any, https: Any = None) -> TlsReports:
    mail = replace(post.house.mail, queue=post.queue)
    return TlsReports(mail, dns, https, HOST, CONTACT)


@pytest.fixture
def dns() -> Dns:
    return Dns({"_smtp._tls.example.org": [f"v=TLSRPTv1; rua=mailto:{RUA}".encode()]})


@pytest.fixture(autouse=True)
def _at_noon(post: Post) -> None:
    post.house.clock.moment = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


async def queued(post: Post) -> list[bytes]:
    return [
        b"".join([piece async for piece in post.house.mail.blobs.open(each["blob"])]) for each in await post.entries()
    ]


async def test_a_day_is_told_once_to_who_wants_to_know(post: Post, dns: Dns) -> None:
    reports = reports_of(post, dns)
    for session, times in ((GOOD, 3), (BAD, 2), (NONE, 1)):
        for _ in range(times):
            await reports.note(session)
    assert await reports.report_due() == 0
    day = post.house.clock()
    post.house.clock.advance(hours=16)
    await reports.report_due()
    await reports.report_due()
    (entry,), (source,) = await post.entries(), await queued(post)
    assert ([each["address"] for each in entry["recipients"]], entry["sender"]) == ([RUA], "")
    letter = message_from_bytes(source, policy=policy.default)
    assert (letter["From"].addresses[0].addr_spec, letter["To"]) == (CONTACT, RUA)
    assert letter["TLS-Report-Domain"] == "example.org"
    assert letter["TLS-Report-Submitter"] == HOST
    assert (
        letter["Subject"]
        == f"Report Domain: example.org Submitter: {HOST} Report-ID: <{day:%Y-%m-%d}.example.org@{HOST}>"
    )
    assert letter.get_content_type() == "multipart/report"
    assert letter.get_param("report-type") == "tlsrpt"
    words, file = letter.iter_parts()
    assert "Rapport SMTP TLS" in words.get_content()
    assert file.get_content_type() == "application/tlsrpt+gzip"
    midnight = day.replace(hour=0)
    assert file.get_filename() == f"{HOST}!example.org!{midnight:%s}!{int(midnight.timestamp()) + 86399}.json.gz"
    told = json.loads(gzip.decompress(file.get_content()))
    assert told["date-range"] == {
        "start-datetime": f"{day:%Y-%m-%d}T00:00:00Z",
        "end-datetime": f"{day:%Y-%m-%d}T23:59:59Z",
    }
    sts, none = sorted(told["policies"], key=lambda each: each["policy"]["policy-type"], reverse=True)
    assert sts == {
        "policy": {
            "policy-type": "sts", "policy-domain": "example.org",
            "policy-string": list(STS.lines), "mx-host": ["*.example.org"],
        },
        "summary": {"total-successful-session-count": 3, "total-failure-session-count": 2},
        "failure-details": [
            {
                "result-type": "certificate-expired", "failed-session-count": 2,
                "receiving-mx-hostname": "mx2.example.org", "receiving-ip": "192.88.99.2",
            }
        ],
    }  # fmt: skip
    assert none["summary"] == {"total-successful-session-count": 0, "total-failure-session-count": 1}
    # Whoever reads the reports that others send us reads these as well.
    assert [(each.kind, each.successful, each.failed) for each in tls_report(json.dumps(told).encode()).policies]


async def test_who_does_not_want_to_know_is_not_counted(post: Post, dns: Dns) -> None:
    for record in ([], [b"v=TLSRPTv1; rua=ftp://x"], [b"v=TLSRPTv1; rua=mailto:a@b.example"] * 2):
        dns.texts["_smtp._tls.example.org"] = record
        await reports_of(post, dns).note(GOOD)
    dns.away.add("_smtp._tls.example.org")
    await reports_of(post, dns).note(GOOD)
    assert await post.house.database["tls_results"].count_documents({"_id": {"$gt": ""}}) == 0


@pytest.mark.parametrize("killed", ["before", "after"])
async def test_a_crash_neither_loses_nor_doubles_a_report(
    post: Post, dns: Dns, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    await reports_of(post, dns).note(GOOD)
    post.house.clock.advance(hours=16)
    enqueue = post.queue.enqueue

    async def dying(**entry: Any) -> None:
        if killed == "after":
            await enqueue(**entry)
        raise ConnectionResetError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(post.queue, "enqueue", dying)
        with pytest.raises(ConnectionResetError):
            await reports_of(post, dns).report_due()
    assert await post.entries() == []
    await reports_of(post, dns).report_due()
    assert await post.entries() == []
    post.house.clock.advance(hours=1, seconds=1)
    await reports_of(post, dns).report_due()
    await reports_of(post, dns).report_due()
    assert len(await post.entries()) == 1


async def test_while_dns_is_away_a_report_waits(post: Post, dns: Dns) -> None:
    await reports_of(post, dns).note(GOOD)
    post.house.clock.advance(hours=16)
    dns.away.add("_smtp._tls.example.org")
    await reports_of(post, dns).report_due()
    assert await post.entries() == []
    dns.away.clear()
    post.house.clock.advance(hours=2)
    await reports_of(post, dns).report_due()
    assert len(await post.entries()) == 1


async def test_what_is_kept_of_a_day_is_bounded_and_every_session_counts(
    post: Post, dns: Dns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.mail.store.tls_results.MOST_KINDS", 5)
    for number in range(30):
        await reports_of(post, dns).note(replace(BAD, mx=f"mx{number}.example.org"))
    (day,) = await post.house.database["tls_results"].find({"_id": {"$gt": ""}}).to_list(10)
    assert len(day["rows"]) == 6
    assert sum(row["count"] for row in day["rows"].values()) == 30


async def test_a_report_is_posted_once_to_who_takes_it_so(post: Post, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    zone = {
        ("_smtp._tls.example.org.", "TXT"): [
            '"v=TLSRPTv1; rua=mailto:tls@reports.example,https://reports.example/v1?to=a"'
        ],
        ("reports.example.", "A"): ["127.0.0.1"],
    }
    async with nameserver(zone) as dns, web_server(authority.issue("reports.example").server()) as web:
        names = Resolver(["127.0.0.1"], port=dns.port)
        web.says(b"", status="302 Found", more="Location: https://elsewhere.example/\r\n")
        https = Https(names, port=web.port, private_addresses=True, context=authority.trust)
        await reports_of(post, names).note(GOOD)
        post.house.clock.advance(hours=16)
        await reports_of(post, names, https).report_due()
        post.house.clock.advance(hours=2)
        await reports_of(post, names, https).report_due()
    (asked,) = web.asked
    head, _, body = asked.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1?to=a HTTP/1.1\r\n")
    assert b"application/tlsrpt+gzip" in head
    assert json.loads(gzip.decompress(body))["report-id"].endswith(".example.org")
    assert len(await post.entries()) == 1


async def test_a_report_is_signed_and_goes_whatever_is_wrong_with_tls_there(
    post: Post, remote_of: RemoteOf, dns: Dns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "KEYS_SECONDS", 0.0)
    for key in (await signing_keys(post.house.mail, "gouv.tg"))[0].keys:
        dns.texts[key.name] = [key.record]

    class Strict:
        async def of(self, domain: str) -> Found:
            return Found(own_policy("enforce", "elsewhere.example"))

    remote = await remote_of()
    post.routes.table["reports.example"] = [remote.server()]
    post.routes = Secured(post.routes, dns, Strict(), post.noted)  # type: ignore[assignment, arg-type]
    post.signer = Signer(post.house.mail, dns)
    await reports_of(post, dns).note(GOOD)
    post.house.clock.advance(hours=16)
    await reports_of(post, dns).report_due()
    await post.settled()
    ((sender, recipients, content),) = remote.received
    assert (sender, recipients) == ("<>", [RUA])
    assert {each.domain for each in (await checked(content, dns)).dkim} == {"gouv.tg"}
    assert post.noted.sessions == []


async def test_a_report_that_nobody_takes_is_told_to_nobody(post: Post, remote_of: RemoteOf, dns: Dns) -> None:
    remote = await remote_of(recipients={RUA: "550 5.1.1 nobody"})
    post.routes.table["reports.example"] = [remote.server()]
    await reports_of(post, dns).note(GOOD)
    post.house.clock.advance(hours=16)
    await reports_of(post, dns).report_due()
    await post.settled()
    assert await post.entries() == []
    assert await post.house.database["messages"].count_documents({"_id": {"$gt": ""}}) == 0


@pytest.mark.parametrize(
    ("record", "addresses", "urls"),
    [
        (b"v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/x", ("a@b.example",), (("c.example", "/x"),)),
        (b"v=TLSRPTv1;rua=mailto:a@b.example!10m", (), ()),
        (b"v=TLSRPTv1; rua=https://u:p@c.example/, https://c.example:8443/, http://c.example/", (), ()),
        (b"v=TLSRPTv1; rua=mailto:", (), ()),
        (b"v=TLSRPTv1; rua=https://[::1", (), ()),
        (b"v=TLSRPTv2; rua=mailto:a@b.example", (), ()),
        (b"v=TLSRPTv1; rua=" + b",".join(b"mailto:a%d@b.example" % n for n in range(99)), 5, ()),
        (b"v=TLSRPTv1;" + b";".join(b"rua=mailto:a%d@b.example" % n for n in range(99)), 5, ()),
    ],
)
def test_where_reports_go(record: bytes, addresses: Any, urls: Any) -> None:
    found = destinations([(record,)])
    assert (found.addresses if isinstance(addresses, tuple) else len(found.addresses)) == addresses
    assert found.urls == urls
