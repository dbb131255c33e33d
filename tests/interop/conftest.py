"""One whole stack for clients that we did not write."""

from collections.abc import Iterator

import pytest

from tests.e2e.clients import Agent
from tests.running import RunningStack, running


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    with running("embedded") as whole:
        yield whole


@pytest.fixture
def agent(stack: RunningStack) -> Agent:
    return Agent(stack, "agent1@numerique.gouv.tg")


@pytest.fixture
def other(stack: RunningStack) -> Agent:
    return Agent(stack, "agent1@finances.gouv.tg")
