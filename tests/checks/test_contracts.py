"""What `make lint` refuses in the contracts."""

import re
import shutil
from pathlib import Path

import pytest

from deploy.checks.contracts import BASELINE, PROTO, buf, check, image


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A copy of the contracts, to be spoilt."""
    shutil.copytree(PROTO / "workspace", tmp_path / "workspace")
    return tmp_path


def spoil(folder: Path, pattern: str, instead: str) -> Path:
    path = folder / "workspace" / "mail" / "v1" / "mail.proto"
    text, count = re.subn(pattern, instead, path.read_text(), count=1)
    assert count
    path.write_text(text)
    compiled = folder / "image.binpb"
    image(compiled, folder)
    return compiled


def test_the_contracts_are_kept() -> None:
    assert check() == []


def test_a_field_may_not_change_its_meaning(changed: Path) -> None:
    image(changed / "before.binpb", changed)
    compiled = spoil(changed, r"string (\w+) = 1;", r"uint64 \1 = 1;")
    faults = buf("breaking", str(compiled), "--against", str(changed / "before.binpb"))
    assert any("changed type" in fault for fault in faults)
    assert buf("breaking", str(changed / "before.binpb"), "--against", str(changed / "before.binpb")) == []


def test_names_follow_the_house(changed: Path) -> None:
    compiled = spoil(changed, r"string (\w+) = 1;", r"string BadlyNamed = 1;")
    assert any("lower_snake_case" in fault for fault in buf("lint", str(compiled)))


def test_there_is_a_baseline_to_judge_by() -> None:
    assert BASELINE.stat().st_size > 1000
