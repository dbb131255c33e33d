"""Debian's sieve-connect keeps an agent's scripts."""

import os
from pathlib import Path

import pytest

from tests.e2e.clients import Agent
from tests.interop.programs import run
from tests.running import RunningStack

TRI = 'require "fileinto";\nif header :contains "subject" "facture" { fileinto "Factures"; }\n'


def sieve_connect(stack: RunningStack, agent: Agent, *arguments: str, code: int = 0) -> str:
    _, port = stack.address("managesieve")
    read, write = os.pipe()
    os.write(write, agent.password.encode() + b"\n")
    os.close(write)
    try:
        return run(
            "sieve-connect", "--nosrv", "--server", "localhost", "--port", str(port), "--user", agent.address,
            "--authmech", "PLAIN", "--passwordfd", str(read), "--tlscafile", str(stack.var / "tls" / "ca.pem"),
            *arguments, code=code, pass_fds=(read,),
        )  # fmt: skip
    finally:
        os.close(read)


def test_sieve_connect_puts_activates_reads_and_deletes_a_script(
    stack: RunningStack, agent: Agent, tmp_path: Path
) -> None:
    script, wrong, back = tmp_path / "tri.sieve", tmp_path / "faux.sieve", tmp_path / "back.sieve"
    script.write_text(TRI)
    wrong.write_text("if {")
    sieve_connect(stack, agent, "--localsieve", str(script), "--remotesieve", "tri", "--upload")
    sieve_connect(stack, agent, "--remotesieve", "tri", "--activate")
    assert '"tri" ACTIVE' in sieve_connect(stack, agent, "--list")
    sieve_connect(stack, agent, "--remotesieve", "tri", "--localsieve", str(back), "--download")
    assert back.read_text() == TRI
    with pytest.raises(AssertionError, match="Line 1"):
        sieve_connect(stack, agent, "--localsieve", str(wrong), "--remotesieve", "faux", "--upload")
    sieve_connect(stack, agent, "--deactivate")
    sieve_connect(stack, agent, "--remotesieve", "tri", "--delete")
    assert "tri" not in sieve_connect(stack, agent, "--list")
