"""Programs of Debian that the tests run."""

import subprocess
from shutil import which

import pytest

PACKAGES = {"swaks": "swaks", "mbsync": "isync", "curl": "curl", "ldapsearch": "ldap-utils", "ldapwhoami": "ldap-utils"}


def run(program: str, *arguments: str, code: int = 0) -> str:
    """What it prints. Fails the test unless it ends with `code`."""
    path = which(program)
    if path is None:
        pytest.skip(f"no {program}; apt-get install {PACKAGES[program]}")
    if program == "swaks" and "--tls" in arguments and "Net::SSLeay" in _unsupported_by_swaks(path):
        pytest.skip("swaks has no TLS; apt-get install libnet-ssleay-perl")
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == code, f"{program} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def _unsupported_by_swaks(path: str) -> str:
    """Debian only recommends the Perl modules that it needs for this and that."""
    said = subprocess.run([path, "--support"], capture_output=True, text=True, timeout=30, check=False).stdout
    return "\n".join(line for line in said.splitlines() if "not available" in line)
