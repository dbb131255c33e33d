"""Address books by CardDAV (RFC 6352): kept, read, queried, synchronised, and every rule that a refusal names."""

import asyncio

import pytest
from workspace.directory.v1 import directory_pb2 as pb

from tests.directory.cards import card
from tests.directory.conftest import Land, Stack
from tests.gateway.dav.conftest import Client, Found, condition

PLAIN = "<mkcol xmlns='DAV:'><set><prop><resourcetype><collection/></resourcetype></prop></set></mkcol>"
DECLARING = 'xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav"'


def text_filter(attributes: str) -> str:
    text = f"<CR:text-match {attributes}>a</CR:text-match>"
    return f'<CR:filter><CR:prop-filter name="FN">{text}</CR:prop-filter></CR:filter>'


@pytest.fixture(autouse=True)
async def ready(agent: Client) -> None:
    await agent.propfind(agent.home, "D:displayname", depth="1")


async def test_a_card_is_kept_and_given_back_octet_for_octet(agent: Client) -> None:
    odd = card("Été à Lomé", "u1", 'X-ODD;X="a":\\,', version="4.0").replace(b"\r\n", b"\n")
    made = await agent.put("odd%20one.vcf", odd)
    assert made.status_code == 201
    got = await agent.ask("GET", f"{agent.book}odd%20one.vcf")
    assert (got.content, got.headers["etag"]) == (odd, made.headers["etag"])
    assert got.headers["content-type"] == "text/vcard; charset=utf-8"
    head = await agent.ask("HEAD", f"{agent.book}odd%20one.vcf")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(odd)))
    again = await agent.ask("GET", f"{agent.book}odd%20one.vcf", if_none_match=f"W/{made.headers['etag']}")
    assert again.status_code == 304
    assert (await agent.put("odd%20one.vcf", odd)).status_code == 204
    assert (await agent.ask("DELETE", f"{agent.book}odd%20one.vcf")).status_code == 204
    assert (await agent.ask("GET", f"{agent.book}odd%20one.vcf")).status_code == 404


async def test_conditions_guard_every_write(agent: Client) -> None:
    made = await agent.put("a.vcf", card("Un", "u1"), if_none_match="*")
    etag = made.headers["etag"]
    assert (await agent.put("a.vcf", card("Deux", "u1"), if_none_match="*")).status_code == 412
    changed = await agent.put("a.vcf", card("Deux", "u1"), if_match=f'"x", {etag}')
    assert changed.status_code == 204
    for stale in (
        agent.put("a.vcf", card("Trois", "u1"), if_match=etag),
        agent.put("a.vcf", card("Trois", "u1"), if_match=f"W/{changed.headers['etag']}"),
        agent.ask("DELETE", f"{agent.book}a.vcf", if_match=etag),
        agent.ask("MOVE", f"{agent.book}a.vcf", destination=f"{agent.book}b.vcf", if_match=etag),
    ):
        assert (await stale).status_code == 412
    assert (await agent.put("a.vcf", card(), if_match="no quotes")).status_code == 400
    tried = [agent.put("a.vcf", card(f"Essai {n}", "u1"), if_match=changed.headers["etag"]) for n in range(6)]
    statuses = [answer.status_code for answer in await asyncio.gather(*tried)]
    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 412, 409}


REFUSED: list[tuple[bytes, str, int, str]] = [
    (b"rubbish", "text/vcard", 403, "valid-address-data"),
    (card(version="2.1"), "text/vcard", 403, "supported-address-data"),
    (card(version="5.0"), "text/vcard", 403, "supported-address-data"),
    (card() + card(), "text/vcard", 403, "valid-address-data"),
    (b"BEGIN:VCARD\r\n" * 20_000, "text/vcard", 403, "valid-address-data"),
    (card("a", "", *["TEL:1"] * 100_000), "text/vcard", 403, "valid-address-data"),
    (card("a", "", "NOTE:" + "x" * 1_100_000), "text/vcard", 403, "max-resource-size"),
    (card(), "text/calendar", 403, "supported-address-data"),
    (card("b", "taken"), "text/vcard", 409, "no-uid-conflict"),
]


