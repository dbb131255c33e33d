"""Programs in `node/`, on packages of npm."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Any

import pytest

NODE = Path(__file__).parent / "node"
# What openid-client 6 and imapflow run on.
OLDEST_NODE = 20


def node(script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON that it prints. Skips where Node or its packages cannot be had."""
    program, npm = which("node"), which("npm")
    if program is None or npm is None or _major(program) < OLDEST_NODE:
        pytest.skip(
            f"no node {OLDEST_NODE} or newer with npm; Debian 13 has it (apt-get install nodejs npm), for older "
            "ones nodejs.org does"
        )
    lock = NODE / "package-lock.json"
    installed = NODE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        install = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(install, cwd=NODE, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.skip(f"no packages; npm ci in tests/interop/node said: {done.stderr[-300:]}")
    ran = subprocess.run(
        [program, str(NODE / script), *arguments], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return dict(json.loads(ran.stdout))


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    return int(said.stdout.strip().removeprefix("v").partition(".")[0] or 0)
