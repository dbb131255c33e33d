"""One stack for each broker; a test leaves it whole."""

from collections.abc import Iterator
from shutil import which

import pytest

from tests.running import RunningStack, running

# Retries of events come soon enough for a test to see the last of them.
SETTINGS = {"WORKSPACE_EVENT_RETRY_SECONDS": "0.5,1"}


@pytest.fixture(scope="session")
def embedded() -> Iterator[RunningStack]:
    with running("embedded", **SETTINGS) as stack:
        yield stack


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RunningStack]:
    if which("rabbitmq-server", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip("no rabbitmq-server; apt-get install rabbitmq-server")
    with running("rabbitmq", **SETTINGS) as stack:
        yield stack


@pytest.fixture(params=["embedded", "rabbitmq"])
def stack(request: pytest.FixtureRequest) -> RunningStack:
    """The same faults with either broker."""
    whole: RunningStack = request.getfixturevalue(request.param)
    whole.await_ready()
    return whole
