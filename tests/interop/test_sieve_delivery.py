"""An agent's script, put by sieve-connect, decides what becomes of what swaks sends."""

import time
from pathlib import Path

from chassis.ids import new_id
from tests.e2e.clients import Agent
from tests.interop.programs import run
from tests.interop.test_sieve_connect import sieve_connect
from tests.running import RunningStack, until

SCRIPT = """require ["fileinto", "mailbox", "vacation", "reject", "imap4flags"];
if header :contains "subject" "facture" { fileinto :create :flags "\\\\Flagged" "Factures"; }
elsif header :contains "subject" "refus" { reject "Non merci"; }
elsif header :contains "subject" "absence" { vacation :days 1 "Je suis absent."; }
"""


def filed(agent: Agent, subject: str) -> bool:
    try:
        return subject in agent.subjects("Factures")
    except ValueError:  # no such mailbox yet
        return False


def test_a_script_files_answers_and_refuses(stack: RunningStack, agent: Agent, other: Agent, tmp_path: Path) -> None:
    script, unique = tmp_path / "tri.sieve", new_id()
    script.write_text(SCRIPT)
    sieve_connect(stack, agent, "--localsieve", str(script), "--remotesieve", unique, "--upload")
    sieve_connect(stack, agent, "--remotesieve", unique, "--activate")
    smtp, submission = (":".join(map(str, stack.address(name))) for name in ("smtp", "submission"))

    def submitted(subject: str) -> None:
        run(
            "swaks", "--server", submission, "--tls", "--auth", "PLAIN", "--auth-user", other.address,
            "--auth-password", other.password, "--from", other.address, "--to", agent.address,
            "--header", f"Subject: {subject}",
        )  # fmt: skip

    try:
        # What another process changed is known within some seconds.
        time.sleep(3)
        submitted(f"facture {unique}")
        until(lambda: filed(agent, f"facture {unique}"), 20)
        submitted(f"absence {unique}")
        until(lambda: f"Auto: absence {unique}" in other.subjects(), 20)
        assert f"absence {unique}" in agent.subjects()
        refused = run(
            "swaks", "--server", smtp, "--from", "citoyen@example.org", "--to", agent.address,
            "--header", f"Subject: refus {unique}", code=26,
        )  # fmt: skip
        assert "550 5.7.1 Non merci" in refused
        submitted(f"refus {unique}")
        until(lambda: any(subject.startswith("Message non remis") for subject in other.subjects()), 20)
        assert f"refus {unique}" not in agent.subjects()
    finally:
        sieve_connect(stack, agent, "--deactivate")
        sieve_connect(stack, agent, "--remotesieve", unique, "--delete")
