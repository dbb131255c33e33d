"""Whole stacks: one with the embedded broker, one with RabbitMQ, each started as `make up` does, and ended with the
last test of this folder."""

from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from tests.e2e.clients import Agent
from tests.running import RunningStack, running


@pytest.fixture(scope="session")
def spans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every process of the stacks writes its spans."""
    return tmp_path_factory.mktemp("spans")


@pytest.fixture(scope="package")
def embedded(spans: Path) -> Iterator[RunningStack]:
    with running("embedded", WORKSPACE_TRACE_FILE=str(spans / "embedded")) as stack:
        yield stack


@pytest.fixture(scope="package")
def rabbitmq(spans: Path) -> Iterator[RunningStack]:
    if which("rabbitmq-server", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        pytest.skip("no rabbitmq-server; apt-get install rabbitmq-server")
    with running("rabbitmq", WORKSPACE_TRACE_FILE=str(spans / "rabbitmq")) as stack:
        yield stack


@pytest.fixture(params=["embedded", "rabbitmq"])
def stack(request: pytest.FixtureRequest) -> RunningStack:
    """The same with either broker."""
    whole: RunningStack = request.getfixturevalue(request.param)
    return whole


@pytest.fixture
def agent1(stack: RunningStack) -> Agent:
    return Agent(stack, "agent1@numerique.gouv.tg")


@pytest.fixture
def agent2(stack: RunningStack) -> Agent:
    return Agent(stack, "agent2@numerique.gouv.tg")


@pytest.fixture
def financier(stack: RunningStack) -> Agent:
    return Agent(stack, "agent1@finances.gouv.tg")
