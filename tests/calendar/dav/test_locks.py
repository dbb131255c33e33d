"""Write locks (RFC 4918 §6, §7) as clients use them: what litmus asks of locks, with calendar objects."""

import asyncio

import httpx
import pytest
from lxml import etree

from tests.calendar.dav.conftest import CalendarClient, condition, event, share
from tests.calendar.office import Office
from tests.gateway.dav.conftest import NAMES

OTHER = "<urn:uuid:00000000-0000-4000-8000-000000000000>"


def lockinfo(scope: str = "exclusive") -> str:
    return (
        f'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype>'
        "<D:owner><D:href>mailto:bureau@numerique.gouv.tg</D:href></D:owner></D:lockinfo>"
    )


async def take(client: CalendarClient, path: str, scope: str = "exclusive", **headers: str) -> httpx.Response:
    headers.setdefault("depth", "0")
    return await client.ask("LOCK", path, lockinfo(scope), **headers)


def token_of(answer: httpx.Response) -> str:
    """With its brackets."""
    assert answer.status_code in {200, 201}, (answer.status_code, answer.text)
    token = answer.headers["lock-token"]
    active = etree.fromstring(answer.content).find(".//D:activelock", NAMES)
    assert active.findtext("D:locktoken/D:href", None, NAMES) == token.strip("<>")
    return str(token)


def locked(answer: httpx.Response) -> str:
    """The href that is in the way."""
    assert (answer.status_code, condition(answer)) == (423, "lock-token-submitted"), answer.text
    return str(etree.fromstring(answer.content)[0].findtext("D:href", None, NAMES))


@pytest.fixture
async def theirs(mine: CalendarClient, theirs: CalendarClient) -> CalendarClient:
    """A colleague who may write in the agent's calendar."""
    await share(mine, theirs.address, "ROLE_WRITE", private=True)
    return theirs


async def test_a_locked_object_is_written_by_whoever_submits_the_token(
    mine: CalendarClient, theirs: CalendarClient
) -> None:
    path = f"{mine.calendar}a.ics"
    tag = (await mine.store("a.ics", event("u"))).headers["etag"]
    answer = await take(mine, path, timeout="Infinite, Second-4100000000")
    token = token_of(answer)
    assert answer.status_code == 200
    found = await theirs.propfind(path, "D:lockdiscovery", "D:supportedlock")
    active = found.properties[path]["lockdiscovery"][0]
    assert active.findtext("D:lockroot/D:href", None, NAMES) == path
    assert active.findtext("D:depth", None, NAMES) == "0"
    assert "mailto:bureau@numerique.gouv.tg" in "".join(active.find("D:owner", NAMES).itertext())
    assert 3500 < int(active.findtext("D:timeout", None, NAMES).removeprefix("Second-")) <= 3600
    scopes = {each.tag for each in found.properties[path]["supportedlock"].iter()}
    assert {"{DAV:}exclusive", "{DAV:}shared"} <= scopes
    # Nobody without the token: not another, who says it or not, and not the same person's other program.
    changed = event("u", summary="autre")
    for who in (mine, theirs):
        assert locked(await who.ask("PUT", path, changed, content_type="text/calendar")) == path
        assert locked(await who.ask("DELETE", path)) == path
        to = f"{mine.home}agenda/b.ics"
        assert locked(await who.ask("MOVE", path, destination=to)) == path
        assert locked(await who.ask("PUT", path, event("u"), content_type="text/calendar")) == path
    stolen = await theirs.ask("PUT", path, changed, content_type="text/calendar", If=f"({token})")
    assert locked(stolen) == path
    for scope in ("exclusive", "shared"):
        second = await take(theirs, path, scope)
        assert (second.status_code, condition(second)) == (423, "no-conflicting-lock")
    # With it, alone or together with an ETag, also named by its resource.
    kept = await mine.store("a.ics", changed, If=f"({token} [{tag}])")
    assert kept.status_code == 204
    assert (await mine.store("a.ics", event("u"), If=f"({token} [{tag}])")).status_code == 412
    assert (await mine.store("a.ics", event("u"), If=f"<{path}> ({token}) (Not <DAV:no-lock>)")).status_code == 204
    # Conditions that hold and submit nothing, stale and invented tokens.
    corrupt = f"({OTHER}) (Not <DAV:no-lock>)"
    assert locked(await mine.store("a.ics", changed, If=corrupt)) == path
    assert (await mine.store("a.ics", changed, If=f"({OTHER})")).status_code == 412
    assert (await mine.store("a.ics", changed, If='(<DAV:no-lock>) (["autre"])')).status_code == 412
    assert (await mine.ask("GET", path)).content == event("u")
    copied = await mine.ask("COPY", path, destination=f"{mine.calendar}c.ics")
    assert (copied.status_code, condition(copied)) == (403, "no-uid-conflict")
    # Its end.
    for wrong in ("", "x", OTHER):
        assert (await mine.ask("UNLOCK", path, lock_token=wrong)).status_code in {400, 409}, wrong
    refused = await theirs.ask("UNLOCK", path, lock_token=token)
    assert (refused.status_code, condition(refused)) == (403, "need-privileges")
    assert (await mine.ask("UNLOCK", path, lock_token=token)).status_code == 204
    assert (await theirs.ask("PUT", path, changed, content_type="text/calendar")).status_code == 204
    last = event("u", summary="sans verrou")
    assert (await mine.store("a.ics", last, If=f"({token})")).status_code == 412
    assert (await mine.ask("GET", path)).content == changed


