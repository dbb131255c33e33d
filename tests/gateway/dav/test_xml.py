"""XML from anybody: read within bounds, or refused with 400."""

import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.names import PREFIXES, dav
from gateway.edges.dav.reading import names_in, parse
from gateway.edges.dav.responses import written
from gateway.edges.dav.writing import NOT_OF_XML, as_kept, element, kept_property
from tests.gateway.dav.conftest import Client

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><propfind xmlns="DAV:"><prop><x>&i;</x></prop></propfind>'
)
XXE = '<!DOCTYPE p [<!ENTITY f SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop>&f;</prop></propfind>'
REMOTE = '<!DOCTYPE p SYSTEM "http://127.0.0.1:9/x.dtd"><propfind xmlns="DAV:"><allprop/></propfind>'


def _asking(count: int) -> str:
    return f'<propfind xmlns="DAV:"><prop>{"".join(f"<p{n}/>" for n in range(count))}</prop></propfind>'


HOSTILE: dict[str, str | bytes] = {
    "billion laughs": LAUGHS,
    "billion laughs in UTF-16": LAUGHS.encode("utf-16"),
    "a file of the server": XXE,
    "a document type elsewhere": REMOTE,
    "a document type alone": '<!DOCTYPE p><propfind xmlns="DAV:"><allprop/></propfind>',
    "100,000 properties": _asking(100_000),
    "501 properties": _asking(501),
    "depth": "<a>" * 100_000,
    "depth that is closed": "<a>" * 200 + "</a>" * 200,
    "three megabytes": "<a>" + " " * 3_000_000 + "</a>",
    "an undeclared entity": '<propfind xmlns="DAV:"><prop>&nbsp;</prop></propfind>',
    "an undeclared prefix": "<D:propfind/>",
    "no root": "<?xml version='1.0'?>",
    "two roots": "<a/><b/>",
    "not closed": "<propfind xmlns='DAV:'>",
    "another root": "<propertyupdate xmlns='DAV:'/>",
    "another root yet": "<lockinfo xmlns='DAV:'/>",
    "Latin-1": "<a>é</a>".encode("latin-1"),
    "a NUL": b"<a>\x00</a>",
    "JSON": b"{}",
    "an attribute without end": b'<a b="' + b"x" * 1_000_000,
}


async def test_hostile_xml_is_refused_in_bounded_time(agent: Client) -> None:
    began = time.process_time()
    for hostile, body in HOSTILE.items():
        for method in ("PROPFIND", "REPORT", "PROPPATCH", "MKCOL"):
            path = agent.home + "new/" if method == "MKCOL" else agent.home
            answer = await agent.ask(method, path, body, depth="0")
            assert answer.status_code in ({400, 413} | ({403} if method in {"REPORT", "MKCOL"} else set())), hostile
            assert b"root:" not in answer.content, hostile
    assert time.process_time() - began < 30


async def test_namespaces_entities_and_encodings_that_are_harmless_are_read(agent: Client) -> None:
    for body in (
        '<x:propfind xmlns:x="DAV:"><x:prop><x:displayname/><y xmlns="urn:&amp;"/></x:prop></x:propfind>',
        '<?xml version="1.0" encoding="UTF-8"?>\n<propfind xmlns="DAV:"><!-- c --><allprop/></propfind>',
        '<?xml version="1.0" encoding="utf-16"?><propfind xmlns="DAV:"><allprop/></propfind>'.encode("utf-16"),
        b"\xef\xbb\xbf<propfind xmlns='DAV:'><allprop/></propfind>",
    ):
        answer = await agent.ask("PROPFIND", agent.home, body, depth="0")
        assert answer.status_code == 207, answer.text


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    for tried in (octets, b"<a>" + octets + b"</a>"):
        try:
            root = parse(tried)
        except DavError as refused:
            assert refused.status == 400  # noqa: PT017
        else:
            assert root.tag


NAME = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,20}", fullmatch=True)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=50)


NAMESPACE = st.from_regex(r"(urn:|http://)[a-z][a-z0-9./&-]{0,30}", fullmatch=True)


@given(namespace=NAMESPACE, name=NAME, text=TEXT)
def test_a_property_is_given_back_as_it_was_kept(namespace: str, name: str, text: str) -> None:
    root = etree.Element("{DAV:}prop")
    given_property = etree.SubElement(root, f"{{{namespace}}}{name}", {"{urn:a}b": text})
    given_property.text = text
    read = parse(etree.tostring(root))
    kept = kept_property(as_kept(next(iter(read))))
    assert kept is not None
    assert (kept.tag, kept.text or "", kept.get("{urn:a}b")) == (f"{{{namespace}}}{name}", text, text)


def test_names_are_counted_once() -> None:
    assert names_in(parse(b"<p xmlns='DAV:'>" + b"<a/>" * 1000 + b"</p>")) == ["{DAV:}a"]
    with pytest.raises(Malformed):
        names_in(parse(b"<p>" + b"".join(b"<a%d/>" % n for n in range(501)) + b"</p>"))


async def test_methods_and_paths_that_there_are_not(agent: Client, http: httpx.AsyncClient) -> None:
    assert (await agent.ask("LOCK", agent.home)).status_code == 405
    assert (await agent.ask("GET", agent.home)).status_code == 405
    assert (await agent.ask("PUT", agent.home, b"x")).status_code == 405
    for path in (
        "/dav/nothing/", f"{agent.book}a/b/c", "/dav/addressbooks/%2e%2e/", f"{agent.home}a%2fb/", f"{agent.home}%00/",
        f"{agent.home}%ff/", "/dav//", f"{agent.home}{'x' * 3000}/",
    ):  # fmt: skip
        assert (await agent.ask("PROPFIND", path, depth="0")).status_code == 404, path
    assert (await agent.ask("PROPFIND", agent.home, depth="2")).status_code == 400
    assert (await agent.ask("REPORT", agent.home, "<x/>")).status_code == 403


@given(st.text(), st.sampled_from([dav("getetag"), "none", "{urn:x&y}z"]))
def test_a_text_is_sent_as_an_element_of_it_would_be(text: str, name: str) -> None:
    sent = "".join(written(name, each) for each in (text, [element(name, text)]))
    root = etree.fromstring(f"<D:multistatus{_declared()}>{sent}</D:multistatus>")
    plain, nested = root
    assert plain.tag == nested.tag == nested[0].tag == name
    assert (plain.text or "") == (nested[0].text or "") == NOT_OF_XML.sub("\ufffd", text)


def _declared() -> str:
    return "".join(f' xmlns:{prefix}="{namespace}"' for prefix, namespace in PREFIXES.items())
