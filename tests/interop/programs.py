"""Programs of Debian that the tests run."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import which

import pytest

PACKAGES = {
    "swaks": "swaks", "mbsync": "isync", "curl": "curl", "ldapsearch": "ldap-utils", "ldapwhoami": "ldap-utils",
    "offlineimap": "offlineimap3", "mutt": "mutt", "msmtp": "msmtp", "smtp-source": "postfix",
    "opendkim-testmsg": "opendkim-tools", "sieve-connect": "sieve-connect", "openssl": "openssl",
    "cadaver": "cadaver", "litmus": "litmus",
}  # fmt: skip


def run(
    program: str, *arguments: str, code: int | None = 0, typed: str | None = None, terminal: bool = False,
    pass_fds: Sequence[int] = (), environment: Mapping[str, str] | None = None, cwd: Path | None = None,
) -> str:  # fmt: skip
    """What it prints. Fails the test unless it ends with `code` (None: with any).

    `terminal`: it wants one, and is given one. `pass_fds`: files that stay open for it. `environment`: beside ours.
    """
    path = which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        pytest.skip(f"no {program}; apt-get install {PACKAGES[program]}")
    if program == "swaks" and "--tls" in arguments and "Net::SSLeay" in _unsupported_by_swaks(path):
        pytest.skip("swaks has no TLS; apt-get install libnet-ssleay-perl")
    words = [path, *arguments]
    if terminal:
        words = ["script", "--quiet", "--return", "--command", shlex.join(words), "/dev/null"]
    done = subprocess.run(
        words, capture_output=True, text=True, errors="replace", timeout=90, check=False, input=typed,
        pass_fds=pass_fds, env={**os.environ, **(environment or {})}, cwd=cwd,
    )  # fmt: skip
    assert code is None or done.returncode == code, (
        f"{program} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    return done.stdout + done.stderr


def _unsupported_by_swaks(path: str) -> str:
    """Debian only recommends the Perl modules that it needs for this and that."""
    said = subprocess.run([path, "--support"], capture_output=True, text=True, timeout=30, check=False).stdout
    return "\n".join(line for line in said.splitlines() if "not available" in line)