async def test_a_lock_is_refreshed_and_runs_out(mine: CalendarClient, theirs: CalendarClient, office: Office) -> None:
    path = f"{mine.calendar}a.ics"
    await mine.store("a.ics", event("u"))
    token = token_of(await take(mine, path, timeout="Second-60"))
    office.clock.pass_by(seconds=50)
    again = await mine.ask("LOCK", path, timeout="Second-120", If=f"({token})")
    assert again.status_code == 200
    assert "lock-token" not in again.headers
    assert etree.fromstring(again.content).findtext(".//D:timeout", None, NAMES) == "Second-120"
    for who, said in ((mine, f"({OTHER}) (Not <DAV:no-lock>)"), (theirs, f"({token})")):
        assert (await who.ask("LOCK", path, If=said)).status_code == 412
    assert (await mine.ask("LOCK", path)).status_code == 400
    office.clock.pass_by(seconds=100)
    assert locked(await mine.store("a.ics", event("u", summary="x"))) == path
    office.clock.pass_by(seconds=30)
    found = await mine.propfind(path, "D:lockdiscovery")
    assert len(found.properties[path]["lockdiscovery"]) == 0
    assert (await mine.ask("LOCK", path, If=f"({token})")).status_code == 412
    assert (await mine.store("a.ics", event("u", summary="x"))).status_code == 204
    token_of(await take(theirs, path))


async def test_shared_locks_stand_beside_each_other(mine: CalendarClient, theirs: CalendarClient) -> None:
    path = f"{mine.calendar}a.ics"
    await mine.store("a.ics", event("u"))
    one, two = token_of(await take(mine, path, "shared")), token_of(await take(theirs, path, "shared"))
    assert one != two
    assert (await take(mine, path)).status_code == 423
    assert locked(await mine.store("a.ics", event("u", summary="x"))) == path
    assert (await mine.store("a.ics", event("u", summary="x"), If=f"({one})")).status_code == 204
    written = await theirs.ask("PUT", path, event("u", summary="y"), content_type="text/calendar", If=f"({two})")
    assert written.status_code == 204
    for who, token in ((mine, one), (theirs, two)):
        assert (await who.ask("UNLOCK", path, lock_token=token)).status_code == 204


