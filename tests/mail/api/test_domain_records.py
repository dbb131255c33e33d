"""What a domain should have in DNS, beside what it has."""

from collections import Counter

import pytest
from workspace.mail.v1 import domains_pb2 as pb
from workspace.mail.v1 import transport_policy_pb2

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import acting_as
from services.mail.domain.sts import Mode, read_policy
from tests.mail.api.conftest import Api

DOMAIN = "numerique.gouv.tg"
PRESENT, MISSING, DIFFERENT, UNKNOWN, RETIRED = range(1, 6)


async def listed(api: Api, domain: str = DOMAIN) -> list[pb.DomainRecord]:
    with acting_as(await api.identity("01ADMIN", administers="")):
        found = await api.records.ListDomainRecords(pb.ListDomainRecordsRequest(domain=domain))
    return list(found.records)


async def rotated(api: Api, administers: str = "") -> list[pb.DomainRecord]:
    with acting_as(await api.identity("01ADMIN", administers=administers)):
        found = await api.records.RotateSigningKeys(pb.RotateSigningKeysRequest(domain=DOMAIN))
    return list(found.records)


def published(api: Api, records: list[pb.DomainRecord]) -> None:
    """All of them, as the operator types them off."""
    for each in records:
        if each.type == "TXT":
            text = "".join(each.value.split('"')[1::2])
            api.dns.texts[each.name] = [text.encode()]
        else:
            *numbers, name = each.value.rstrip(".").split()
            api.dns.others[each.name, each.type] = [(*map(int, numbers), name) if numbers else name]


def states(records: list[pb.DomainRecord]) -> dict[str, set[int]]:
    return {purpose: {each.state for each in records if each.purpose == purpose} for purpose in PURPOSES}


PURPOSES = ("mx", "spf", "dkim", "dmarc", "srv", "autoconfig", "dav", "dav-path", "mta-sts-host", "mta-sts", "tls-rpt")


async def test_all_that_is_needed_is_told_and_found_once_it_is_published(api: Api) -> None:
    records = await listed(api)
    assert Counter(each.purpose for each in records) == {
        "mx": 1,
        "spf": 1,
        "dkim": 2,
        "dmarc": 1,
        "srv": 3,
        "autoconfig": 2,
        "dav": 2,
        "dav-path": 2,
        "mta-sts-host": 1,
        "mta-sts": 1,
        "tls-rpt": 1,
    }
    assert states(records) == {key: {MISSING} for key in PURPOSES}
    assert [(each.name, each.type, each.value) for each in records if each.purpose in {"mx", "spf"}] == [
        (DOMAIN, "MX", "10 mail.gouv.tg."),
        (DOMAIN, "TXT", '"v=spf1 mx -all"'),
    ]
    published(api, records)
    assert states(await listed(api, "Numerique.GOUV.tg")) == {key: {PRESENT} for key in PURPOSES}
    # Pieces of a text record have 255 octets at the most.
    assert all(len(piece) <= 255 for each in records for piece in each.value.split('"'))


async def test_programs_find_calendars_and_address_books_by_the_address_alone(api: Api) -> None:
    records = [each for each in await listed(api) if each.purpose.startswith("dav")]
    web = next(each.value for each in await listed(api) if each.name == f"autoconfig.{DOMAIN}")
    assert [(each.name, each.type, each.value) for each in records] == [
        (f"_caldavs._tcp.{DOMAIN}", "SRV", f"0 1 443 {web}"),
        (f"_caldavs._tcp.{DOMAIN}", "TXT", '"path=/dav/"'),
        (f"_carddavs._tcp.{DOMAIN}", "SRV", f"0 1 443 {web}"),
        (f"_carddavs._tcp.{DOMAIN}", "TXT", '"path=/dav/"'),
    ]


