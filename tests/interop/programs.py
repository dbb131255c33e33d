"""Programs of Debian that the tests run."""

import subprocess
from collections.abc import Sequence
from shutil import which

import pytest

PACKAGES = {
    "swaks": "swaks", "mbsync": "isync", "curl": "curl", "ldapsearch": "ldap-utils", "ldapwhoami": "ldap-utils",
    "sieve-connect": "sieve-connect",
}  # fmt: skip


def run(program: str, *arguments: str, code: int = 0, pass_fds: Sequence[int] = ()) -> str:
    """What it prints. Fails the test unless it ends with `code`. `pass_fds`: files that stay open for it."""
    path = which(program)
    if path is None:
        pytest.skip(f"no {program}; apt-get install {PACKAGES[program]}")
    if program == "swaks" and "--tls" in arguments and "Net::SSLeay" in _unsupported_by_swaks(path):
        pytest.skip("swaks has no TLS; apt-get install libnet-ssleay-perl")
    done = subprocess.run(
        [path, *arguments], capture_output=True, text=True, timeout=90, check=False, pass_fds=pass_fds
    )
    assert done.returncode == code, f"{program} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def _unsupported_by_swaks(path: str) -> str:
    """Debian only recommends the Perl modules that it needs for this and that."""
    said = subprocess.run([path, "--support"], capture_output=True, text=True, timeout=30, check=False).stdout
    return "\n".join(line for line in said.splitlines() if "not available" in line)
