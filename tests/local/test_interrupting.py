"""Ctrl-C stops the stack at whatever moment it comes."""

import subprocess
import sys

import pytest

from deploy.local.layout import ROOT

INTERRUPTED = """
import os, signal
from types import SimpleNamespace
from deploy.local.stack import Stack, run

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

class Started(Stack):
    def start(self):
        if {where!r} == "destructor":
            Dying()  # what is raised in there is lost
        else:
            os.kill(os.getpid(), signal.SIGINT)
    def stop(self):
        print("stopped")

pids = iter([None, *[1] * 20])  # should it not hear, it ends after some seconds
run(Started(None, None, SimpleNamespace(pid=lambda: next(pids, None), logs="")))
"""


@pytest.mark.parametrize("where", ["destructor", "start"])
def test_ctrl_c_just_when_it_is_ready_stops_the_stack(where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(where=where)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert "stopped" in done.stdout.splitlines()
    assert "the supervisor ended" not in done.stderr
