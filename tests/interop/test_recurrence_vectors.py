"""The vectors by which libical tests its recurrence rules, through ours."""

import hashlib
import io
import subprocess
import tarfile
import urllib.request
from itertools import islice

import pytest

from services.calendar.domain.objects.recurrence import Steps, locals_of
from services.calendar.domain.objects.rules import Rule, read_rule
from services.calendar.domain.objects.values import read_moment, write_moment

pytestmark = pytest.mark.interop
# They are in Debian's source package alone: libical3 3.0.16, as bookworm has it.
_SOURCE = "pool/main/libi/libical3/libical3_3.0.16.orig.tar.gz"
_SHA256 = "b44705dd71ca4538c86fb16248483ab4b48978524fb1da5097bd76aa2e0f0c33"
_VECTORS = "src/test/icalrecur_test.out"
_WIDTH = len("20261129T180000")
# What a calendar refuses on purpose: recurrence more often than daily.
_SUB_DAILY = ("FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY")


@pytest.fixture(scope="module")
def vectors() -> list[dict[str, str]]:
    """RRULE, DTSTART, INSTANCES and sometimes START-AT of each."""
    said = ["apt-get", "indextargets", "--format", "$(SITE)", "Release: bookworm", "Created-By: Packages"]
    try:
        site = subprocess.run(said, capture_output=True, text=True, check=True).stdout.split()[0]
        with urllib.request.urlopen(f"{site}/{_SOURCE}", timeout=60) as answer:
            packed = answer.read()
    except (OSError, IndexError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no source of libical: a Debian mirror has it as {_SOURCE} ({error})")
    assert hashlib.sha256(packed).hexdigest() == _SHA256
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = next(each for each in archive.getmembers() if each.name.endswith(_VECTORS))
        file = archive.extractfile(member)
        assert file is not None
        text = file.read().decode()
    blocks = (dict(line.split(":", 1) for line in block.strip().splitlines()) for block in text.split("\n\n"))
    return [block for block in blocks if block]


def _given(rule: Rule, vector: dict[str, str], most: int) -> list[str]:
    start, since = read_moment(vector["DTSTART"]), read_moment(vector.get("START-AT", vector["DTSTART"]))
    assert start is not None
    assert since is not None
    until = rule.until.local if rule.until is not None else None
    found = (local for local in locals_of(rule, start.local, Steps(100_000)) if local >= since.local)
    return [write_moment(local) for local in islice(found, most) if until is None or local <= until]


def test_every_vector_of_libical(vectors: list[dict[str, str]]) -> None:
    wrong = {}
    for vector in vectors:
        rule, wanted = read_rule(vector["RRULE"]), [each[:_WIDTH] for each in vector["INSTANCES"].split(",")]
        if vector["RRULE"].startswith(_SUB_DAILY):
            assert not isinstance(rule, Rule), vector
            continue
        assert isinstance(rule, Rule), vector
        # Their list of a rule without an end is cut off somewhere.
        ends = rule.count is not None or rule.until is not None
        given = _given(rule, vector, len(wanted) + ends)
        if [each[: len(other)] for each, other in zip(given, wanted, strict=False)] != wanted or len(given) != len(
            wanted
        ):
            wrong[vector["RRULE"]] = (given, wanted)
    assert wrong == {}
    assert len(vectors) >= 70
