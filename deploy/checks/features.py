"""`docs/features.md` names, for each capability, the test that shows it and the suite in which it runs.

`python -m deploy.checks.features` fails when a row names a test that does not exist. That each named test passed is
asked by the pytest plugin `tests/features_plugin.py`, in the suite at hand.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "features.md"
# Where each suite's tests lie; the suite `test` has all others.
SUITES = {"test": "tests/", "interop": "tests/interop/", "chaos": "tests/chaos/", "bench": "tests/load/"}


@dataclass(frozen=True)
class Row:
    """One capability and the test that shows it, such as `tests/mail/imap/test_fetch.py::test_envelope`."""

    line: int
    capability: str
    test: str
    suite: str


class Unreadable(ValueError):
    """A row of the table that is not `| capability | tests/path.py::test_name | suite |`."""


def rows(text: str) -> list[Row]:
    """The rows of every table in the document. Raises `Unreadable`."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|") or set(line) <= set("|-: "):
            continue
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if [cell.lower() for cell in cells] == ["capability", "test", "suite"]:
            continue
        if len(cells) != 3 or not cells[0] or "::" not in cells[1] or cells[2] not in SUITES:
            raise Unreadable(f"features.md:{number}: not | capability | tests/path.py::test_name | suite |: {line}")
        found.append(Row(number, *cells))
    return found


def missing(row: Row, root: Path = ROOT) -> str:
    """What keeps the row's test from being found, empty when nothing does."""
    file, *names = row.test.split("::")
    path = root / file
    if not path.is_file():
        return f"{file} does not exist"
    if not file.startswith(SUITES[row.suite]) or (row.suite == "test" and _suite_of(file) != "test"):
        return f"{file} is not of the suite {row.suite}"
    body: list[ast.stmt] = ast.parse(path.read_bytes()).body
    for name in names:
        named = [node for node in body if isinstance(node, _NAMED) and node.name == name]
        if not named:
            return f"{file} has no {name}"
        body = named[-1].body
    return ""


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _suite_of(file: str) -> str:
    return next((suite for suite, folder in SUITES.items() if suite != "test" and file.startswith(folder)), "test")


def complaints(text: str, root: Path = ROOT) -> Iterator[str]:
    """What is wrong with the table."""
    try:
        found = rows(text)
    except Unreadable as error:
        yield str(error)
        return
    for row in found:
        if fault := missing(row, root):
            yield f"features.md:{row.line}: {row.capability}: {fault}"


def main() -> None:
    found = list(complaints(TABLE.read_text(encoding="utf-8"))) if TABLE.exists() else [f"{TABLE} does not exist"]
    sys.stdout.writelines(f"{line}\n" for line in found or ["features: each has its test"])
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
