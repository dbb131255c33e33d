"""Reports as they are read: what reporters write, and what nobody should have to unpack."""

import gzip
import json
import zipfile
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.reports import MOST, UnreadableReport, dmarc_report, tls_report, unpacked
from services.mail.domain.reports.dmarc import MOST_ROWS
from tests.mail.reports.reporting import BEGIN, DOMAIN, dmarc, record, tls, zipped


def test_a_report_of_dmarc_is_read() -> None:
    report = dmarc_report(dmarc(record(count=3), record("2001:db8::1", 5, "reject", "fail", "fail")))
    assert (report.organisation, report.report_id, report.domain, report.policy) == (
        "exemple.org", "r1", DOMAIN, "reject",
    )  # fmt: skip
    assert report.begin == datetime.fromtimestamp(BEGIN, UTC)
    assert [(row.source, row.messages, row.disposition, row.dkim, row.spf) for row in report.rows] == [
        ("2001:db8::1", 5, "reject", False, False),
        ("192.0.2.1", 3, "none", True, False),
    ]


def test_a_report_of_tls_is_read() -> None:
    report = tls_report(tls())
    (policy,) = report.policies
    assert (report.organisation, report.report_id) == ("exemple.org", "t1")
    assert (policy.kind, policy.domain, policy.successful, policy.failed) == ("sts", DOMAIN, 90, 10)
    assert [(each.result, each.server, each.sessions) for each in policy.failures] == [
        ("certificate-expired", "mail.gouv.tg", 10)
    ]


def test_rows_beyond_the_most_are_counted_together() -> None:
    records = [record(f"10.0.{number // 250}.{number % 250}", count=1) for number in range(MOST_ROWS + 10)]
    rows = dmarc_report(dmarc(*records)).rows
    assert len(rows) == MOST_ROWS + 1
    assert (rows[-1].source, rows[-1].messages) == ("", 10)


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda report: zipped(report=report),
        # A file without a name.
        lambda report: zipped(report=report).replace(b"report", b"\0eport"),
        bytes,
    ],
)
def test_however_it_is_packed(pack: "type[bytes]") -> None:
    assert unpacked(pack(dmarc())) == dmarc()


def test_bombs_are_not_unpacked() -> None:
    zeros = bytes(8 * MOST)
    for bomb in (gzip.compress(zeros, 9), zipped(report=zeros)):
        assert len(bomb) < MOST
        with pytest.raises(UnreadableReport):
            unpacked(bomb)


def test_an_archive_that_lies_of_its_size_is_not_believed() -> None:
    honest = zipped(report=bytes(2 * MOST))
    with zipfile.ZipFile(BytesIO(honest)) as archive:
        size = archive.infolist()[0].file_size
    lying = honest.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(UnreadableReport):
        unpacked(lying)


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(dmarc())[:-20],
        b"\x1f\x8b" + bytes(40),
        b"PK\x03\x04" + bytes(40),
        zipped(a=dmarc(), b=dmarc()),
        zipped(),
        bytes(MOST + 1),
        zipped(zipfile.ZIP_LZMA, report=dmarc()),
        zipped(zipfile.ZIP_BZIP2, report=dmarc()),
    ],
    ids=["cut", "no gzip", "no zip", "two files", "no file", "large", "lzma", "bzip2"],
)
def test_broken_packages_are_refused(packed: bytes) -> None:
    with pytest.raises(UnreadableReport):
        dmarc_report(unpacked(packed))


LAUGHS = "<!DOCTYPE feedback [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    "source",
    [
        dmarc(head=LAUGHS),
        dmarc(head="<!DOCTYPE feedback SYSTEM 'file:///etc/passwd'>"),
        dmarc(record(count=-1)),
        dmarc(record("elsewhere")),
        dmarc(record("::1; drop")),
        dmarc(begin=10**18),
        b"<feedback/>",
        b"<html/>",
        b"<" * 10_000,
        b"<a>" * 10_000,
        b"<feedback>" + b"<report_metadata>" * 400,
        dmarc().replace(b"<count>3<", b"<count>" + b"9" * 5000 + b"<"),
        dmarc().replace(b"<count>3<", "<count>٣<".encode()),
        b"\xff\xfe<feedback/>",
        b"",
    ],
    ids=lambda source: source[-30:].decode("ascii", "replace"),
)
def test_what_is_no_report_of_dmarc_is_refused(source: bytes) -> None:
    with pytest.raises(UnreadableReport):
        dmarc_report(source)


@pytest.mark.parametrize(
    "source",
    [
        b"{}",
        b"[]",
        b"{" * 100_000,
        b"[" * 100_000,
        tls(policies=[1]),
        tls(policies={}),
        tls(**{"report-id": 5}),
        tls(**{"date-range": {"start-datetime": "yesterday", "end-datetime": "today"}}),
        tls().replace(b": 90", b": -90"),
        tls().replace(b": 90", b": 1e400"),
        tls().replace(b": 90", b": true"),
        tls().replace(b": 90", b": " + b"9" * 10_000),
    ],
    ids=lambda source: source[:30].decode("ascii", "replace"),
)
def test_what_is_no_report_of_tls_is_refused(source: bytes) -> None:
    with pytest.raises(UnreadableReport):
        tls_report(source)


_ARCHIVE = zipped(report=dmarc())


@given(st.lists(st.tuples(st.integers(0, len(_ARCHIVE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_an_archive_with_any_octets_changed_is_read_or_unreadable(changes: list[tuple[int, int]]) -> None:
    archive = bytearray(_ARCHIVE)
    for place, octet in changes:
        archive[place] = octet
    try:
        unpacked(bytes(archive))
    except UnreadableReport:
        return


def test_halves_of_characters_are_nothing_that_is_kept() -> None:
    told = json.loads(tls())
    told["organization-name"] = "\ud800"
    told["policies"][0]["failure-details"][0]["receiving-mx-hostname"] = "\udfff"
    report = tls_report(json.dumps(told).encode())
    assert (report.organisation, report.policies[0].failures[0].server) == ("?", "?")


@given(st.binary(max_size=300))
def test_any_octets_are_a_report_or_unreadable(octets: bytes) -> None:
    for read in (dmarc_report, tls_report):
        for given_octets in (octets, b"<feedback>" + octets, b'{"policies":' + octets):
            try:
                read(unpacked(given_octets))
            except UnreadableReport:
                continue


_NAMES = [*json.loads(tls())]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=8,
)


@given(_JSON, st.sampled_from(_NAMES))
def test_any_json_is_a_report_or_unreadable(value: object, name: str) -> None:
    try:
        tls_report(json.dumps({**json.loads(tls()), name: value}).encode())
    except UnreadableReport:
        return
