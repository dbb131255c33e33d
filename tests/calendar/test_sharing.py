"""Calendars that others see, and agendas that others run."""

from datetime import UTC, datetime

import pytest

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import Grant as Granted
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.usecases.calendar_busy import calendar_busy
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delegate import delegate, delegations_of, end_delegation, set_delegates
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.find_home import find_calendar, find_home
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.move_object import move_object
from services.calendar.usecases.put_object import put_object
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation
from services.calendar.usecases.share_calendar import grants_of, share_calendar, unshare_calendar
from services.calendar.usecases.update_calendar import update_calendar
from tests.calendar.office import Office, body_of, event

SECRET = event("s1", "20261130T140000Z", "20261130T150000Z", "Nomination", "CLASS:PRIVATE", "LOCATION:Cabinet")


@pytest.fixture
async def shared(office: Office, agent: Identity) -> str:
    """A calendar of the agent with an open and a private event."""
    await list_calendars(office.agenda, agent)
    await office.put(agent, event("u1"), "a.ics")
    await office.put(agent, SECRET, "s.ics")
    return f"{agent.account_id}.agenda"


async def share(
    office: Office, owner: Identity, calendar: str, who: Identity, role: Role, private: bool = False
) -> None:
    await share_calendar(office.agenda, owner, calendar, address=who.address, role=role, sees_private=private)


async def test_who_reads_a_calendar_sees_no_secrets(
    office: Office, agent: Identity, colleague: Identity, shared: str
) -> None:
    await share(office, agent, shared, colleague, Role.READ)
    found = await office.contents(colleague, shared)
    assert found["a.ics"] == event("u1")
    assert b"20261130T140000Z" in found["s.ics"]
    assert b"SUMMARY:Occup" in found["s.ics"]
    assert b"Nomination" not in found["s.ics"]
    assert b"Cabinet" not in found["s.ics"]
    await share(office, agent, shared, colleague, Role.READ, private=True)
    assert (await office.contents(colleague, shared))["s.ics"] == SECRET


async def test_nothing_that_stands_around_a_secret_is_shown(
    office: Office, agent: Identity, colleague: Identity, shared: str
) -> None:
    around = b"X-WR-CALDESC:Nomination\r\nBEGIN:X-NOTE\r\nX-TEXT:Nomination\r\nEND:X-NOTE\r\nBEGIN:VEVENT"
    rules = b"RRULE:FREQ=DAILY;COUNT=4\r\nEXRULE:FREQ=DAILY;INTERVAL=2\r\nEND:VEVENT"
    written = SECRET.replace(b"BEGIN:VEVENT", around).replace(b"END:VEVENT", rules)
    await office.put(agent, written, "s.ics")
    await share(office, agent, shared, colleague, Role.READ)
    hidden = (await office.contents(colleague, shared))["s.ics"]
    assert b"Nomination" not in hidden
    assert b"EXRULE:FREQ=DAILY;INTERVAL=2" in hidden, "what takes times away is of when it is"


