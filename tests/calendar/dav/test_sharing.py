"""Calendars that others share, and who acts for whom: what each sees by CalDAV, and what nobody else does."""

import httpx

from tests.calendar.dav.conftest import READ, WRITE, CalendarClient, condition, delegates, event, privileges, share


async def test_a_shared_calendar_stands_in_its_owners_home_and_among_ones_own(
    mine: CalendarClient, theirs: CalendarClient, others: CalendarClient
) -> None:
    await mine.store("a.ics", event("u"))
    assert (await theirs.ask("PROPFIND", mine.home, depth="0")).status_code == 404
    await share(mine, theirs.address, "ROLE_READ")
    asked = ("D:owner", "D:current-user-privilege-set", "D:acl", "D:resourcetype", "CS:getctag")
    home = await theirs.propfind(mine.home, *asked, depth="1")
    assert set(home.properties) == {mine.home, mine.calendar}
    assert home.texts(mine.calendar, "owner") == [mine.principal]
    assert {"read", "read-free-busy"} <= privileges(home, mine.calendar)
    assert privileges(home, mine.calendar).isdisjoint({"write", "write-content", "bind", "unbind"})
    assert (await theirs.ask("GET", f"{mine.calendar}a.ics")).content == event("u")
    # Among one's own, so that programs that know of no other homes show it.
    own = await theirs.propfind(theirs.home, *asked, depth="1")
    [there] = [href for href in own.properties if own.texts(href, "owner") == [mine.principal]]
    assert there.startswith(theirs.home)
    assert list((await theirs.sync(path=there)).properties) == [f"{there}a.ics"]
    for method, path in (("PUT", f"{mine.calendar}a.ics"), ("DELETE", f"{there}a.ics"), ("DELETE", mine.calendar)):
        answer = await theirs.ask(method, path, event("u", summary="x"), content_type="text/calendar")
        assert (answer.status_code, condition(answer)) == (403, "need-privileges"), (method, path)
    # The owner sees who was given what; others do not.
    mine_acl = (await mine.propfind(mine.calendar, "D:acl")).properties[mine.calendar]["acl"]
    principals = [each.text for each in mine_acl.iterfind(".//{DAV:}principal/{DAV:}href")]
    assert principals == [mine.principal, theirs.principal]
    assert theirs.principal not in [each.text for each in home.properties[mine.calendar]["acl"].iter()]
    assert (await others.ask("PROPFIND", mine.home, depth="0")).status_code == 404
    await share(mine, theirs.address, "ROLE_WRITE")
    assert (await theirs.ask("PUT", f"{there}b.ics", event("v"), content_type="text/calendar")).status_code == 201
    assert (await mine.ask("GET", f"{mine.calendar}b.ics")).status_code == 200
    for name in ("autre", "inbox"):
        answer = await theirs.ask("MKCALENDAR", f"{mine.home}{name}/")
        assert (answer.status_code, condition(answer)) == (403, "need-privileges"), name


async def test_who_may_know_of_busy_times_learns_no_more(mine: CalendarClient, theirs: CalendarClient) -> None:
    await mine.store("a.ics", event("u", summary="Secret"))
    await share(mine, theirs.address, "ROLE_FREE_BUSY")
    found = await theirs.propfind(mine.calendar, "D:current-user-privilege-set", "D:sync-token", depth="1")
    assert list(found.properties) == [mine.calendar]
    assert privileges(found, mine.calendar) == {"read-free-busy", "read-current-user-privilege-set"}
    assert (await theirs.ask("GET", f"{mine.calendar}a.ics")).status_code == 404
    window = '<C:time-range start="20261130T000000Z" end="20261201T000000Z"/>'
    body = f'<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">{window}</C:free-busy-query>'
    answer = await theirs.ask("REPORT", mine.calendar, body, depth="1")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "FREEBUSY;FBTYPE=BUSY:20261130T090000Z/20261130T100000Z" in answer.text
    assert "Secret" not in answer.text
    for wrong in ("", window.replace("20261201", "20261130"), window.replace("2026120", "2029120"), "<C:time-range/>",
                  '<C:time-range start="x" end="y"/>'):  # fmt: skip
        bad = await theirs.ask("REPORT", mine.calendar, body.replace(window, wrong), depth="1")
        assert bad.status_code in {400, 403}, wrong


