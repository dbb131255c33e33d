"""The vectors of RFC 7208 that pyspf's source brings with it, through our use of pyspf."""

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.mail.domain.authentication import spf

pytestmark = pytest.mark.interop
_SUITE = "rfc7208-tests.yml"


@pytest.fixture(scope="session")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The suite is in the source alone, not in what is installed of it."""
    folder = tmp_path_factory.mktemp("pyspf")
    wanted = ["pyspf==2.0.14", "--no-deps", "--no-binary", "pyspf", "-q", "-d", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *wanted], capture_output=True, text=True, check=False
    )
    found = list(folder.glob("*.tar.gz"))
    if not found:
        pytest.skip(f"no source of pyspf: PyPI has it ({done.stderr[-200:]})")
    with tarfile.open(found[0]) as archive:
        member = next(each for each in archive.getmembers() if Path(each.name).name == _SUITE)
        file = archive.extractfile(member)
        assert file is not None
        return list(yaml.safe_load_all(file.read()))


Zone = dict[str, list[Any]]


def zone_of(scenario: dict[str, Any]) -> Zone:
    """A suite for record types 16 and 99: what stands under SPF alone is TXT too, as its drivers have it."""
    zone: Zone = {}
    for name, listed in scenario["zonedata"].items():
        records: list[Any] = []
        for record in listed:
            records += [record] if record == "TIMEOUT" else list(record.items())
        own = any(record != "TIMEOUT" and record[0] == "TXT" for record in records)
        more = [("TXT", record[1]) for record in records if record != "TIMEOUT" and record[0] == "SPF" and not own]
        zone[name.lower()] = [record for record in [*records, *more] if record == "TIMEOUT" or record[1] != "NONE"]
    return zone


def answer(zone: Zone, name: str, kind: str, depth: int = 0) -> list[Any] | None:
    """What a resolver makes of the zone."""
    if any(len(label) > 63 for label in name.split(".")):
        return None
    if name not in zone:
        return None if name.startswith("error.") else []
    found: list[Any] = []
    for record in zone[name]:
        if record == "TIMEOUT":
            return found or None
        of, value = record
        if of == "CNAME" and depth < 8:
            return answer(zone, value.lower(), kind, depth + 1)
        if of == kind and value == "TIMEOUT":
            return None
        if of == kind and kind == "TXT":
            pieces = [value] if isinstance(value, str) else value
            found.append(tuple(piece.encode() for piece in pieces))
        elif of == kind:
            found.append(tuple(value) if isinstance(value, list) else value)
    return found


def result(zone: Zone, case: dict[str, Any]) -> str:
    known: dict[tuple[str, str], list[Any] | None] = {}
    while len(known) < 200:
        try:
            return spf.evaluate(str(case["host"]), case["mailfrom"], case["helo"], known).result.value
        except spf.Lacking as lacking:
            known |= {question: answer(zone, *question) for question in lacking.questions}
    return "endless"


def test_every_vector_of_rfc_7208(scenarios: list[dict[str, Any]]) -> None:
    wrong, cases = [], 0
    for scenario in scenarios:
        zone = zone_of(scenario)
        for name, case in scenario["tests"].items():
            cases += 1
            wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
            if (found := result(zone, case)) not in wanted:
                wrong.append((name, case["spec"], found, wanted))
    assert wrong == []
    assert cases > 200