async def test_what_no_address_book_keeps_is_refused_by_its_rule(agent: Client) -> None:
    await agent.put("holder.vcf", card("a", "taken"))
    for content, media_type, status, rule in REFUSED:
        answer = await agent.ask("PUT", f"{agent.book}new.vcf", content, content_type=media_type)
        assert (answer.status_code, condition(answer)) == (status, rule), content[:80]
        if rule == "no-uid-conflict":
            assert f"{agent.book}holder.vcf" in answer.text
    assert (await agent.ask("GET", f"{agent.book}new.vcf")).status_code == 404


async def test_address_books_are_made_described_and_deleted(agent: Client) -> None:
    path = f"{agent.home}travail/"
    body = (
        '<mkcol xmlns="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav" xmlns:X="urn:x"><set><prop><resourcetype>'
        "<collection/><CR:addressbook/></resourcetype><displayname>Travail</displayname>"
        "<CR:addressbook-description>Du bureau</CR:addressbook-description><X:colour>#f00</X:colour>"
        "</prop></set></mkcol>"
    )
    # All of it or nothing (RFC 5689 §3).
    large = body.replace("#f00", "x" * 5_000)
    assert large != body
    assert (await agent.ask("MKCOL", path, large)).status_code == 400
    assert (await agent.ask("PROPFIND", path, depth="0")).status_code == 404
    assert (await agent.ask("MKCOL", path, body)).status_code == 201
    assert (await agent.ask("MKCOL", path, body)).status_code == 405
    names = ("D:displayname", "CR:addressbook-description")
    found = await agent.propfind(path, *names)
    assert [found.texts(path, each.partition(":")[2]) for each in names] == [["Travail"], ["Du bureau"]]
    assert "#f00" in (await agent.ask("PROPFIND", path, depth="0")).text
    change = (
        '<propertyupdate xmlns="DAV:" xmlns:X="urn:x"><set><prop><displayname>Bureau</displayname></prop></set>'
        "<remove><prop><X:colour/></prop></remove></propertyupdate>"
    )
    assert list(Found.of(await agent.ask("PROPPATCH", path, change)).properties) == [path]
    assert (await agent.propfind(path, "D:displayname")).texts(path, "displayname") == ["Bureau"]
    assert "#f00" not in (await agent.ask("PROPFIND", path, depth="0")).text
    half = change.replace("<displayname>Bureau</displayname>", "<displayname>Non</displayname><getetag>x</getetag>")
    refused = await agent.ask("PROPPATCH", path, half)
    assert "cannot-modify-protected-property" in refused.text
    assert "424" in refused.text
    assert (await agent.propfind(path, "D:displayname")).texts(path, "displayname") == ["Bureau"]
    assert (await agent.ask("DELETE", path)).status_code == 204
    assert (await agent.ask("PROPFIND", path, depth="0")).status_code == 404


async def test_collections_that_cannot_be_made(agent: Client) -> None:
    for path, body, status, rule in (
        (f"{agent.home}x/", "", 403, "valid-resourcetype"),
        (f"{agent.home}x/", PLAIN, 403, "valid-resourcetype"),
        (agent.book, "", 405, None),
        (f"{agent.home}annuaire/", "", 405, None),
        ("/dav/new/", "", 403, "collection-must-exist"),
        (f"{agent.book}below/", "", 403, "collection-must-exist"),
    ):
        answer = await agent.ask("MKCOL", path, body)
        assert answer.status_code == status, path
        assert rule is None or condition(answer) == rule


async def test_cards_are_moved_and_copied(agent: Client) -> None:
    await agent.put("a.vcf", card("Un", "u1"))
    source = f"{agent.book}a.vcf"
    where = str(agent.http.base_url).rstrip("/")
    assert (await agent.ask("MOVE", source, destination=f"{where}{agent.book}b.vcf")).status_code == 201
    assert (await agent.ask("GET", source)).status_code == 404
    await agent.put("c.vcf", card("Deux", "u2"))
    kept = await agent.ask("MOVE", f"{agent.book}b.vcf", destination=f"{agent.book}c.vcf", overwrite="F")
    assert kept.status_code == 412
    over = await agent.ask("MOVE", f"{agent.book}b.vcf", destination=f"{agent.book}c.vcf")
    assert over.status_code == 204
    c = f"{agent.book}c.vcf"
    for there, status in (
        ("http://elsewhere.example/dav/", 502),
        (f"{agent.home}none/c.vcf", 409),
        (f"{agent.home}annuaire/c.vcf", 403),
        (agent.home, 403),
        (c, 403),
        ("", 400),
    ):
        assert (await agent.ask("MOVE", c, destination=there)).status_code == status, there
    assert (await agent.ask("COPY", c, destination=f"{agent.book}d.vcf")).status_code == 409


