"""A vCard given in the other version (RFC 2426 ↔ RFC 6350), while what is kept stays as it is."""

import vobject
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.edges.dav.carddav.conversion import NEW, OLD, converted, logical_lines
from tests.directory.cards import card
from tests.gateway.dav.conftest import NAMES, Client, condition

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
# The same line in 3.0 and in 4.0, both ways.
PAIRS = [
    ("FN:Agent du Trésor", "FN:Agent du Trésor"),
    ("TEL;TYPE=WORK,pref:+228 22 21 35 01", "TEL;TYPE=WORK;PREF=1:+228 22 21 35 01"),
    ("item1.EMAIL;TYPE=INTERNET:a@b.tg", "item1.EMAIL;TYPE=INTERNET:a@b.tg"),
    (f"PHOTO;ENCODING=b;TYPE=PNG:{PIXEL}", f"PHOTO:data:image/png;base64,{PIXEL}"),
    ("LOGO;VALUE=uri;TYPE=PNG:https://a.tg/l.png", "LOGO;MEDIATYPE=image/png:https://a.tg/l.png"),
    ("BDAY:1996-04-15", "BDAY:19960415"),
    ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15", "BDAY:--0415"),
    ("REV:1995-10-31T22:27:10Z", "REV:19951031T222710Z"),
    ("GEO:37.386013;-122.082932", "GEO:geo:37.386013,-122.082932"),
    ("TZ:-05:00", "TZ;VALUE=utc-offset:-0500"),
    ("X-ADDRESSBOOKSERVER-KIND:group", "KIND:group"),
    ("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1", "MEMBER:urn:uuid:1"),
    ("X-INCONNU;X-P=\"a;b\":ce\\, qui\\nreste", "X-INCONNU;X-P=\"a;b\":ce\\, qui\\nreste"),
    ("CATEGORIES:a,b", "CATEGORIES:a,b"),
    ("ADR;TYPE=WORK:;;Rue 1;Lomé;;;Togo", "ADR;TYPE=WORK:;;Rue 1;Lomé;;;Togo"),
]  # fmt: skip
# What only one way changes, for the other version has several words for it.
TO_OLD = [
    ("TEL;VALUE=uri;TYPE=cell:tel:+22890000000", "TEL;TYPE=cell:+22890000000"),
    ('TEL;TYPE="work,voice";PREF=1:1', "TEL;TYPE=work,voice,pref:1"),
    ("BDAY:--04-15", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15"),
    ("BDAY;VALUE=text:vers 1960", "BDAY;VALUE=text:vers 1960"),
    ("PHOTO:data:text/plain,abc", "PHOTO;VALUE=uri:data:text/plain,abc"),
]
TO_NEW = [
    ("PHOTO;ENCODING=BASE64:QUJD", "PHOTO:data:application/octet-stream;base64,QUJD"),
    ("TEL;TYPE=pref:1", "TEL;PREF=1:1"),
    ("BDAY;VALUE=date:1996-04-15", "BDAY:19960415"),
    ("TEL;HOME:1", "TEL;HOME:1"),
    ("NOTE", "NOTE"),
]


def of(version: str, *lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def body(text: str) -> list[str]:
    return [line.replace("\r\n ", "") for line in logical_lines(text)][2:-1]


def test_each_property_is_said_as_the_other_version_says_it_and_back() -> None:
    for old, new in PAIRS:
        assert body(converted(of(OLD, old, "N:;;;;"), NEW)) == [new, "N:;;;;"], old
        assert body(converted(of(NEW, new, "N:;;;;"), OLD)) == [old, "N:;;;;"], new
    for new, old in TO_OLD:
        assert body(converted(of(NEW, new, "N:;;;;"), OLD)) == [old, "N:;;;;"], new
    for old, new in TO_NEW:
        assert body(converted(of(OLD, old), NEW)) == [new], old


def test_what_is_of_the_version_or_of_none_is_left_alone() -> None:
    for text in (of(OLD, "FN:a"), of("2.1", "FN:a"), "rubbish", "", of("x", "BDAY:1996-04-15")):
        assert converted(text, OLD) == text
    assert converted(of(OLD, "FN:a"), "5.0") == of(OLD, "FN:a")


def test_a_line_with_a_head_that_nobody_keeps_is_left_as_it_is() -> None:
    for bomb in (';A=""' * 20_000, ";A=" + "," * 90_000, ";A=b" * 20_000, '"' * 90_000):
        assert f"PHOTO{bomb}:x" in converted(of(NEW, "FN:a", f"PHOTO{bomb}:x"), OLD)


def test_an_older_card_has_a_name_and_long_lines_are_folded_between_characters() -> None:
    text = converted(of(NEW, "FN:Abla K", f"PHOTO:data:image/png;base64,{PIXEL * 3}", "NOTE:" + "é" * 100), OLD)
    assert "N:Abla K;;;;" in body(text)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n") if not line.startswith("NOTE"))
    # What is not changed is folded as it was.
    assert "NOTE:" + "é" * 100 in text
    theirs = vobject.readOne(text)
    assert theirs.fn.value == "Abla K"
    assert theirs.version.value == "3.0"
    assert theirs.photo.value.startswith(b"\x89PNG")


LINES = st.lists(
    st.one_of(
        st.sampled_from([old for old, _ in PAIRS]),
        st.builds(
            lambda name, value: f"{name}:{value}",
            st.sampled_from(["NOTE", "X-A", "ORG", "TITLE", "URL"]),
            st.text(alphabet="aé\\,;: =\"", max_size=90),
        ),
    ),
    max_size=12,
)  # fmt: skip


@given(LINES)
def test_there_and_back_nothing_is_lost(lines: list[str]) -> None:
    text = of(OLD, "FN:x", "N:;;;;", *lines)
    assert body(converted(converted(text, NEW), OLD)) == body(text)


@given(st.text(alphabet='BEGIN:VCARDSO3.04;"=,\r\n éxdata', max_size=200))
def test_any_text_is_converted_or_left_in_bounded_time(text: str) -> None:
    for version in (OLD, NEW):
        assert isinstance(converted(text, version), str)


async def test_a_client_is_given_the_version_that_it_asks_for_and_the_card_stays(agent: Client) -> None:
    kept = {
        "ancienne.vcf": card("Ancienne", "u1", "BDAY:1996-04-15", "X-CHOSE:reste"),
        "neuve.vcf": card("Neuve", "u2", "BDAY:--0415", "KIND:individual", version="4.0"),
    }
    for name, vcard in kept.items():
        assert (await agent.put(name, vcard)).status_code == 201
    tags = {name: (await agent.ask("GET", f"{agent.book}{name}")).headers["etag"] for name in kept}

    async def asked(attributes: str, report: str = "multiget") -> dict[str, str]:
        prop = f"<D:prop><D:getetag/><CR:address-data {attributes}/></D:prop>"
        inner = {
            "multiget": prop + "".join(f"<D:href>{agent.book}{name}</D:href>" for name in kept),
            "query": prop + '<CR:filter><CR:prop-filter name="FN"/></CR:filter>',
        }[report]
        found = await agent.report(agent.book, f"CR:addressbook-{report}", inner)
        assert {found.texts(f"{agent.book}{name}", "getetag")[0] for name in kept} == set(tags.values())
        return {name: found.texts(f"{agent.book}{name}", "address-data")[0] for name in kept}

    for report in ("multiget", "query"):
        new = await asked('content-type="text/vcard" version="4.0"', report)
        assert body(new["ancienne.vcf"])[-2:] == ["BDAY:19960415", "X-CHOSE:reste"]
        assert new["neuve.vcf"].encode().replace(b"\n", b"\r\n").replace(b"\r\r", b"\r") == kept["neuve.vcf"]
        old = await asked('version="3.0"', report)
        assert "X-ADDRESSBOOKSERVER-KIND:individual" in old["neuve.vcf"]
        assert "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15" in old["neuve.vcf"]
        as_kept = await asked("", report)
        assert "BDAY:--0415" in as_kept["neuve.vcf"]
    for name, vcard in kept.items():
        answer = await agent.ask("GET", f"{agent.book}{name}")
        assert (answer.content, answer.headers["etag"]) == (vcard, tags[name])
    for wrong in ('version="2.1"', 'version="5.0"', 'content-type="text/calendar"'):
        prop = f"<D:prop><CR:address-data {wrong}/></D:prop><D:href>{agent.book}neuve.vcf</D:href>"
        declared = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMES.items())
        refused = await agent.ask(
            "REPORT", agent.book, f"<CR:addressbook-multiget {declared}>{prop}</CR:addressbook-multiget>"
        )
        assert (refused.status_code, condition(refused)) == (403, "supported-address-data"), wrong


async def test_limits_are_told_and_held(agent: Client) -> None:
    for number in range(4):
        await agent.put(f"{number}.vcf", card(f"Nom {number}", f"u{number}"))
    found = await agent.propfind(agent.book, "CR:max-resource-size", "CR:supported-address-data")
    assert int(found.texts(agent.book, "max-resource-size")[0]) == 1024 * 1024
    versions = [each.get("version") for each in found.properties[agent.book]["supported-address-data"]]
    assert versions == [OLD, NEW]
    inner = (
        "<D:prop><D:getetag/></D:prop><CR:filter><CR:prop-filter name='FN'/></CR:filter>"
        "<CR:limit><CR:nresults>{}</CR:nresults></CR:limit>"
    )
    some = await agent.report(agent.book, "CR:addressbook-query", inner.format(3))
    assert (len(some.properties), some.statuses) == (3, {agent.book: 507})
    assert "number-of-matches-within-limits" in etree.tostring(etree.fromstring(some.answer.content)).decode()
    whole = await agent.report(agent.book, "CR:addressbook-query", inner.format(4))
    assert (len(whole.properties), whole.statuses) == (4, {})
