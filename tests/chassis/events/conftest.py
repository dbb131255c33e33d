"""Both brokers, so that every promise is kept on each of them."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rabbitmq import SERVER, RabbitMq, started


@pytest.fixture(scope="package")
def rabbitmq() -> Iterator[RabbitMq]:
    """A RabbitMQ that this run started."""
    if not Path(SERVER).exists():
        pytest.skip("RabbitMQ is missing: apt-get install rabbitmq-server")
    with started() as server:
        yield server


@pytest.fixture(params=["spool", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a broker, one after the other."""
    if request.param == "spool":
        return f"spool://{tmp_path / 'broker'}"
    server: RabbitMq = request.getfixturevalue("rabbitmq")
    return server.url


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Names of a test's own, on a broker that tests share."""
    own = uuid.uuid4().hex[:8]
    return lambda name: f"{name}-{own}"
