"""Aggregate reports of DMARC (RFC 7489 §7.2 and appendix C, and RFC 9990, which changed little of it)."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from services.mail.domain.reports.unpacking import UnreadableReport

# Rows of one report that are kept; the others are counted together by their results.
MOST_ROWS = 2000
_MOST_TEXT = 255
_DISPOSITIONS = frozenset({"none", "quarantine", "reject", "pass"})


@dataclass(frozen=True, slots=True)
class DmarcRow:
    """Letters from one server with the same results. `source` is its address, empty for several together."""

    source: str
    messages: int
    # What the receiver did: none, quarantine or reject.
    disposition: str
    # Whether each proved the author's domain.
    dkim: bool
    spf: bool
    header_from: str


@dataclass(frozen=True, slots=True)
class DmarcReport:
    """`organisation` looked at the letters of `domain` between `begin` and `end`."""

    organisation: str
    report_id: str
    domain: str
    begin: datetime
    end: datetime
    policy: str
    rows: tuple[DmarcRow, ...]


def dmarc_report(source: bytes) -> DmarcReport:
    """Raises `UnreadableReport` for what is no report."""
    root = _root(source)
    period = _child(_child(root, "report_metadata"), "date_range")
    metadata, published = _child(root, "report_metadata"), _child(root, "policy_published")
    return DmarcReport(
        organisation=_text(metadata, "org_name"),
        report_id=_text(metadata, "report_id"),
        domain=_text(published, "domain").lower().rstrip("."),
        begin=_time(_text(period, "begin")),
        end=_time(_text(period, "end")),
        policy=_text(published, "p", "none"),
        rows=_kept([_row(each) for each in root if _name(each) == "record"]),
    )


def _root(source: bytes) -> etree._Element:
    # Nothing that a stranger writes is looked up or expanded; lxml bounds depth and the length of texts itself.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableReport(f"The report is no XML: {str(error)[:200]}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableReport("The report has a DOCTYPE")
    if _name(root) != "feedback":
        raise UnreadableReport("The report is no DMARC feedback")
    return root


def _row(record: etree._Element) -> DmarcRow:
    row = _child(record, "row")
    evaluated = _child(row, "policy_evaluated")
    disposition = _text(evaluated, "disposition", "none").lower()
    return DmarcRow(
        source=_address(_text(row, "source_ip")),
        messages=_count(_text(row, "count")),
        disposition=disposition if disposition in _DISPOSITIONS else "none",
        dkim=_text(evaluated, "dkim", "fail").lower() == "pass",
        spf=_text(evaluated, "spf", "fail").lower() == "pass",
        header_from=_text(_child(record, "identifiers"), "header_from").lower().rstrip("."),
    )


def _kept(rows: list[DmarcRow]) -> tuple[DmarcRow, ...]:
    """The rows with most letters; what is beyond them is put together by its results."""
    rows.sort(key=lambda row: -row.messages)
    rest: dict[tuple[str, bool, bool, str], int] = {}
    for row in rows[MOST_ROWS:]:
        key = (row.disposition, row.dkim, row.spf, "")
        rest[key] = rest.get(key, 0) + row.messages
    return (*rows[:MOST_ROWS], *(DmarcRow("", messages, *key) for key, messages in rest.items()))


def _name(element: etree._Element) -> str:
    """Without its namespace: reporters disagree about it. Comments have none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    return (each for each in parent if _name(each) == name)


def _child(parent: etree._Element, name: str) -> etree._Element:
    found = next(_children(parent, name), None)
    if found is None:
        raise UnreadableReport(f"The report has no {name}")
    return found


def _text(parent: etree._Element, name: str, default: str | None = None) -> str:
    found = next(_children(parent, name), None)
    text = "" if found is None else (found.text or "").strip()
    if text:
        return text[:_MOST_TEXT]
    if default is None:
        raise UnreadableReport(f"The report has no {name}")
    return default


def _time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UnreadableReport(f"No time: {text[:40]!r}") from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise UnreadableReport(f"No number of letters: {text[:40]!r}")
    return int(text)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise UnreadableReport(f"No address: {text[:60]!r}") from error
