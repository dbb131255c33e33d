"""SMTP clients that we did not write: msmtp, and Postfix's smtp-source with many at a time."""

from email.message import EmailMessage
from pathlib import Path

from chassis.ids import new_id
from tests.e2e.clients import Agent
from tests.interop.programs import run
from tests.running import RunningStack, until


def test_msmtp_submits_as_an_agent(stack: RunningStack, agent: Agent, other: Agent, tmp_path: Path) -> None:
    configuration = tmp_path / "msmtprc"
    configuration.write_text(
        f"""account workspace
host localhost
port {stack.address("submission")[1]}
from {agent.address}
auth on
user {agent.address}
password {agent.password}
tls on
tls_starttls on
tls_trust_file {stack.var}/tls/ca.pem
"""
    )
    configuration.chmod(0o600)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = agent.address, other.address, f"msmtp {new_id()}"
    message.set_content("Bonjour.\n.\nUne ligne avec un point.\n")
    run("msmtp", "-C", str(configuration), "-a", "workspace", "-t", typed=message.as_string())
    until(lambda: message["Subject"] in other.subjects(), 20)


def test_smtp_source_delivers_many_at_a_time(stack: RunningStack, other: Agent) -> None:
    subject = f"smtp-source {new_id()}"
    host, port = stack.address("smtp")
    run(
        "smtp-source", "-s", "10", "-m", "200", "-l", "4096", "-f", "citoyen@example.org", "-t", other.address,
        "-S", subject, f"{host}:{port}",
    )  # fmt: skip
    client = other.imap()

    def came() -> int:
        client.select("INBOX", readonly=True)
        _, (found,) = client.search(None, "SUBJECT", f'"{subject}"')
        return len(found.split())

    until(lambda: came() == 200, 60)
    client.logout()