async def test_a_locked_calendar_holds_what_is_in_it_and_by_depth_0_only_what_it_has(
    mine: CalendarClient, theirs: CalendarClient
) -> None:
    await mine.store("a.ics", event("u"))
    whole = token_of(await take(mine, mine.calendar, depth="infinity"))
    renamed = '<propertyupdate xmlns="DAV:"><set><prop><displayname>x</displayname></prop></set></propertyupdate>'
    assert locked(await theirs.ask("PUT", f"{mine.calendar}a.ics", event("u", summary="x"))) == mine.calendar
    assert locked(await theirs.ask("PUT", f"{mine.calendar}b.ics", event("v"))) == mine.calendar
    assert locked(await mine.ask("PROPPATCH", mine.calendar, renamed)) == mine.calendar
    assert (await take(theirs, f"{mine.calendar}a.ics")).status_code == 423
    assert (await mine.store("b.ics", event("v"), If=f"<{mine.calendar}> ({whole})")).status_code == 201
    # Its name for what is within leads to it too, and so does its end.
    assert (await mine.store("c.ics", event("w"), If=f"({whole})")).status_code == 201
    refreshed = await mine.ask("LOCK", f"{mine.calendar}a.ics", If=f"({whole})")
    assert etree.fromstring(refreshed.content).findtext(".//D:lockroot/D:href", None, NAMES) == mine.calendar
    found = await mine.propfind(f"{mine.calendar}a.ics", "D:lockdiscovery")
    assert len(found.properties[f"{mine.calendar}a.ics"]["lockdiscovery"]) == 1
    assert (await mine.ask("UNLOCK", mine.calendar, lock_token=whole)).status_code == 204
    alone = token_of(await take(mine, mine.calendar, depth="0"))
    assert (await theirs.ask("PUT", f"{mine.calendar}a.ics", event("u", summary="y"))).status_code == 204
    assert locked(await theirs.ask("PUT", f"{mine.calendar}d.ics", event("x"))) == mine.calendar
    assert locked(await theirs.ask("DELETE", f"{mine.calendar}a.ics")) == mine.calendar
    assert (await take(theirs, f"{mine.calendar}a.ics")).status_code == 200
    assert (await take(mine, mine.calendar, depth="infinity")).status_code == 423
    assert (await take(mine, mine.calendar, depth="1")).status_code == 400
    # Whose calendar it is ends anybody's lock.
    held = (await mine.propfind(f"{mine.calendar}a.ics", "D:lockdiscovery")).properties[f"{mine.calendar}a.ics"]
    foreign = held["lockdiscovery"].findtext("D:activelock/D:locktoken/D:href", None, NAMES)
    assert (await mine.ask("UNLOCK", f"{mine.calendar}a.ics", lock_token=f"<{foreign}>")).status_code == 204
    assert (await mine.ask("DELETE", f"{mine.calendar}a.ics", If=f"<{mine.calendar}> ({alone})")).status_code == 204


async def test_a_name_is_locked_before_there_is_anything(mine: CalendarClient, theirs: CalendarClient) -> None:
    path = f"{mine.calendar}new.ics"
    answer = await take(mine, path)
    token = token_of(answer)
    assert answer.status_code == 201
    empty = await mine.ask("GET", path)
    assert (empty.status_code, empty.content) == (200, b"")
    assert path in (await mine.propfind(mine.calendar, "D:getetag", depth="1")).properties
    assert locked(await theirs.ask("PUT", path, event("u"))) == path
    assert (await mine.store("new.ics", event("u"), If=f"({token})")).status_code == 201
    assert (await mine.ask("GET", path)).content == event("u")
    assert (await mine.propfind(path, "D:lockdiscovery")).properties[path]["lockdiscovery"][0] is not None
    # What is deleted takes its lock with it.
    assert (await mine.ask("DELETE", path, If=f"({token})")).status_code == 204
    assert (await mine.ask("GET", path)).status_code == 404
    assert (await theirs.ask("PUT", path, event("u"))).status_code == 201
    # What nobody wrote goes with its lock, and by DELETE.
    other = f"{mine.calendar}other.ics"
    token = token_of(await take(mine, other))
    assert (await mine.ask("UNLOCK", other, lock_token=token)).status_code == 204
    assert (await mine.ask("GET", other)).status_code == 404
    token = token_of(await take(mine, other))
    assert (await mine.ask("DELETE", other, If=f"({token})")).status_code == 204
    assert (await mine.ask("GET", other)).status_code == 404


