"""Rooms of an office, whose administrator set them up."""

import pytest

from tests.calendar.office import Office
from tests.calendar.resources.asking import Rooms, administrator_of


@pytest.fixture
async def rooms(office: Office) -> Rooms:
    return Rooms(office, await office.agent("chef", grants=administrator_of("ministry")))