async def test_named_cards_come_at_once_whole_or_in_part(agent: Client) -> None:
    vcard = card("Un", "u1", "EMAIL;TYPE=work:a@gouv.tg", "NOTE:long\r\n er", "item1.TEL:1")
    await agent.put("a.vcf", vcard)
    hrefs = "".join(f"<D:href>{each}</D:href>" for each in (f"{agent.book}a.vcf", f"{agent.book}none.vcf", "/dav/x"))
    prop = "<D:prop><D:getetag/><CR:address-data/></D:prop>"
    found = await agent.report(agent.book, "CR:addressbook-multiget", prop + hrefs)
    assert found.properties[f"{agent.book}a.vcf"]["address-data"].text.encode() == vcard
    assert found.statuses == {f"{agent.book}none.vcf": 404, "/dav/x": 404}
    some = (
        '<D:prop><CR:address-data><CR:prop name="TEL"/><CR:prop name="NOTE" novalue="yes"/></CR:address-data></D:prop>'
    )
    part = await agent.report(agent.book, "CR:addressbook-multiget", some + hrefs)
    text = part.properties[f"{agent.book}a.vcf"]["address-data"].text
    assert text == "BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:\r\nitem1.TEL:1\r\nEND:VCARD\r\n"
    other = '<D:prop><CR:address-data content-type="application/vcard+json"/></D:prop>'
    answer = await agent.ask(
        "REPORT",
        agent.book,
        f"<CR:addressbook-multiget {DECLARING}>{other}{hrefs}</CR:addressbook-multiget>",
    )
    assert (answer.status_code, condition(answer)) == (403, "supported-address-data")


def prop_filter(name: str, inner: str = "") -> str:
    return f'<CR:prop-filter name="{name}">{inner}</CR:prop-filter>'


async def test_queries_find_by_properties_and_parameters(agent: Client) -> None:
    await agent.put("a.vcf", card("Économie", "u1", "EMAIL;TYPE=work:a@gouv.tg"))
    await agent.put("b.vcf", card("Santé", "u2", "EMAIL;TYPE=home:b@gouv.tg", "NICKNAME:x"))
    await agent.put("c.vcf", card("Énergie", "u3"))

    async def found(inner: str, test: str = "anyof", limit: str = "") -> set[str]:
        body = f'<D:prop><D:getetag/></D:prop><CR:filter test="{test}">{inner}</CR:filter>{limit}'
        answer = await agent.report(agent.book, "CR:addressbook-query", body, depth="1")
        assert answer.statuses in ({}, {agent.book: 507})
        return {href.rpartition("/")[2] for href in answer.properties} | ({"more"} if answer.statuses else set())

    match = '<CR:text-match match-type="starts-with">é</CR:text-match>'
    assert await found(prop_filter("FN", match)) == {"a.vcf", "c.vcf"}
    home = '<CR:param-filter name="TYPE"><CR:text-match match-type="equals">HOME</CR:text-match></CR:param-filter>'
    assert await found(prop_filter("EMAIL", home)) == {"b.vcf"}
    assert await found(prop_filter("EMAIL", "<CR:is-not-defined/>")) == {"c.vcf"}
    both = prop_filter("FN", match) + prop_filter("EMAIL")
    assert await found(both, "allof") == {"a.vcf"}
    assert await found(both) == {"a.vcf", "b.vcf", "c.vcf"}
    assert await found("") == {"a.vcf", "b.vcf", "c.vcf"}
    limited = await found("", limit="<CR:limit><CR:nresults>2</CR:nresults></CR:limit>")
    assert len(limited - {"more"}) == 2
    assert "more" in limited


async def test_queries_that_cannot_be_asked(agent: Client) -> None:
    for inner, status, rule in (
        ("", 400, None),
        ('<CR:filter test="oneof"/>', 400, None),
        ("<CR:filter><CR:prop-filter/></CR:filter>", 400, None),
        (text_filter('collation="i;klingon"'), 403, "supported-collation"),
        (text_filter('match-type="like"'), 400, None),
        ("<CR:filter>" + '<CR:prop-filter name="FN"/>' * 101 + "</CR:filter>", 400, None),
        ("<CR:filter/><CR:limit><CR:nresults>-1</CR:nresults></CR:limit>", 400, None),
    ):
        body = f"<CR:addressbook-query {DECLARING}>{inner}</CR:addressbook-query>"
        answer = await agent.ask("REPORT", agent.book, body)
        assert answer.status_code == status, answer.text
        assert rule is None or condition(answer) == rule


