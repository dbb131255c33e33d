"""The header field If (RFC 4918 §10.4), with ETags and state tokens."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.if_header import Clause, Condition, State, holds, read_if
from tests.directory.cards import card
from tests.gateway.dav.conftest import Client, Found

NOT_TAKEN = [
    "", "(", ")", "()", "( )", "(Not)", "(Not Not <a:b>)", "<a:b>", "<a:b> <c:d> ([\"e\"])", '["e"]', "(<a b>)",
    '(["e")', '([e])', '(["e"]', '(["e"]))', "(<a:b>) x", '(["é"])', "(" * 5000, '(["e"]) <a:b>', "(<>)",
    "(" + "<a:b>" * 101 + ")", "x" * 9000, '("e")', "(NotX)",
]  # fmt: skip


def test_lists_are_read_and_what_is_none_is_refused() -> None:
    read = read_if('(["a"] Not <urn:x:1>) (Not [W/"b"])')
    assert read == [
        Clause(None, (Condition("a", True), Condition("urn:x:1", False, negated=True))),
        Clause(None, (Condition('W/"b"'.replace('"', ""), True, negated=True),)),
    ]
    tagged = read_if('<http://h/dav/x> (["a"]) (["b"]) </dav/y> (not <DAV:no-lock>)')
    assert [clause.resource for clause in tagged] == ["http://h/dav/x", "http://h/dav/x", "/dav/y"]
    for text in NOT_TAKEN:
        with pytest.raises(Malformed):
            read_if(text)


@given(st.text(alphabet='()<>[]"NotW/ aé:\t', max_size=60))
def test_any_text_is_lists_or_a_refusal(text: str) -> None:
    try:
        clauses = read_if(text)
    except Malformed:
        return
    assert clauses
    assert all(clause.conditions for clause in clauses)


async def test_one_list_has_to_hold_whole() -> None:
    async def state_of(href: str) -> State:
        return {"/own": State(etag="e1"), "/book": State(tokens=frozenset({"t1", "urn:uuid:held"}))}.get(href, State())

    async def judged(text: str) -> tuple[bool, tuple[str, ...]]:
        return await holds(read_if(text), "/own", state_of)

    assert await judged('(["e1"])') == (True, ("e1",))
    assert await judged('(["e2"]) (["e1"])') == (True, ("e1",))
    assert await judged('(["e2"])') == (False, ())
    assert await judged('(["e1"] ["e2"])') == (False, ())
    assert await judged('(["e1"] <DAV:no-lock>)') == (False, ())
    assert await judged('(["e1"] Not <DAV:no-lock>)') == (True, ("e1",))
    assert await judged("(Not <DAV:no-lock>)") == (True, ())
    assert await judged("(<urn:uuid:a-lock>)") == (False, ())
    assert await judged("</book> (<urn:uuid:held> <t1>)") == (True, ())
    assert await judged("</book> (<t1>)") == (True, ())
    assert await judged('</book> (<t2>) </own> (["e1"])') == (True, ("e1",))
    assert await judged('</nowhere> (["e1"])') == (False, ())
    assert await judged('</nowhere> (Not ["e1"])') == (True, ())
    assert await judged('([W/"e1"])') == (False, ())


async def test_writes_are_done_upon_the_etag_or_token_that_if_names(agent: Client, stranger: Client) -> None:
    path = f"{agent.book}a.vcf"
    # Nothing is there yet.
    assert (await agent.put("a.vcf", card("a", "u"), If='(["any"])')).status_code == 412
    made = await agent.put("a.vcf", card("a", "u"), If='(Not ["any"])')
    assert made.status_code == 201
    tag = made.headers["etag"]
    wrong = '(["autre"])'
    for method, body in (("PUT", card("b", "u")), ("DELETE", b""), ("GET", b""), ("PROPFIND", b"")):
        assert (await agent.ask(method, path, body, If=wrong, content_type="text/vcard")).status_code == 412, method
    assert (await agent.ask("PUT", path, card("b", "u"), If="(", content_type="text/vcard")).status_code == 400
    changed = await agent.put("a.vcf", card("b", "u"), If=f"([{tag}] Not <DAV:no-lock>)")
    assert changed.status_code == 204
    assert (await agent.put("a.vcf", card("c", "u"), If=f"([{tag}])")).status_code == 412
    now = changed.headers["etag"]
    # By the URL of the resource itself, and together with If-Match.
    tagged = f"<http://gateway.example{path}> ([{now}])"
    assert (await agent.put("a.vcf", card("c", "u"), If=tagged, if_match='"autre"')).status_code == 412
    again = await agent.put("a.vcf", card("c", "u"), If=tagged, if_match=f'"autre", {now}')
    assert again.status_code == 204
    # The whole address book as it was when it was synchronised (RFC 6578 §5).
    token = (await agent.propfind(agent.book, "D:sync-token")).texts(agent.book, "sync-token")[0]
    upon = f"<{agent.book}> (<{token}>)"
    assert (await agent.put("b.vcf", card("d", "v"), If=upon)).status_code == 201
    assert (await agent.put("c.vcf", card("e", "w"), If=upon)).status_code == 412
    # Of what is somebody else's, nothing is told.
    for theirs in (agent.book, path, f"{agent.home}none/"):
        held = f"<{theirs}> (Not <urn:x:1>) "
        answers = [
            (await stranger.put("x.vcf", card("x", "x"), If=f"<{theirs}> ({each})")).status_code
            for each in (f"<{token}>", f"[{again.headers['etag']}]")
        ]
        assert answers == [412, 412], held
    moved = await agent.ask("MOVE", path, destination=f"{agent.book}z.vcf", If='(["autre"])')
    assert moved.status_code == 412
    assert (await agent.ask("DELETE", path, If=f"([{again.headers['etag']}])")).status_code == 204


async def test_of_many_who_write_upon_the_same_etag_one_does(agent: Client) -> None:
    """An ETag of the resource itself is held in the write, not only before it."""
    tag = (await agent.put("a.vcf", card("a", "u"))).headers["etag"]
    answers = await asyncio.gather(
        *(agent.put("a.vcf", card(f"a{number}", "u"), If=f"([{tag}])") for number in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [412] * 7
    assert isinstance(await agent.sync(), Found)
