"""An account that writes to more people than any agent does is stopped, and somebody hears of it once."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import TooManyRequests
from services.mail.domain.envelope import Sender
from services.mail.domain.options import Options
from services.mail.domain.sending import Allowance, Tally
from services.mail.usecases import send
from tests.mail.house import Clock, House, chunked, letter

SENDER = Sender("01JSENDER", "agent1@numerique.gouv.tg")
OTHER = Sender("01JOTHER", "agent1@numerique.gouv.tg")


@pytest.fixture
def limited(house: House) -> House:
    house.people.heard = {"agent2@sante.gouv.tg": "01JSECOND"}
    house.mail = replace(house.mail, options=Options(allowance=Allowance(foreign_hour=3, foreign_day=5, all_hour=6)))
    # Away from the end of an hour and of a day.
    house.clock.moment = house.clock.moment.replace(hour=10, minute=20, second=0)
    return house


async def sent(house: House, subject: str, foreign: int, *here: str, sender: Sender = SENDER) -> None:
    recipients = [f"{subject}{number}@example.org" for number in range(foreign)]
    await send(house.mail, sender, chunked(letter(subject)), recipients=[*recipients, *here])


async def test_beyond_the_hours_allowance_nothing_is_accepted_until_it_ends(limited: House) -> None:
    await sent(limited, "un", 2)
    with pytest.raises(TooManyRequests) as refused:
        await sent(limited, "deux", 2)
    assert refused.value.retry_after == 40 * 60
    assert len(limited.queued.entries) == 1
    # What was refused was not counted, and what is allowed goes on.
    await sent(limited, "trois", 1)
    await sent(limited, "quatre", 0, "agent2@sante.gouv.tg")
    await sent(limited, "autre", 2, sender=OTHER)
    limited.clock.advance(minutes=40)
    await sent(limited, "cinq", 2)
    with pytest.raises(TooManyRequests) as refused:
        await sent(limited, "six", 1)
    assert refused.value.retry_after == 13 * 3600
    limited.clock.advance(hours=13)
    await sent(limited, "sept", 3)


async def test_recipients_here_have_an_allowance_too(limited: House) -> None:
    for number in range(6):
        await sent(limited, f"n{number}", 0, "agent2@sante.gouv.tg")
    with pytest.raises(TooManyRequests):
        await sent(limited, "encore", 0, "agent2@sante.gouv.tg")


async def test_it_is_told_once_until_it_ends(limited: House) -> None:
    for number in range(3):
        with pytest.raises(TooManyRequests):
            await sent(limited, f"n{number}", 4)
    (document,) = await limited.database["tallies"].find({"_id": "01JSENDER"}).to_list(2) or [None]
    assert document is not None
    assert [fact["type"] for fact in document["outbox"]] == ["sending_limited"]
    assert '"foreign_hour"' in document["outbox"][0]["body"]
    limited.clock.advance(hours=1)
    with pytest.raises(TooManyRequests):
        await sent(limited, "plus-tard", 4)
    assert len((await limited.database["tallies"].find_one({"_id": "01JSENDER"}))["outbox"]) == 2


async def test_a_repeat_is_not_counted_again(limited: House) -> None:
    for _ in range(3):
        await sent(limited, "repeat", 3)
    assert len(limited.queued.entries) == 1


async def test_many_at_once_do_not_outrun_it(limited: House) -> None:
    done = await asyncio.gather(*(sent(limited, f"n{number}", 1) for number in range(8)), return_exceptions=True)
    assert sum(each is None for each in done) <= 3
    assert len(limited.queued.entries) == sum(each is None for each in done)


async def test_what_the_platform_writes_is_not_counted(limited: House) -> None:
    for number in range(5):
        await send(limited.mail, SENDER, chunked(letter(f"n{number}")), recipients=["a@example.org"], of_platform=True)
    assert len(limited.queued.entries) == 5


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 4), st.integers(0, 4)), max_size=40))
def test_no_hour_and_no_day_holds_more_than_is_allowed(sends: list[tuple[int, int, int]]) -> None:
    allowance, clock = Allowance(foreign_hour=5, foreign_day=12, all_hour=9), Clock()
    tally, hours, days = Tally.begun(clock()), dict[object, int](), dict[object, int]()
    for minutes, foreign, here in sends:
        clock.advance(minutes=minutes)
        wanted = tally.at(clock()).with_recipients(foreign, here)
        if wanted.exceeded(allowance) is None:
            tally = wanted
            hours[wanted.hour] = hours.get(wanted.hour, 0) + foreign
            days[wanted.day] = days.get(wanted.day, 0) + foreign
    assert max(hours.values(), default=0) <= 5
    assert max(days.values(), default=0) <= 12
