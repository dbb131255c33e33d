"""This and what follows of a meeting that people have answered: other words ask nobody anew, another time everybody."""

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from workspace.calendar.v1 import schedule_pb2 as pb

from chassis.identity import Identity
from services.calendar.api.events import fields_given
from services.calendar.domain.stored import Stored
from services.calendar.usecases.write_event import Meant, Scope, update_event
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import (
    OUTSIDE,
    answer,
    attendee_line,
    copies_of,
    copy_of,
    delivered,
    hear,
    meeting,
    messages,
)

ASKED = "invitation_requested"
THIRD = "20261203T090000Z"


async def change_from(office: Office, who: Identity, at: str, **said: Any) -> Stored:
    """What goes on from an instance, as its organiser has it."""
    stored = await copy_of(office, who)
    message: pb.Event = ParseDict(said, pb.Event())
    fields = fields_given(message, list(said))
    read = await update_event(office.agenda, who, stored.key, fields, Meant(Scope.FOLLOWING, at))
    return read.stored


@pytest.fixture
async def third(office: Office) -> Identity:
    return await office.agent("agent3")


@pytest.fixture
async def series(office: Office, agent: Identity, colleague: Identity, third: Identity) -> None:
    """Five days, to which one comes and one does not."""
    people = [colleague.address, third.address, OUTSIDE]
    await office.put(agent, meeting(agent.address, people, "RRULE:FREQ=DAILY;COUNT=5"), "m1.ics")
    await delivered(office)
    await answer(office, colleague, "ACCEPTED")
    await answer(office, third, "DECLINED")
    await delivered(office)
    office.clock.pass_by(minutes=1)


WORDS = {
    "the title": {"title": "Budget révisé"},
    "the description": {"description": "Avec les annexes"},
    "where, in words": {"location": "Salle Kara"},
    "the categories": {"categories": ["Finances"]},
}


@pytest.mark.usefixtures("series")
@pytest.mark.parametrize("what", WORDS)
async def test_other_words_ask_nobody_anew(
    office: Office, agent: Identity, colleague: Identity, third: Identity, what: str
) -> None:
    after = await change_from(office, agent, THIRD, **WORDS[what])
    told = await delivered(office)
    assert {each.type for each in told} & {"invitation_replied"} == set()
    for who, said in ((colleague, "ACCEPTED"), (third, "DECLINED")):
        assert f"PARTSTAT={said}" in attendee_line(after, who.address)
        assert f"PARTSTAT={said}" in attendee_line(await copy_of(office, agent), who.address)
        for uid in ("m1", after.uid):
            copy = await copy_of(office, who, uid)
            assert f"PARTSTAT={said}" in attendee_line(copy, who.address), uid
    # Who is outside is told of both, with what it had not answered yet.
    letters = [body_of(each) for each in told if each.type == ASKED]
    assert sorted(each["uid"] for each in letters) == sorted(["m1", after.uid])


@pytest.mark.usefixtures("series")
@pytest.mark.parametrize(
    "said",
    [
        {"start": {"local": "2026-12-03T14:00:00", "time_zone": "UTC"}, "end": {"local": "2026-12-03T15:00:00"}},
        {"recurrence": {"frequency": "FREQUENCY_WEEKLY", "count": 3}},
    ],
)
async def test_another_time_or_rule_asks_everybody_anew(
    office: Office, agent: Identity, colleague: Identity, third: Identity, said: dict[str, Any]
) -> None:
    after = await change_from(office, agent, THIRD, **said)
    await delivered(office)
    for who, was in ((colleague, "ACCEPTED"), (third, "DECLINED")):
        assert "PARTSTAT=NEEDS-ACTION" in attendee_line(after, who.address)
        assert "PARTSTAT=NEEDS-ACTION" in attendee_line(await copy_of(office, who, after.uid), who.address)
        # Of what has been so far nobody is asked.
        assert f"PARTSTAT={was}" in attendee_line(await copy_of(office, who), who.address)
        assert f"PARTSTAT={was}" in attendee_line(await copy_of(office, agent), who.address)


@pytest.mark.usefixtures("series")
async def test_in_whatever_order_the_two_halves_come(
    office: Office, agent: Identity, colleague: Identity, third: Identity
) -> None:
    after = await change_from(office, agent, THIRD, title="Budget révisé")
    told = await messages(office)
    assert len(told) == 2 * 1
    await office.published()
    await hear(office, *reversed(told), *told)
    copy = await copy_of(office, colleague, after.uid)
    assert "PARTSTAT=ACCEPTED" in attendee_line(copy, colleague.address)
    assert "UNTIL=20261203T085959Z" in (await copy_of(office, colleague)).content.decode()


@pytest.mark.usefixtures("series")
async def test_an_organiser_answers_for_nobody_by_a_series_that_claims_to_go_on(
    office: Office, agent: Identity, colleague: Identity, third: Identity
) -> None:
    """A program that writes it as new: what it says of answers is put back."""
    claimed = meeting(agent.address, [], f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{third.address}",
                      "RELATED-TO;RELTYPE=SIBLING:m1", "RRULE:FREQ=DAILY;COUNT=100", uid="m2")  # fmt: skip
    await office.put(agent, claimed, "m2.ics")
    await delivered(office)
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(await copy_of(office, third, "m2"), third.address)
    assert await copies_of(office, colleague, "m2") == []


@pytest.mark.usefixtures("series")
async def test_a_series_that_a_program_ends_earlier_asks_nobody_anew(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    stored = await copy_of(office, agent)
    for rule, said in (("COUNT=4", "ACCEPTED"), ("UNTIL=20261203T235959Z", "ACCEPTED"), ("COUNT=30", "NEEDS-ACTION")):
        ended = stored.content.replace(b"COUNT=5", rule.encode())
        await office.put(agent, ended, "m1.ics")
        await delivered(office)
        copy = await copy_of(office, colleague)
        assert f"PARTSTAT={said}" in attendee_line(copy, colleague.address), rule
        assert rule in copy.content.decode()