async def test_delegates_act_as_apples_programs_have_it(
    mine: CalendarClient, theirs: CalendarClient, others: CalendarClient
) -> None:
    await mine.store("z.ics", event("z"))
    me = await mine.propfind(mine.principal, "D:displayname", depth="1")
    assert set(me.properties) == {mine.principal, f"{mine.principal}{READ}/", f"{mine.principal}{WRITE}/"}
    answer = await delegates(mine, WRITE, theirs.address)
    assert answer.status_code == 207
    assert "200 OK" in answer.text
    group = f"{mine.principal}{WRITE}/"
    found = await mine.propfind(group, "D:group-member-set", "D:resourcetype")
    assert found.texts(group, "group-member-set") == [theirs.principal]
    assert found.types(group) == {"collection", "principal", WRITE}
    held = await theirs.propfind(
        theirs.principal, f"CS:{WRITE}-for", f"CS:{READ}-for", "D:group-membership", "C:calendar-home-set"
    )
    assert held.texts(theirs.principal, f"{WRITE}-for") == [mine.principal]
    assert held.texts(theirs.principal, f"{READ}-for") == [""]
    assert held.texts(theirs.principal, "group-membership") == [group]
    # The way that Apple's Calendar takes: to the principals of those for whom one acts, and to their homes.
    inner = (
        f'<D:property name="{WRITE}-for" namespace="http://calendarserver.org/ns/"><D:property name="displayname"/>'
        '<D:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav"/></D:property>'
    )
    assert mine.home in (await theirs.report(theirs.principal, "D:expand-property", inner)).answer.text
    assert (
        await theirs.ask("PUT", f"{mine.calendar}a.ics", event("u"), content_type="text/calendar")
    ).status_code == 201
    # Who reads instead.
    assert (await delegates(mine, WRITE)).status_code == 207
    assert (await theirs.ask("PROPFIND", mine.home, depth="0")).status_code == 404
    assert (await delegates(mine, READ, theirs.address)).status_code == 207
    assert (await theirs.ask("GET", f"{mine.calendar}a.ics")).status_code == 200
    assert (await theirs.ask("DELETE", f"{mine.calendar}a.ics")).status_code == 403
    # Nobody says so of others, and nobody learns of it.
    assert (await delegates(theirs, WRITE, theirs.address)).status_code == 207
    for who, expected in ((theirs, 403), (others, 404)):
        prop = "<D:remove><D:prop><D:group-member-set/></D:prop></D:remove>"
        body = f'<D:propertyupdate xmlns:D="DAV:">{prop}</D:propertyupdate>'
        assert (await who.ask("PROPPATCH", f"{mine.principal}{READ}/", body)).status_code == expected
    assert (await others.ask("PROPFIND", f"{mine.principal}{READ}/", depth="0")).status_code == 404
    assert (await theirs.ask("PROPFIND", f"{mine.principal}{WRITE}/", depth="0")).status_code == 404
    seen = await theirs.propfind(f"{mine.principal}{READ}/", "D:group-member-set")
    assert seen.texts(f"{mine.principal}{READ}/", "group-member-set") == [theirs.principal]


async def test_who_answers_for_somebody_keeps_that_while_readers_are_rewritten(
    http: httpx.AsyncClient, mine: CalendarClient, theirs: CalendarClient
) -> None:
    said = {"address": theirs.address, "role": "ROLE_ANSWER"}
    assert (await http.post("/v1/calendar/delegations", json=said, headers=mine.headers)).status_code == 200

    async def roles() -> list[str]:
        found = (await http.get("/v1/calendar/delegations", headers=mine.headers)).json()
        return [each["role"] for each in found.get("given", [])]

    group = f"{mine.principal}{READ}/"
    assert (await mine.propfind(group, "D:group-member-set")).texts(group, "group-member-set") == [theirs.principal]
    assert (await delegates(mine, READ, theirs.address)).status_code == 207
    assert await roles() == ["ROLE_ANSWER"]
    # All of it or nothing.
    assert "recognized-principal" in (await delegates(mine, READ, "personne@numerique.gouv.tg")).text
    assert await roles() == ["ROLE_ANSWER"]
    assert (await delegates(mine, READ)).status_code == 207
    assert await roles() == []


async def test_what_is_nobody_acts_for_nobody(mine: CalendarClient) -> None:
    for address in ("personne@numerique.gouv.tg", mine.address):
        answer = await delegates(mine, WRITE, address)
        assert answer.status_code == 207
        assert "recognized-principal" in answer.text, address
    for href in ("mailto:x@y.tg", "/dav/calendars/x@y.tg/", "", f"{mine.principal}{READ}/", "/dav/principals/../"):
        body = (
            '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:group-member-set>'
            f"<D:href>{href}</D:href></D:group-member-set></D:prop></D:set></D:propertyupdate>"
        )
        answer = await mine.ask("PROPPATCH", f"{mine.principal}{WRITE}/", body)
        assert "recognized-principal" in answer.text, href
    other = await mine.patch(f"{mine.principal}{WRITE}/", "<D:displayname>x</D:displayname>")
    assert "cannot-modify-protected-property" in other.answer.text
    assert (await delegates(mine, "calendar-proxy-admin", mine.address)).status_code == 404