async def test_what_stands_there_instead_is_told(api: Api) -> None:
    published(api, await listed(api))
    api.dns.texts[DOMAIN] = [b"v=spf1 include:elsewhere.example ~all", b"something else"]
    api.dns.texts[f"_dmarc.{DOMAIN}"] = [b"v=DMARC1; p=none"]
    api.dns.texts[f"ws1r._domainkey.{DOMAIN}"] = [b"v=DKIM1; k=rsa; p=AAAA"]
    api.dns.texts[f"_mta-sts.{DOMAIN}"] = [b"v=STSv1; id=another"]
    api.dns.texts[f"_smtp._tls.{DOMAIN}"] = [b"v=TLSRPTv1; rua=mailto:a@gouv.tg", b"v=TLSRPTv1; rua=mailto:b@gouv.tg"]
    api.dns.others[DOMAIN, "MX"] = [(10, "elsewhere.example")]
    api.dns.others[f"_caldavs._tcp.{DOMAIN}", "SRV"] = [(0, 1, 443, "elsewhere.example")]
    api.dns.texts[f"_carddavs._tcp.{DOMAIN}"] = [b"path=/elsewhere/"]
    found = states(await listed(api))
    assert found == {
        "mx": {DIFFERENT},
        "spf": {DIFFERENT},
        "dkim": {DIFFERENT, PRESENT},
        "dmarc": {DIFFERENT},
        "srv": {PRESENT},
        "autoconfig": {PRESENT},
        "dav": {DIFFERENT, PRESENT},
        "dav-path": {DIFFERENT, PRESENT},
        "mta-sts-host": {PRESENT},
        "mta-sts": {DIFFERENT},
        "tls-rpt": {DIFFERENT},
    }
    api.dns.texts[f"_dmarc.{DOMAIN}"] = [b"v=DMARC1; p=reject; rua=mailto:dmarc@gouv.tg"]
    assert states(await listed(api))["dmarc"] == {PRESENT}


async def test_while_dns_is_away_nothing_is_known(api: Api) -> None:
    records = await listed(api)
    api.dns.away |= {each.name for each in records}
    assert {state for each in states(await listed(api)).values() for state in each} == {UNKNOWN}


async def test_keys_are_rotated_by_way_of_dns(api: Api) -> None:
    with pytest.raises(PreconditionFailed):
        await rotated(api)
    published(api, await listed(api))
    keys = {each.name.split(".")[0]: each.state for each in await rotated(api) if each.purpose == "dkim"}
    assert keys == {"ws2r": MISSING, "ws2e": MISSING, "ws1r": PRESENT, "ws1e": PRESENT}
    published(api, [each for each in await listed(api) if each.name.startswith("ws2")])
    keys = {each.name.split(".")[0]: each.state for each in await listed(api) if each.purpose == "dkim"}
    assert keys == {"ws2r": PRESENT, "ws2e": PRESENT, "ws1r": RETIRED, "ws1e": RETIRED}
    for name in [name for name in api.dns.texts if name.startswith("ws1")]:
        del api.dns.texts[name]
    assert len([each for each in await listed(api) if each.purpose == "dkim"]) == 2


async def test_who_may_and_of_which_domains(api: Api) -> None:
    with acting_as(await api.identity("01AGENT1")), pytest.raises(Forbidden):
        await api.records.ListDomainRecords(pb.ListDomainRecordsRequest(domain=DOMAIN))
    published(api, await listed(api))
    with pytest.raises(Forbidden):
        await rotated(api, administers="01MINISTRY")
    for domain, error in (("example.org", NotFound), ("", InvalidInput), ("a b.gouv.tg", InvalidInput)):
        with pytest.raises(error):
            await listed(api, domain)


async def test_the_policy_that_dns_tells_of_is_the_one_that_is_served(api: Api) -> None:
    record = next(each for each in await listed(api) if each.purpose == "mta-sts")
    for domain in (DOMAIN, "gouv.tg"):
        served = await api.policies.GetTransportPolicy(transport_policy_pb2.GetTransportPolicyRequest(domain=domain))
        read = read_policy(served.text.encode())
        assert (read.mode, read.mx) == (Mode.TESTING, ("mail.gouv.tg",))
        assert record.value == f'"v=STSv1; id={read.id}"'
    for other, error in (("example.org", NotFound), ("", InvalidInput)):
        with pytest.raises(error):
            await api.policies.GetTransportPolicy(transport_policy_pb2.GetTransportPolicyRequest(domain=other))
