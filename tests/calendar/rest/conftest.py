"""Somebody whose first calendar is there."""

import pytest


@pytest.fixture(autouse=True)
async def _opened(home: str) -> None:
    """Tests that name no calendar write into it all the same."""
