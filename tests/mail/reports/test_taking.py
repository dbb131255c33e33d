"""Reports come by letter, are kept once, and shown to who administers the domain."""

import pytest
from workspace.mail.v1 import reports_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from services.mail.domain.allotment import Whereabouts
from services.mail.usecases.take_reports import ACCOUNT, take_reports
from tests.mail.api.conftest import Api, api
from tests.mail.house import House
from tests.mail.reports.reporting import BEGIN, DOMAIN, dmarc, letter, packed, record, tls, zipped
from tests.mail.smtp.conftest import start
from tests.mail.smtp.peer import Start

__all__ = ["api", "start"]


async def taken(house: House, *letters: bytes) -> None:
    for each in letters:
        await house.deliver(each, ACCOUNT)
    assert await take_reports(house.mail) == len(letters)
    assert await house.database["messages"].count_documents({"owner": ACCOUNT}) == 0


async def told(api: Api, days: int = 30, domain: str = DOMAIN, administers: str | None = "") -> pb.DomainReport:
    with acting_as(await api.identity("01ADMIN", administers=administers)):
        found: pb.DomainReport = await api.reports.GetDomainReport(pb.GetDomainReportRequest(domain=domain, days=days))
    return found


async def test_what_was_reported_is_told_together(house: House, api: Api) -> None:
    forged = record("203.0.113.9", 7, "reject", "fail", "fail")
    await taken(
        house,
        letter(packed(dmarc(record(count=3), forged))),
        letter(zipped(report=dmarc(record(count=4, spf="pass"), report_id="r2"))),
        letter(packed(tls())),
    )
    found = await told(api)
    assert (found.reports, list(found.organisations)) == (3, ["exemple.org"])
    assert (found.messages, found.proven_messages) == (14, 7)
    first, second = found.senders
    assert (first.address, first.messages, first.proven_messages, first.rejected_messages) == ("203.0.113.9", 7, 0, 7)
    assert (second.address, second.dkim_messages, second.spf_messages) == ("192.0.2.1", 7, 4)
    assert (found.tls_sessions, found.tls_failed_sessions) == (90, 10)
    assert [(each.result, each.server, each.sessions) for each in found.tls_failures] == [
        ("certificate-expired", "mail.gouv.tg", 10)
    ]


async def test_a_report_that_comes_twice_counts_once(house: House, api: Api) -> None:
    await taken(house, letter(packed(dmarc())), letter(zipped(report=dmarc())), letter(packed(tls())))
    await taken(house, letter(tls()))
    assert (await told(api)).reports == 2


async def test_what_cannot_be_read_is_let_go_and_the_others_are_kept(house: House, api: Api) -> None:
    await taken(
        house,
        letter(b"no report"),
        letter(),
        letter(packed(bytes(100_000_000))),
        letter(zipped(report=dmarc()).replace(b"report", b"\0eport")),
        letter(packed(dmarc(domain="example.org"))),
        letter(packed(tls(domain="example.org"))),
        letter(packed(dmarc())),
    )
    assert (await told(api)).reports == 1


async def test_a_letter_that_the_store_has_lost_keeps_no_other_from_being_read(house: House, api: Api) -> None:
    await house.deliver(letter(packed(dmarc(report_id="lost"))), ACCOUNT)
    await house.database["blobs"].delete_many({})
    await house.deliver(letter(packed(dmarc())), ACCOUNT)
    assert await take_reports(house.mail) == 2
    assert (await told(api)).reports == 1


async def test_old_reports_are_told_to_who_asks_for_them(house: House, api: Api) -> None:
    await taken(house, letter(packed(dmarc(begin=BEGIN - 40 * 86400))))
    assert (await told(api)).reports == 0
    assert (await told(api, days=60)).reports == 1
    for days in (-1, 401):
        with pytest.raises(InvalidInput):
            await told(api, days=days)


async def test_reports_are_for_who_administers_the_domain(house: House, api: Api) -> None:
    house.people.units["01DIRECTION"] = Whereabouts("Direction", ("01MINISTRY", "01DIRECTION"))
    house.people.mail_domains[DOMAIN] = "01DIRECTION"
    with pytest.raises(Forbidden):
        await told(api, administers=None)
    for administers in ("01MINISTRY", "01DIRECTION"):
        assert (await told(api, administers=administers)).reports == 0
        assert (await told(api, administers=administers, domain=DOMAIN.upper())).reports == 0
    refused = []
    for administers, domain in (("01SANTE", DOMAIN), ("01SANTE", "example.org"), ("01MINISTRY", "sante.gouv.tg")):
        with pytest.raises(NotFound) as found:
            await told(api, administers=administers, domain=domain)
        refused.append(found.value.detail)
    assert set(refused) == {"Not a domain of ours"}


async def test_reports_are_of_our_domains(api: Api) -> None:
    with pytest.raises(NotFound):
        await told(api, domain="example.org")
    with pytest.raises(InvalidInput):
        await told(api, domain="..")


async def test_letters_to_the_names_of_reports_are_taken_and_junk_is_not_read(house: House, start: Start) -> None:
    smtp = await start()
    for name in ("dmarc-reports", "TLS-reports"):
        peer = await smtp.connect()
        await peer.envelope("noreply@exemple.org", f"{name}@{DOMAIN}")
        await peer.send(letter(packed(dmarc(report_id=name))) + b"\r\n.\r\n")
        assert (await peer.reply()).startswith("250")
    forged = letter(packed(dmarc(report_id="forged"))).replace(b"exemple.org", DOMAIN.encode())
    peer = await smtp.connect()
    await peer.envelope("noreply@exemple.org", f"dmarc-reports@{DOMAIN}")
    await peer.send(forged + b"\r\n.\r\n")
    assert (await peer.reply()).startswith("250")
    assert await take_reports(house.mail) == 3
    kept = await house.database["reports"].find({"domain": DOMAIN}).to_list(10)
    assert {each["submitter"] for each in kept} == {"exemple.org"}
    assert len(kept) == 2


async def test_an_account_of_that_name_has_its_letters(house: House, start: Start) -> None:
    house.people.heard[f"dmarc-reports@{DOMAIN}"] = "01AGENT1"
    smtp = await start()
    peer = await smtp.connect()
    await peer.envelope("noreply@exemple.org", f"dmarc-reports@{DOMAIN}")
    await peer.send(letter(packed(dmarc())) + b"\r\n.\r\n")
    assert (await peer.reply()).startswith("250")
    assert len(await smtp.inbox()) == 1
