"""A namespace in which the machine's DNS is a dictionary: `python -m tests.interop.dns_room RECORDS COMMAND...`.

Programs that ask the machine's own resolver see nothing but RECORDS, JSON of names to texts.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

import pytest

from tests.nameserver import nameserver_beside, texts

OWN = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


def run_in_room(records: dict[str, list[bytes]], program: str, package: str, typed: bytes) -> tuple[int, str]:
    """How the program ends that is given `typed`, and what it says. Skips where there is no such program or room."""
    path = which(program, path="/usr/bin:/usr/sbin")
    if path is None:
        pytest.skip(f"no {program}; apt-get install {package}")
    if subprocess.run([*OWN, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here: unshare --user --net --mount is not allowed")
    told = json.dumps({name: [text.decode("latin-1") for text in found] for name, found in records.items()})
    words = [*OWN, sys.executable, "-m", "tests.interop.dns_room", told, path]
    done = subprocess.run(words, input=typed, capture_output=True, timeout=60, check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def _inside(records: dict[str, list[str]], words: list[str]) -> int:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    known = texts({name: [text.encode("latin-1") for text in found] for name, found in records.items()})
    with tempfile.TemporaryDirectory() as folder, nameserver_beside(known, 53):
        configuration = Path(folder) / "resolv.conf"
        configuration.write_text("nameserver 127.0.0.1\n")
        subprocess.run(["mount", "--bind", str(configuration), "/etc/resolv.conf"], check=True)
        try:
            return subprocess.run(words, check=False).returncode
        finally:
            subprocess.run(["umount", "/etc/resolv.conf"], check=True)


if __name__ == "__main__":
    sys.exit(_inside(json.loads(sys.argv[1]), sys.argv[2:]))
