"""Debian's rspamd and clamd, started by hand with as little as they need."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import which

import pytest

from tests.mail.clam import EICAR
from tests.running import until

RSPAMD = """
options {{ filters = "regexp"; pidfile = "{folder}/pid"; cache_file = "{folder}/cache"; hs_cache_dir = "{folder}";
  control_socket = "{folder}/control"; dns {{ nameserver = "127.0.0.1:9"; timeout = 0.1s; retransmits = 1; }} }}
logging {{ type = "file"; filename = "{folder}/log"; level = "warning"; }}
worker "normal" {{ bind_socket = "{folder}/socket mode=0666"; count = 1; }}
"""
CLAMD = """
Foreground yes
DatabaseDirectory {folder}
LocalSocket {folder}/socket
User {user}
"""


@contextmanager
def _running(program: str, package: str, path: Path, *arguments: str) -> Iterator[None]:
    found = which(program, path="/usr/bin:/usr/sbin")
    if found is None:
        pytest.skip(f"no {program}; apt-get install {package}")
    process = subprocess.Popen([found, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        # rspamd prepares the list of public suffixes for a quarter of a minute.
        until(lambda: _listens(path), 120)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _listens(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX)) as trial:
        return trial.connect_ex(str(path)) == 0


@contextmanager
def rspamd(folder: Path) -> Iterator[str]:
    """The path of its socket."""
    (folder / "conf").write_text(RSPAMD.format(folder=folder))
    with _running("rspamd", "rspamd", folder / "socket", "-f", "-i", "-c", str(folder / "conf")):
        yield str(folder / "socket")


@contextmanager
def clamd(folder: Path) -> Iterator[str]:
    """The path of its socket; it knows the EICAR test file alone."""
    (folder / "test.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    (folder / "conf").write_text(CLAMD.format(folder=folder, user="root"))
    with _running("clamd", "clamav-daemon", folder / "socket", "--config-file", str(folder / "conf")):
        yield str(folder / "socket")