async def test_of_many_who_lock_at_once_one_does(mine: CalendarClient, theirs: CalendarClient) -> None:
    path = f"{mine.calendar}a.ics"
    await mine.store("a.ics", event("u"))
    answers = await asyncio.gather(*(take(who, path) for who in (mine, theirs) * 4))
    assert sorted(answer.status_code for answer in answers) == [200] + [423] * 7


async def test_what_is_no_lock_is_refused(mine: CalendarClient, others: CalendarClient) -> None:
    await mine.store("a.ics", event("u"))
    path = f"{mine.calendar}a.ics"
    wrong = (
        "<a/>", '<lockinfo xmlns="DAV:"/>', "<!DOCTYPE x [<!ENTITY e 'x'>]><x>&e;</x>",
        lockinfo().replace("D:exclusive", "D:none"), lockinfo().replace("D:write", "D:read"),
        lockinfo().replace("mailto:", "mailto:" + "x" * 3000), "<a>" * 100,
    )  # fmt: skip
    for body in wrong:
        assert (await mine.ask("LOCK", path, body, depth="0")).status_code == 400, body[:80]
    for where in ("/dav/", "/dav/principals/", mine.home, mine.principal):
        assert (await take(mine, where)).status_code == 405, where
    assert (await take(mine, f"/dav/addressbooks/{mine.address}/contacts/")).status_code == 405
    assert (await take(mine, f"{mine.home}inbox/")).status_code == 403
    for where in (mine.calendar, path, mine.home):
        assert (await take(others, where)).status_code == 404, where
        assert (await others.ask("UNLOCK", where, lock_token=OTHER)).status_code == 404, where


async def test_there_are_so_many_locks_and_no_more_until_one_ends(mine: CalendarClient) -> None:
    taken = [await take(mine, f"{mine.calendar}{number}.ics") for number in range(101)]
    assert [answer.status_code for answer in taken] == [201] * 100 + [507]
    # Nothing of a quota (RFC 4331 §6): deleting events would make no room for locks.
    assert [each.tag for each in etree.fromstring(taken[-1].content)] == ["{DAV:}responsedescription"]
    await mine.ask("UNLOCK", f"{mine.calendar}0.ics", lock_token=taken[0].headers["lock-token"])
    assert (await take(mine, f"{mine.calendar}100.ics")).status_code == 201


async def test_what_a_move_meets_is_named_where_it_is(mine: CalendarClient) -> None:
    await mine.store("a.ics", event("u"))
    assert (await mine.make("autre")).status_code == 201
    here, there = f"{mine.calendar}a.ics", f"{mine.home}autre/a.ics"
    token = token_of(await take(mine, here))
    assert locked(await mine.ask("MOVE", here, destination=there)) == here
    token_of(await take(mine, there))
    assert locked(await mine.ask("MOVE", here, destination=there, **{"if": f"({token})"})) == there


async def test_a_calendar_is_removed_with_the_tokens_of_all_that_is_locked_in_it(mine: CalendarClient) -> None:
    await mine.make("projet")
    path = f"{mine.home}projet/"
    assert (await mine.ask("PUT", f"{path}a.ics", event("u"), content_type="text/calendar")).status_code == 201
    token = token_of(await take(mine, f"{path}a.ics"))
    assert locked(await mine.ask("DELETE", path)) == f"{path}a.ics"
    assert (await mine.ask("DELETE", path, If=f"<{path}a.ics> ({token})")).status_code == 204
