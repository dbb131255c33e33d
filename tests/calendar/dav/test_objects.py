"""What is in a calendar by CalDAV: written upon conditions, read back, moved, told as changes."""

import asyncio
from urllib.parse import urlsplit

from tests.calendar.dav.conftest import CalendarClient, condition, event
from tests.calendar.office import Office


async def test_an_object_is_kept_and_given_back_octet_for_octet(mine: CalendarClient) -> None:
    content = event("u1", summary="Réunion — é\\, à 9 h")
    made = await mine.store("a.ics", content)
    assert made.status_code == 201
    got = await mine.ask("GET", f"{mine.calendar}a.ics")
    assert got.content == content
    assert got.headers["etag"] == made.headers["etag"]
    assert got.headers["content-type"].startswith("text/calendar")
    assert "component=VEVENT" in got.headers["content-type"]
    assert got.headers["content-security-policy"].startswith("sandbox")
    # What is kept without a stray control character is another object, which its program has to read (§5.3.4).
    stray = await mine.store("b.ics", event("u2", summary="a\x7fb"))
    assert stray.status_code == 201
    assert "etag" not in stray.headers
    head = await mine.ask("HEAD", f"{mine.calendar}a.ics")
    assert (head.status_code, head.content) == (200, b"")
    assert (await mine.ask("DELETE", f"{mine.calendar}a.ics")).status_code == 204
    assert (await mine.ask("GET", f"{mine.calendar}a.ics")).status_code == 404


async def test_conditions_guard_every_write(mine: CalendarClient) -> None:
    first = await mine.store("a.ics", event("u"), if_none_match="*")
    assert first.status_code == 201
    assert (await mine.store("a.ics", event("u"), if_none_match="*")).status_code == 412
    changed = [mine.store("a.ics", event("u", summary=f"n{n}"), if_match=first.headers["etag"]) for n in range(6)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*changed)) == [204] + [412] * 5
    assert (await mine.ask("DELETE", f"{mine.calendar}a.ics", if_match='"autre"')).status_code == 412
    for tag in ("x", '"a", "b"', 'W/"a"', '""'):
        assert (await mine.store("a.ics", event("u"), if_schedule_tag_match=tag)).status_code == 400, tag
    assert (await mine.store("a.ics", event("u"), if_schedule_tag_match='"autre"')).status_code == 412


async def test_what_no_calendar_keeps_is_refused_by_its_rule(office: Office, mine: CalendarClient) -> None:
    assert (await mine.store("a.ics", event("u1"))).status_code == 201
    before = await office.state()
    refused = {
        "valid-calendar-data": b"BEGIN:VCARD\r\nEND:VCARD\r\n",
        "valid-calendar-object-resource": event("u").replace(b"UID:u\r\n", b""),
        "no-uid-conflict": event("u1"),
        "max-resource-size": event("u", "20261130T090000Z", "20261130T100000Z", "x" * 1_100_000),
    }
    for rule, content in refused.items():
        answer = await mine.store("b.ics", content)
        assert (answer.status_code, condition(answer)) == (403, rule), answer.text
    conflict = await mine.store("b.ics", event("u1"))
    assert f"{mine.calendar}a.ics" in conflict.text
    method = event("u").replace(b"BEGIN:VEVENT", b"METHOD:REQUEST\r\nBEGIN:VEVENT")
    assert condition(await mine.store("b.ics", method)) == "valid-calendar-object-resource"
    typed = await mine.store("b.ics", event("u"), content_type="text/html")
    assert (typed.status_code, condition(typed)) == (403, "supported-calendar-data")
    bomb = event("u", "20261130T090000Z", "20261130T100000Z", "x", "RRULE:FREQ=SECONDLY")
    assert condition(await mine.store("b.ics", bomb)) == "valid-calendar-data"
    assert (await mine.store("b.ics", event("u"), content_range="bytes 0-1/2")).status_code == 400
    assert (await mine.ask("PUT", mine.calendar, event("u"))).status_code == 405
    assert await office.state() == before


async def test_an_object_keeps_its_uid(mine: CalendarClient) -> None:
    await mine.store("a.ics", event("u1"))
    other = await mine.store("a.ics", event("u2"))
    assert (other.status_code, condition(other)) == (403, "no-uid-conflict")
    assert f"{mine.calendar}a.ics" in other.text
    assert (await mine.ask("GET", f"{mine.calendar}a.ics")).content == event("u1")


async def test_who_prefers_it_sees_what_is_there_after_a_write_and_in_its_way(mine: CalendarClient) -> None:
    prefer = {"prefer": "return=representation"}
    made = await mine.store("a.ics", event("u"), **prefer)
    assert (made.status_code, made.content) == (201, event("u"))
    assert made.headers["preference-applied"] == "return=representation"
    failed = await mine.store("a.ics", event("u", summary="autre"), if_match='"x"', **prefer)
    assert (failed.status_code, failed.content) == (412, event("u"))
    assert failed.headers["etag"] == made.headers["etag"]
    assert (await mine.store("a.ics", event("u", summary="b"))).content == b""


