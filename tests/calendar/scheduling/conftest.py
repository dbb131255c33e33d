"""Somebody who has opened the calendar once; a colleague who never did."""

import pytest

from chassis.identity import Identity
from services.calendar.usecases.list_calendars import own_calendars
from tests.calendar.office import Office


@pytest.fixture
async def agent(office: Office) -> Identity:
    found = await office.agent("agent1")
    await own_calendars(office.agenda, found.account_id)
    return found