@pytest.mark.parametrize("role", [Role.FREE_BUSY, Role.READ, Role.ANSWER, Role.WRITE, Role.OWN])
async def test_each_role_does_what_it_says(
    office: Office, agent: Identity, colleague: Identity, shared: str, role: Role
) -> None:
    people = ("ORGANIZER:mailto:chef@ailleurs.tg", f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{agent.address}")
    invited = await office.put(agent, event("i1", "20261201T090000Z", "20261201T100000Z", "Comité", *people), "i.ics")
    await share(office, agent, shared, colleague, role)
    day = (int(datetime(2026, 11, 30, tzinfo=UTC).timestamp()), int(datetime(2026, 12, 1, tzinfo=UTC).timestamp()))

    async def tried(act: object) -> bool:
        try:
            await act  # type: ignore[misc]
        except Forbidden:
            return False
        return True

    assert len(await calendar_busy(office.agenda, colleague, shared, *day)) == 2
    assert await tried(office.contents(colleague, shared)) == (role >= Role.READ)
    answer = answer_invitation(office.agenda, colleague, invited.stored.key, Answer("ACCEPTED"))
    assert await tried(answer) == (role >= Role.ANSWER)
    assert await tried(put_object(office.agenda, colleague, shared, "n.ics", event("n1"))) == (role >= Role.WRITE)
    assert await tried(update_calendar(office.agenda, colleague, shared, {"title": "Autre"})) == (role == Role.OWN)
    assert await tried(grants_of(office.agenda, colleague, shared)) == (role == Role.OWN)
    # What was refused was not done either.
    kept = await office.contents(agent, shared)
    assert (b"PARTSTAT=ACCEPTED" in kept["i.ics"].replace(b"\r\n ", b"")) == (role >= Role.ANSWER)
    assert ("n.ics" in kept) == (role >= Role.WRITE)


async def test_who_writes_in_a_calendar_writes_over_no_secret(
    office: Office, agent: Identity, colleague: Identity, shared: str
) -> None:
    await share(office, agent, shared, colleague, Role.WRITE)
    seen = (await office.contents(colleague, shared))["s.ics"]
    for refused in (
        put_object(office.agenda, colleague, shared, "s.ics", seen),
        delete_object(office.agenda, colleague, shared, "s.ics"),
        move_object(office.agenda, colleague, (shared, "a.ics"), (shared, "s.ics"), overwrite=True, copy=False),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert (await office.contents(agent, shared))["s.ics"] == SECRET
    await share(office, agent, shared, colleague, Role.WRITE, private=True)
    await delete_object(office.agenda, colleague, shared, "s.ics")


async def test_live_news_tell_no_more_than_what_is_shared(
    office: Office, agent: Identity, colleague: Identity, shared: str
) -> None:
    third = await office.agent("agent3")
    await share(office, agent, shared, colleague, Role.FREE_BUSY)
    await share(office, agent, shared, third, Role.READ)
    await office.published()
    await office.put(agent, event("u2", "20261201T090000Z", "20261201T100000Z", "Concours"), "b.ics")
    guarded = (f"ORGANIZER:mailto:{agent.address}", f"ATTENDEE:mailto:{third.address}", "CLASS:PRIVATE")
    await office.put(agent, event("s2", "20261202T090000Z", "20261202T100000Z", "Nomination", *guarded), "t.ics")
    told = await office.facts("event_created")
    assert [set(each.audience) for each in told] == [{agent.account_id, third.account_id}] * 2
    shown = [body_of(each)["event"] for each in told]
    assert [(each.get("summary", ""), each.get("organizer", "")) for each in shown] == [("Concours", ""), ("", "")]


async def test_a_copy_tells_no_secret_of_an_instance(
    office: Office, agent: Identity, colleague: Identity, shared: str
) -> None:
    series = event("r1", "20261201T090000Z", "20261201T100000Z", "Point", "RRULE:FREQ=DAILY;COUNT=3")
    secret = event("r1", "20261202T090000Z", "20261202T100000Z", "Nomination", "CLASS:PRIVATE")
    instance = secret[secret.index(b"BEGIN:VEVENT") : secret.index(b"END:VCALENDAR")].replace(
        b"UID:r1\r\n", b"UID:r1\r\nRECURRENCE-ID:20261202T090000Z\r\n"
    )
    await office.put(agent, series.replace(b"END:VCALENDAR", instance + b"END:VCALENDAR"), "r.ics")
    await share(office, agent, shared, colleague, Role.READ)
    mine = (await list_calendars(office.agenda, colleague))[0].calendar.id
    with pytest.raises(NotFound):
        await move_object(office.agenda, colleague, (shared, "r.ics"), (mine, "r.ics"), overwrite=False, copy=True)


async def test_what_is_shared_stands_among_ones_own(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, shared: str
) -> None:
    await share(office, agent, shared, colleague, Role.READ)
    assert [each.calendar.id for each in await list_calendars(office.agenda, colleague)][-1] == shared
    assert (await find_calendar(office.agenda, colleague, colleague.address, shared)).access.role == Role.READ
    assert (await find_calendar(office.agenda, colleague, agent.address, "agenda")).calendar.id == shared
    home = await find_home(office.agenda, colleague, agent.address)
    assert ([each.calendar.id for each in home.calendars], home.own) == ([shared], False)
    with pytest.raises(NotFound):
        await find_home(office.agenda, stranger, agent.address)
    with pytest.raises(NotFound):
        await find_calendar(office.agenda, stranger, stranger.address, shared)


async def test_a_unit_is_given_a_calendar_as_a_whole(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, shared: str
) -> None:
    await share_calendar(office.agenda, agent, shared, unit="ministry", role=Role.READ, sees_private=False)
    assert shared in {each.calendar.id for each in await list_calendars(office.agenda, colleague)}
    assert shared not in {each.calendar.id for each in await list_calendars(office.agenda, stranger)}
    with pytest.raises(InvalidInput):
        await share_calendar(office.agenda, agent, shared, unit="health", role=Role.READ, sees_private=False)
    auditor = await office.agent("auditor", grants=[Granted("auditor", "")])
    audited = (await create_calendar(office.agenda, auditor, "", Wanted("tous"))).calendar.id
    with pytest.raises(InvalidInput):
        await share_calendar(office.agenda, auditor, audited, unit="health", role=Role.READ, sees_private=False)
    administrator = await office.agent("admin", grants=[Granted("administrator", "")])
    theirs = (await create_calendar(office.agenda, administrator, "", Wanted("tous"))).calendar.id
    await share_calendar(office.agenda, administrator, theirs, unit="health", role=Role.READ, sees_private=False)
    assert theirs in {each.calendar.id for each in await list_calendars(office.agenda, stranger)}


async def test_a_grant_is_taken_back_and_given_back(
    office: Office, agent: Identity, colleague: Identity, shared: str
) -> None:
    await share(office, agent, shared, colleague, Role.WRITE)
    await unshare_calendar(office.agenda, colleague, shared, colleague.account_id)
    with pytest.raises(NotFound):
        await office.contents(colleague, shared)
    await share(office, agent, shared, colleague, Role.WRITE)
    await office.published()
    await unshare_calendar(office.agenda, agent, shared, colleague.account_id)
    with pytest.raises(NotFound):
        await office.contents(colleague, shared)
    (told,) = await office.facts("calendar_changed")
    assert colleague.account_id in told.audience


async def test_a_secretary_runs_a_directors_agenda(office: Office, agent: Identity, colleague: Identity) -> None:
    director = await office.agent("directeur")
    await list_calendars(office.agenda, director)
    other = (await create_calendar(office.agenda, director, "", Wanted("cabinet"))).calendar.id
    await office.put(director, SECRET, "s.ics")
    agenda = f"{director.account_id}.agenda"
    made = await delegate(office.agenda, director, colleague.address, Role.WRITE, sees_private=False)
    assert {agenda, other} <= {each.calendar.id for each in await list_calendars(office.agenda, colleague)}
    assert b"Nomination" not in (await office.contents(colleague, agenda))["s.ics"]
    await put_object(office.agenda, colleague, other, "n.ics", event("n1"))
    later = (await create_calendar(office.agenda, director, "", Wanted("plus-tard"))).calendar.id
    await put_object(office.agenda, colleague, later, "n.ics", event("n1"))
    assert (await find_home(office.agenda, colleague, director.address)).role == Role.WRITE
    for forbidden in (delete_calendar(office.agenda, colleague, other), grants_of(office.agenda, colleague, other)):
        with pytest.raises(Forbidden):
            await forbidden
    with pytest.raises(NotFound):
        await office.contents(agent, agenda)
    await end_delegation(office.agenda, director, made.id)
    with pytest.raises(NotFound):
        await office.contents(colleague, agenda)
    told = await office.facts("delegation_changed")
    assert [body_of(each).get("ended", False) for each in told] == [False, True]
    assert told[0].version < told[1].version


async def test_an_agenda_that_was_never_opened_is_there_for_who_runs_it(office: Office, colleague: Identity) -> None:
    director = await office.agent("directeur")
    await delegate(office.agenda, director, colleague.address, Role.WRITE, sees_private=False)
    assert [each.calendar.name for each in (await find_home(office.agenda, colleague, director.address)).calendars] == [
        "agenda", "inbox",
    ]  # fmt: skip


async def test_delegates_are_named_all_at_once(office: Office, agent: Identity, colleague: Identity) -> None:
    third = await office.agent("agent3")
    await set_delegates(office.agenda, agent, Role.READ, [colleague.address, third.address])
    await set_delegates(office.agenda, agent, Role.WRITE, [third.address])
    found = (await delegations_of(office.agenda, agent)).given
    assert {each.delegate: each.role for each in found} == {
        colleague.account_id: Role.READ, third.account_id: Role.WRITE,
    }  # fmt: skip
    await set_delegates(office.agenda, agent, Role.READ, [])
    assert [each.delegate for each in (await delegations_of(office.agenda, agent)).given] == [third.account_id]


async def test_delegates_work_here_and_have_a_role(office: Office, agent: Identity, colleague: Identity) -> None:
    for address, role in (
        (agent.address, Role.READ), ("personne@gouv.tg", Role.READ), (colleague.address, Role.OWN),
        (colleague.address, Role.NONE),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            await delegate(office.agenda, agent, address, role, sees_private=True)
    await office.agent("agent7", suspended=True)
    with pytest.raises(InvalidInput):
        await delegate(office.agenda, agent, "agent7@numerique.gouv.tg", Role.READ, sees_private=True)
    assert not (await delegations_of(office.agenda, agent)).given
    with pytest.raises(NotFound):
        await end_delegation(office.agenda, colleague, f"{agent.account_id}.nobody")
