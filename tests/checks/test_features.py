"""The table of capabilities is held to the tests that it names."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.checks.features import Unreadable, complaints, rows

ROOT = Path(__file__).parents[2]
HEAD = "# Capabilities\n\n| capability | test | suite |\n|---|---|---|\n"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "tests" / "interop").mkdir(parents=True)
    (tmp_path / "tests" / "test_a.py").write_text(
        "import pytest\n"
        "def test_sound(): pass\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_partly(n): assert n == 1\n"
        "def test_skipped(): pytest.skip('no such client here')\n"
        "class TestB:\n    async def test_c(self): pass\n"
    )
    (tmp_path / "tests" / "interop" / "test_d.py").write_text("def test_d(): pass\n")
    return tmp_path


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("| Mail | `tests/test_a.py::test_sound` | test |", ""),
        ("| Mail | tests/test_a.py::TestB::test_c | test |", ""),
        ("| Mail | tests/interop/test_d.py::test_d | interop |", ""),
        ("| Mail | tests/interop/test_d.py::test_d | test |", "not of the suite test"),
        ("| Mail | tests/test_a.py::test_sound | interop |", "not of the suite interop"),
        ("| Mail | tests/test_a.py::test_none | test |", "has no test_none"),
        ("| Mail | tests/test_b.py::test_sound | test |", "does not exist"),
        ("| Mail | tests/test_a.py | test |", "not | capability"),
        ("| Mail | tests/test_a.py::test_sound | sometimes |", "not | capability"),
    ],
)
def test_a_row_must_name_a_test_of_its_suite(house: Path, row: str, complaint: str) -> None:
    found = list(complaints(HEAD + row, house))
    assert bool(found) == bool(complaint)
    assert complaint in "".join(found)


def test_a_line_that_is_no_row_is_refused() -> None:
    with pytest.raises(Unreadable):
        rows(HEAD + "| Mail | is nice |")


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("test_sound", ""),
        ("test_partly", "failed and passed"),
        ("test_skipped", "skipped"),
        ("test_gone", "did not run"),
    ],
)
def test_a_suite_fails_unless_each_of_its_rows_passed(house: Path, test: str, words: str) -> None:
    (house / "features.md").write_text(HEAD + f"| Mail | tests/test_a.py::{test} | test |")
    done = suite(house, f"tests/test_a.py::{test}" if test != "test_gone" else "tests/test_a.py::test_sound")
    assert bool(done.returncode) == bool(words), done.stdout + done.stderr
    if words:
        assert f"tests/test_a.py::{test} {words}" in done.stdout


def test_a_suite_fails_without_the_table(house: Path) -> None:
    done = suite(house, "tests/test_a.py::test_sound")
    assert done.returncode == 1
    assert "features.md" in done.stdout
    assert "1 passed" in done.stdout


def suite(house: Path, *chosen: str) -> "subprocess.CompletedProcess[str]":
    """A run of the suite `test` in a house of its own."""
    program = (
        "import sys, pathlib, pytest, deploy.checks.features as features\n"
        "features.TABLE = pathlib.Path('features.md').resolve()\n"
        "from tests import features_plugin\n"
        "sys.exit(pytest.main(['-p', 'no:pytest_nameko', '-p', 'no:asyncio', '-p', 'no:cacheprovider',"
        " '--rootdir=.', '-c', '/dev/null', '--suite=test', *sys.argv[1:]], [features_plugin]))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *chosen],
        cwd=house,
        env={"PYTHONPATH": f"{ROOT}:{ROOT}/proto/gen", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
