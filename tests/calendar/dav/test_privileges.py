"""What one may do with calendars of each kind, as privileges say it and as requests meet it (RFC 3744)."""

import pytest
from lxml import etree

from chassis.identity import Identity
from services.calendar.domain.calendars import SUBSCRIPTION
from tests.calendar.dav.conftest import WRITE, CalendarClient, condition, delegates, event, privileges, share
from tests.calendar.office import Office
from tests.gateway.dav.conftest import NAMES

WRITING = {"write", "write-content", "bind", "unbind"}


@pytest.fixture
async def subscribed(mine: CalendarClient, agent: Identity, office: Office) -> str:
    """One's own, with an event of another server in it."""
    assert (await mine.make("feries")).status_code == 201
    path = f"{mine.home}feries/"
    assert (await mine.ask("PUT", f"{path}h.ics", event("h"), content_type="text/calendar")).status_code == 201
    known = {"_id": f"{agent.account_id}.feries"}
    await office.database["calendars"].update_one(known, {"$set": {"kind": SUBSCRIPTION}})
    return path


async def test_a_subscription_is_described_and_removed_and_nothing_in_it(mine: CalendarClient, subscribed: str) -> None:
    held = privileges(await mine.propfind(subscribed, "D:current-user-privilege-set"), subscribed)
    assert "write-properties" in held
    assert held.isdisjoint(WRITING)
    to = f"{mine.calendar}h.ics"
    for method in ("PUT", "DELETE", "MOVE"):
        answer = await mine.ask(method, f"{subscribed}h.ics", event("h"), content_type="text/calendar", destination=to)
        assert (answer.status_code, condition(answer)) == (403, "need-privileges"), method
    assert "200 OK" in (await mine.patch(subscribed, "<D:displayname>Fériés</D:displayname>")).answer.text
    assert (await mine.ask("DELETE", subscribed)).status_code == 204
    assert (await mine.ask("PROPFIND", subscribed, depth="0")).status_code == 404


async def test_who_writes_in_a_calendar_does_not_remove_it(mine: CalendarClient, theirs: CalendarClient) -> None:
    assert (await mine.make("travail")).status_code == 201
    path = f"{mine.home}travail/"
    await share(mine, theirs.address, "ROLE_WRITE", name="travail")
    answer = await theirs.ask("DELETE", path)
    assert (answer.status_code, condition(answer)) == (403, "need-privileges")
    # Of what it would be taken out of (RFC 3744 §3.10).
    assert etree.fromstring(answer.content).findtext(".//D:resource/D:href", None, NAMES) == mine.home
    await share(mine, theirs.address, "ROLE_OWN", name="travail")
    assert (await theirs.ask("DELETE", path)).status_code == 204


async def test_what_everybody_has_stays(mine: CalendarClient) -> None:
    for name, rule in (("agenda", "default-calendar-needed"), ("inbox", "default-calendar-needed"),
                       ("outbox", "need-privileges")):  # fmt: skip
        answer = await mine.ask("DELETE", f"{mine.home}{name}/")
        assert (answer.status_code, condition(answer)) == (403, rule), name


async def test_who_answers_for_somebody_writes_no_objects(mine: CalendarClient, theirs: CalendarClient) -> None:
    assert (await mine.store("a.ics")).status_code == 201
    await share(mine, theirs.address, "ROLE_ANSWER")
    held = privileges(await theirs.propfind(mine.calendar, "D:current-user-privilege-set"), mine.calendar)
    assert held.isdisjoint(WRITING)
    answer = await theirs.ask("PUT", f"{mine.calendar}a.ics", event(), content_type="text/calendar")
    assert (answer.status_code, condition(answer)) == (403, "need-privileges")


async def test_who_writes_for_somebody_puts_nothing_into_their_inbox(
    mine: CalendarClient, theirs: CalendarClient
) -> None:
    assert (await mine.store("a.ics")).status_code == 201
    assert (await delegates(mine, WRITE, theirs.address)).status_code == 207
    inbox = f"{mine.home}inbox/"
    held = privileges(await theirs.propfind(inbox, "D:current-user-privilege-set"), inbox)
    assert held.isdisjoint({"write", "write-content", "bind"})
    for method in ("COPY", "MOVE"):
        answer = await theirs.ask(method, f"{mine.calendar}a.ics", destination=f"{inbox}a.ics")
        assert (answer.status_code, condition(answer)) == (403, "need-privileges"), method
    assert (await mine.propfind(inbox, "D:getetag", depth="1")).properties.keys() == {inbox}
