"""Distribution lists that are invited: each of their people has the meeting, or the list gets a letter."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from chassis.errors import NotFound, Unavailable, WorkspaceError
from chassis.identity import Identity
from services.calendar.usecases.delete_object import delete_object
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import (
    OUTSIDE,
    answer,
    copies_of,
    copy_of,
    delivered,
    meeting,
    person,
)

LIST = "equipe@numerique.gouv.tg"
ASKED = "invitation_requested"


@dataclass
class Lists:
    """Directory, as far as it knows lists."""

    known: dict[str, Sequence[str]] = field(default_factory=dict)
    away: WorkspaceError | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def members(self, address: str, writer: str, most: int) -> Sequence[str]:
        self.asked.append((address, writer))
        if self.away is not None:
            raise self.away
        if address not in self.known:
            raise NotFound
        return self.known[address]


@pytest.fixture
def lists(office: Office, agent: Identity, colleague: Identity, third: Identity) -> Lists:
    made = Lists({LIST: [agent.account_id, colleague.account_id, third.account_id]})
    office.agenda = replace(office.agenda, lists=made)
    return made


async def letters(office: Office) -> list[tuple[str, list[str]]]:
    """What mail is asked to send: methods, and to whom."""
    told = [body_of(each) for each in await delivered(office) if each.type == ASKED]
    return [(each["method"], [one["address"] for one in each["attendees"]]) for each in told]


def unfolded(content: bytes) -> str:
    return content.decode().replace("\r\n ", "")


async def test_the_people_of_a_list_have_the_meeting_and_answer_it(
    office: Office, agent: Identity, colleague: Identity, third: Identity, lists: Lists
) -> None:
    kept = await office.put(agent, meeting(agent.address, [LIST, OUTSIDE]), "m1.ics")
    assert "CUTYPE=GROUP" in _line(kept.stored.content, LIST)
    assert "SCHEDULE-STATUS=1.2" in _line(kept.stored.content, LIST)
    assert sorted(lists.asked) == [(LIST, agent.account_id), (OUTSIDE, agent.account_id)]
    for who in (colleague, third):
        line = _line(kept.stored.content, who.address)
        assert f'MEMBER="mailto:{LIST}"' in line
        assert "PARTSTAT=NEEDS-ACTION" in line
        assert "SCHEDULE-STATUS=1.2" in line
    # Who organises does not invite itself.
    assert _line(kept.stored.content, agent.address) == ""
    assert await letters(office) == [("REQUEST", [OUTSIDE])]
    for who in (colleague, third):
        assert f'MEMBER="mailto:{LIST}"' in _line((await copy_of(office, who)).content, who.address)
    await answer(office, third, "ACCEPTED")
    await delivered(office)
    assert "PARTSTAT=ACCEPTED" in _line((await copy_of(office, agent)).content, third.address)
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "m1.ics")
    assert await letters(office) == [("CANCEL", [OUTSIDE])]
    assert (await copy_of(office, colleague)).is_off


async def test_whom_the_organiser_takes_off_stays_off(
    office: Office, agent: Identity, colleague: Identity, third: Identity, lists: Lists
) -> None:
    kept = await office.put(agent, meeting(agent.address, [LIST]), "m1.ics")
    await delivered(office)
    lines = unfolded(kept.stored.content).split("\r\n")
    fewer = [line for line in lines if f":mailto:{third.address}" not in line]
    await office.put(agent, "\r\n".join(fewer).encode(), "m1.ics")
    assert await letters(office) == []
    assert (await copy_of(office, third)).is_off
    assert not (await copy_of(office, colleague)).is_off
    # The list's line goes, and those who came by it stay: nothing is said to all by letter.
    alone = [line for line in fewer if f":mailto:{LIST}" not in line]
    await office.put(agent, "\r\n".join(alone).encode(), "m1.ics")
    assert await letters(office) == []
    assert not (await copy_of(office, colleague)).is_off
    assert lists.asked == [(LIST, agent.account_id)]


async def test_a_list_of_which_not_all_may_be_named_gets_a_letter(
    office: Office, agent: Identity, colleague: Identity, lists: Lists
) -> None:
    """One that is too large as well, and one of whose people calendar has not heard."""
    for number, people in enumerate(([], [colleague.account_id, "acc-nouveau"])):
        lists.known[LIST] = people
        kept = await office.put(agent, meeting(agent.address, [LIST], uid=f"m{number}"), f"m{number}.ics")
        assert "CUTYPE=GROUP" in _line(kept.stored.content, LIST)
        assert "SCHEDULE-STATUS=1.1" in _line(kept.stored.content, LIST)
        assert await letters(office) == [("REQUEST", [LIST])]
        assert await copies_of(office, colleague, f"m{number}") == []


async def test_while_directory_is_away_mail_is_asked(office: Office, agent: Identity, lists: Lists) -> None:
    lists.away = Unavailable("directory")
    await office.put(agent, meeting(agent.address, [LIST]), "m1.ics")
    assert await letters(office) == [("REQUEST", [LIST])]


async def test_more_than_a_meeting_may_have_get_a_letter(office: Office, agent: Identity, lists: Lists) -> None:
    many = [f"invite{number}@example.org" for number in range(999)]
    kept = await office.put(agent, meeting(agent.address, [LIST, *many]), "m1.ics")
    assert kept.stored.content.count(b"ATTENDEE") == 1_000
    assert "SCHEDULE-STATUS=1.1" in _line(kept.stored.content, LIST)


async def test_who_is_invited_by_name_or_in_two_lists_is_invited_once(
    office: Office, agent: Identity, colleague: Identity, third: Identity, lists: Lists
) -> None:
    other = "projet@numerique.gouv.tg"
    lists.known[other] = [third.account_id]
    content = meeting(agent.address, [LIST, other], person(colleague.address, "CN=Chef"))
    kept = await office.put(agent, content, "m1.ics")
    assert "MEMBER" not in _line(kept.stored.content, colleague.address)
    assert f'MEMBER="mailto:{LIST}","mailto:{other}"' in _line(kept.stored.content, third.address)
    assert unfolded(kept.stored.content).count(f":mailto:{third.address}") == 1


async def test_a_list_of_one_instance(
    office: Office, agent: Identity, colleague: Identity, third: Identity, lists: Lists
) -> None:
    series = meeting(agent.address, [colleague.address], "RRULE:FREQ=DAILY;COUNT=3").decode()
    instance = meeting(agent.address, [colleague.address, LIST], "RECURRENCE-ID:20261202T090000Z",
                       start="20261202T090000Z", end="20261202T100000Z").decode()  # fmt: skip
    event = "BEGIN:VEVENT" + instance.partition("BEGIN:VEVENT")[2].partition("END:VCALENDAR")[0]
    await office.put(agent, series.encode(), "m1.ics")
    await delivered(office)
    await office.put(agent, series.replace("END:VCALENDAR", f"{event}END:VCALENDAR").encode(), "m1.ics")
    assert await letters(office) == []
    assert b"RECURRENCE-ID:20261202T090000Z" in (await copy_of(office, third)).content
    assert b"RRULE" not in (await copy_of(office, third)).content


def _line(content: bytes, address: str) -> str:
    lines = unfolded(content).split("\r\n")
    return next((line for line in lines if line.startswith("ATTENDEE") and line.endswith(f":mailto:{address}")), "")