async def test_synchronisation_tells_changes_and_deletions(agent: Client) -> None:
    start = await agent.sync()
    for name in "abc":
        await agent.put(f"{name}.vcf", card(name, name))
    first = await agent.sync(start.sync_token)
    assert set(first.properties) == {f"{agent.book}{name}.vcf" for name in "abc"}
    await agent.ask("DELETE", f"{agent.book}a.vcf")
    await agent.put("b.vcf", card("changé", "b"))
    then = await agent.sync(first.sync_token)
    assert (set(then.properties), then.statuses) == ({f"{agent.book}b.vcf"}, {f"{agent.book}a.vcf": 404})
    nothing = await agent.sync(then.sync_token)
    assert (nothing.properties, nothing.statuses, nothing.sync_token) == ({}, {}, then.sync_token)
    token = (await agent.propfind(agent.book, "D:sync-token")).texts(agent.book, "sync-token")
    assert token == [then.sync_token]


async def test_synchronisation_in_pieces_says_that_there_is_more(agent: Client) -> None:
    for name in "abcde":
        await agent.put(f"{name}.vcf", card(name, name))
    token, seen, pieces = "", set(), 0
    for _ in range(5):
        piece = await agent.sync(token, limit=2)
        seen |= set(piece.properties)
        token, pieces = piece.sync_token, pieces + 1
        if piece.statuses == {}:
            break
        assert piece.statuses == {agent.book: 507}
    assert (len(seen), pieces) == (5, 3)


async def test_a_token_of_something_else_is_refused(agent: Client) -> None:
    for token in ("x", "data:,", "data:,x-1", "http://elsewhere/1", "data:,-5"):
        inner = f"<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop/>"
        answer = await agent.ask("REPORT", agent.book, f"<D:sync-collection {DECLARING}>{inner}</D:sync-collection>")
        assert (answer.status_code, condition(answer)) == (403, "valid-sync-token"), token


async def test_the_nation_is_searched_and_never_listed(agent: Client, stack: Stack, land: Land) -> None:
    book = f"{agent.home}annuaire/"
    listed = await agent.propfind(book, "D:displayname", "D:sync-token", "D:current-user-privilege-set", depth="1")
    assert list(listed.properties) == [book]
    assert "sync-token" in listed.missing[book]

    async def found(text: str) -> Found:
        match = f'<CR:text-match collation="i;unicode-casemap">{text}</CR:text-match>'
        body = f"<D:prop><D:getetag/><CR:address-data/></D:prop><CR:filter>{prop_filter('FN', match)}</CR:filter>"
        return await agent.report(book, "CR:addressbook-query", body, depth="1")

    someone = land.health_agent.account
    [href] = [h for h, p in (await found("agent")).properties.items() if someone.address in p["address-data"].text]
    assert href == f"{book}{someone.id}.vcf"
    got = await agent.ask("GET", href)
    assert f"EMAIL;TYPE=INTERNET:{someone.address}".encode() in got.content
    assert (await found("")).properties == {}
    hrefs = f"<D:href>{href}</D:href><D:href>{book}none.vcf</D:href>"
    several = await agent.report(book, "CR:addressbook-multiget", f"<D:prop><D:getetag/></D:prop>{hrefs}")
    assert (list(several.properties), several.statuses) == ([href], {f"{book}none.vcf": 404})
    refusals = [
        await agent.ask("PUT", href, got.content, content_type="text/vcard"),
        await agent.ask("DELETE", href),
        await agent.ask("DELETE", book),
        await agent.ask("MOVE", href, destination=f"{agent.book}x.vcf"),
    ]
    assert {(answer.status_code, condition(answer)) for answer in refusals} == {(403, "need-privileges")}
    assert (await agent.ask("COPY", href, destination=f"{agent.book}x.vcf")).status_code == 201
    suspend = pb.SuspendAccountRequest(id=someone.id)
    await stack.cli.accounts.SuspendAccount(suspend, **land.health_administrator.said)