async def test_objects_are_moved_and_copied(mine: CalendarClient) -> None:
    await mine.store("a.ics", event("u"))
    await mine.make("autre")
    other = f"{mine.home}autre/"
    moved = await mine.ask("MOVE", f"{mine.calendar}a.ics", destination=f"{other}b.ics")
    assert moved.status_code == 201
    assert (await mine.ask("GET", f"{mine.calendar}a.ics")).status_code == 404
    copied = await mine.ask("COPY", f"{other}b.ics", destination=f"{mine.calendar}c.ics")
    assert copied.status_code == 201
    twice = await mine.ask("COPY", f"{other}b.ics", destination=f"{mine.calendar}d.ics")
    assert (twice.status_code, condition(twice)) == (403, "no-uid-conflict")
    assert f"{mine.calendar}c.ics" in twice.text
    kept = await mine.ask("MOVE", f"{other}b.ics", destination=f"{mine.calendar}c.ics", overwrite="F")
    assert kept.status_code == 412
    for path in (f"{other}b.ics", f"{mine.calendar}c.ics"):
        assert (await mine.ask("GET", path)).content == event("u")
    for to in (f"/dav/addressbooks/{mine.address}/contacts/a.ics", f"{mine.home}outbox/a.ics", "/dav/"):
        assert (await mine.ask("COPY", f"{other}b.ics", destination=to)).status_code == 403, to
    nowhere = await mine.ask("COPY", f"{other}b.ics", destination=f"{mine.home}none/a.ics")
    assert (nowhere.status_code, condition(nowhere)) == (409, "collection-must-exist")


async def test_nothing_is_made_where_no_collection_is_alike_for_what_others_have(
    mine: CalendarClient, others: CalendarClient
) -> None:
    assert (await mine.make("cabinet")).status_code == 201
    told = set()
    hidden = (f"{mine.home}cabinet/", mine.calendar, f"{mine.home}none/", "/dav/calendars/personne@sante.gouv.tg/none/")
    for parent in (f"{others.home}none/", *hidden):
        for prefer in ({}, {"prefer": "return=representation"}):
            put = await others.ask("PUT", f"{parent}a.ics", event("u"), content_type="text/calendar", **prefer)
            told.add((put.status_code, condition(put)))
        inner = await others.ask("MKCALENDAR", f"{parent}b/")
        told.add((inner.status_code, condition(inner)))
    assert told == {(409, "collection-must-exist")}
    for home in (mine.home, "/dav/calendars/personne@sante.gouv.tg/"):
        answer = await others.ask("MKCALENDAR", f"{home}cabinet/")
        assert (answer.status_code, condition(answer)) == (409, "collection-must-exist"), home


async def test_synchronisation_tells_changes_and_deletions_in_pieces(mine: CalendarClient) -> None:
    for number in range(5):
        await mine.store(f"{number}.ics", event(f"u{number}"))
    first = await mine.sync(path=mine.calendar)
    assert len(first.properties) == 5
    assert urlsplit(first.sync_token).scheme, "a URI"
    await mine.store("1.ics", event("u1", summary="autre"))
    await mine.ask("DELETE", f"{mine.calendar}2.ics")
    second = await mine.sync(first.sync_token, path=mine.calendar)
    assert list(second.properties) == [f"{mine.calendar}1.ics"]
    assert second.statuses == {f"{mine.calendar}2.ics": 404}
    seen: set[str] = set()
    token = ""
    for _ in range(10):
        piece = await mine.sync(token, limit=2, path=mine.calendar)
        seen |= set(piece.properties)
        token = piece.sync_token
        if mine.calendar not in piece.statuses:
            break
        assert piece.statuses[mine.calendar] == 507
    assert seen == {f"{mine.calendar}{n}.ics" for n in (0, 1, 3, 4)}
    for token in ("x", "data:,", "data:,other-1", f"{first.sync_token}9"):
        body = (
            f'<D:sync-collection xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>'
            "<D:prop><D:getetag/></D:prop></D:sync-collection>"
        )
        answer = await mine.ask("REPORT", mine.calendar, body)
        assert (answer.status_code, condition(answer)) == (403, "valid-sync-token"), token


async def test_named_objects_come_at_once(mine: CalendarClient) -> None:
    await mine.store("a.ics", event("u1"))
    await mine.store("b c.ics", event("u2"))
    hrefs = "".join(
        f"<D:href>{each}</D:href>"
        for each in (f"{mine.calendar}a.ics", f"http://elsewhere{mine.calendar}b%20c.ics", f"{mine.calendar}none.ics",
                     "/dav/calendars/x@y.tg/agenda/a.ics", "../../etc/passwd")
    )  # fmt: skip
    found = await mine.report(
        mine.calendar, "C:calendar-multiget", f"<D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}"
    )
    assert found.properties[f"{mine.calendar}a.ics"]["calendar-data"].text.encode() == event("u1")
    assert f"{mine.calendar}b%20c.ics" in found.properties
    assert set(found.statuses.values()) == {404}
    assert len(found.statuses) == 3
