"""A reader finds each file under the name by which a document calls it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# `services/mail/store/`, `chassis/launch.py`, `proto/workspace/mail/v1/mail.proto`: names that begin at the top.
_NAME = re.compile(r"`((?:chassis|services|gateway|cli|proto|deploy|tests|docs)/[\w./-]*)(?:::(\w+))?`")


def named(document: str) -> Iterator[tuple[str, str]]:
    yield from _NAME.findall((ROOT / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md", "docs/life-of-a-letter.md"])
def test_every_file_that_is_named_exists(document: str) -> None:
    missing = [path for path, _ in named(document) if not (ROOT / path).exists()]
    assert not missing


def test_the_letters_way_names_files_and_tests_in_full() -> None:
    found = list(named("docs/life-of-a-letter.md"))
    assert len(found) > 40
    for path, test in found:
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
