"""What dkimpy's source tests itself by, with our reading of signatures and seals in the place of dkimpy's."""

import asyncio
import importlib.util
import re
import subprocess
import sys
import tarfile
import unittest
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import dkim
import pytest

from services.mail.domain.authentication import keys
from services.mail.domain.authentication.verdicts import Result, Verdicts
from tests.mail.authentication.signing import checked

pytestmark = pytest.mark.interop
_SUITES = ("test_dkim", "test_dkim_ed25519", "test_dkim_rsavariants", "test_arc")
# Where we are stricter on purpose, and why.
STRICTER = {
    "test_l_verify": "what is added below l= would pass as signed",
}

Answering = Callable[..., str | bytes | None]


class Answered:
    """DNS as a test of dkimpy answers it."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer

    async def ask(self, name: str, kind: str) -> list[Any]:
        if kind != "TXT" or "._domainkey." not in name:
            return []
        try:
            text = self._answer(f"{name}.".encode(), timeout=5)
        except (
            AssertionError
        ):  # as their tests say of a name that they do not expect; all signatures are looked at here
            return []
        return [] if text is None else [(text.encode() if isinstance(text, str) else text,)]


def _verdicts(letter: bytes, dnsfunc: Answering) -> Verdicts:
    # Letters come by SMTP, where each line ends with CRLF.
    return asyncio.run(checked(re.sub(rb"\r?\n", b"\r\n", letter), Answered(dnsfunc)))  # type: ignore[arg-type]


def verified(message: bytes, *, dnsfunc: Answering, minkey: int = keys.SHORTEST_RSA, **_: Any) -> bool:
    """As `dkim.verify`, which looks at the first signature."""
    with patch.object(keys, "SHORTEST_RSA", minkey):
        found = _verdicts(message, dnsfunc).dkim
    return bool(found) and found[0].result is Result.PASS


def arc_verified(message: bytes, *, dnsfunc: Answering, **_: Any) -> tuple[bytes, list[Any], str]:
    """As `dkim.arc_verify`."""
    return _verdicts(message, dnsfunc).arc.result.value.encode(), [], ""


@pytest.fixture
def suites(tmp_path: Path) -> list[ModuleType]:
    """They are in the source alone, not in what is installed of it."""
    wanted = ["dkimpy==1.1.8", "--no-deps", "--no-build-isolation", "--no-binary", "dkimpy", "-q", "-d", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *wanted], capture_output=True, text=True, check=False
    )
    found = list(tmp_path.glob("*.tar.gz"))
    if not found:
        pytest.skip(f"no source of dkimpy: PyPI has it ({done.stderr[-200:]})")
    with tarfile.open(found[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    return [_module(next(tmp_path.glob(f"*/dkim/tests/{each}.py"))) for each in _SUITES]


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"dkimpy_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_vector_of_dkimpy(suites: list[ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = dkim.DKIM.verify

    def of_object(self: Any, idx: int = 0, *, dnsfunc: Answering) -> bool:
        # For what it leaves in the object.
        theirs(self, idx, dnsfunc=dnsfunc)
        fields = b"".join(name + b":" + value for name, value in self.headers)
        return verified(fields + b"\r\n" + self.body, dnsfunc=dnsfunc)

    monkeypatch.setattr(dkim, "verify", verified)
    monkeypatch.setattr(dkim, "arc_verify", arc_verified)
    monkeypatch.setattr(dkim.DKIM, "verify", of_object)
    result = unittest.TestResult()
    for each in suites:
        unittest.defaultTestLoader.loadTestsFromModule(each).run(result)
    wrong = {case.id().rpartition(".")[2]: trace for case, trace in (*result.failures, *result.errors)}
    assert {name: trace for name, trace in wrong.items() if name not in STRICTER} == {}
    assert wrong.keys() == STRICTER.keys()
    assert result.testsRun > 40
