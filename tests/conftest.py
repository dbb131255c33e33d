"""What every suite may ask for: the embedded database, object store and broker, started once and ended by id."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from chassis.ids import new_id
from deploy.local.certificates import Authority, ensure_authority
from deploy.local.standins import ObjectStore, documents_url, start_documents, start_objects
from tests import passwords
from tests.databases import Databases

passwords.cost(passwords.CHEAP)
# Otherwise each process that a test starts compiles the product anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# httpcore looks for it in the whole path at each lock that it takes, which comes to a sixth of a request.
sys.modules.setdefault("sniffio", None)
# How long an example takes says more of who else uses the machine than of the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


# Tests that share whole stacks or processes, which take long to start: one worker runs them all.
TOGETHER = ("tests/e2e/", "tests/local/", "tests/cli/", "tests/chassis/events/")


class Together(LoadScopeScheduling):
    """Where several workers run the tests, those of a file stay together, and those of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((each for each in TOGETHER if file.startswith(each)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.fixture(scope="session", name="documents_url")
def _documents_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a document database that this run started; nobody kills this one."""
    standin = start_documents(tmp_path_factory.mktemp("documents"), durable=False)
    yield documents_url(standin.port)
    standin.stop()


@pytest.fixture(scope="session")
def databases(documents_url: str) -> Iterator[Databases]:
    """Lends databases that no other process writes to."""
    lending = Databases(documents_url)
    yield lending
    lending.close()


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """An S3 endpoint that this run started."""
    standin, store = start_objects(tmp_path_factory.mktemp("objects"))
    yield store
    standin.stop()


@pytest.fixture
def database_name() -> str:
    """A database of the test's own, in which other processes may write."""
    return f"test_{new_id().lower()}"


@pytest.fixture
def broker_url(tmp_path: Path) -> str:
    """An embedded broker of the test's own."""
    return f"spool://{tmp_path / 'broker'}"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Certificates of every service and of localhost."""
    return ensure_authority(tmp_path_factory.mktemp("tls"))
