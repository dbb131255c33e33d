"""OpenSSL's own DANE, beside ours: the same certificates, the same records, the same verdict."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from services.mail.domain.dane import Tlsa, proven
from tests.interop.programs import run
from tests.mail.relay.certificates import Authority, Issued, tlsa

NAME = "mx.example.org"


async def verdict_of_openssl(issued: Issued, record: str, shown: bool) -> bool:
    """RFC 7672 §3.1.1: who is named itself needs no name."""
    context = issued.server(whole_chain=shown)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    at = "{}:{}".format(*server.sockets[0].getsockname())
    told = await asyncio.to_thread(
        run, "openssl", "s_client", "-connect", at, "-servername", NAME, "-dane_tlsa_domain", NAME,
        "-dane_ee_no_namechecks", "-dane_tlsa_rrdata", record, typed="",
    )  # fmt: skip
    server.close()
    return "Verification: OK" in told


def verdict_of_ours(issued: Issued, record: str, shown: bool) -> bool:
    usage, selector, matching, data = record.split()
    chain = [issued.certificate, *([issued.by.certificate] if shown else [])]
    found = Tlsa(int(usage), int(selector), int(matching), bytes.fromhex(data))
    return proven([found], [each.public_bytes(Encoding.DER) for each in chain], (NAME,), datetime.now(UTC))


async def test_openssl_and_we_believe_the_same_servers(tmp_path: Path) -> None:
    """But for an authority's bare key that no certificate shows (2 1 0), which OpenSSL takes from DNS: we want it shown
    (RFC 7672 §3.1.2)."""
    authority, another = Authority(tmp_path), Authority(tmp_path, "another")
    seen = set()
    for name, days in ((NAME, 30), ("*.example.org", 30), ("other.example", 30), (NAME, -1)):
        issued = authority.issue(name, days=days)
        records = [tlsa(3, 1, 1, issued), tlsa(3, 0, 2, issued), tlsa(3, 1, 1, authority.issue(NAME))]
        records += [tlsa(2, 0, 1, authority), tlsa(2, 1, 2, authority), tlsa(2, 0, 0, authority)]
        records += [tlsa(2, 0, 1, another), tlsa(2, 1, 1, issued)]
        for record in records:
            for shown in (True, False):
                ours = verdict_of_ours(issued, record, shown)
                assert ours == await verdict_of_openssl(issued, record, shown), (name, days, record[:6], shown)
                seen.add(ours)
    assert seen == {True, False}
