"""Debian's isync: an agent's mail synchronised both ways with a Maildir, and again with nothing to do."""

import mailbox
from pathlib import Path

import pytest

from tests.e2e.clients import Agent, deliver, letter
from tests.interop.programs import run
from tests.running import RunningStack, until


@pytest.fixture
def configuration(stack: RunningStack, agent: Agent, tmp_path: Path) -> Path:
    host, port = stack.address("imaps")
    (tmp_path / "mail").mkdir()
    path = tmp_path / "mbsyncrc"
    path.write_text(
        f"""IMAPAccount workspace
Host localhost
Port {port}
User {agent.address}
Pass {agent.password}
SSLType IMAPS
CertificateFile {stack.var}/tls/ca.pem

IMAPStore far
Account workspace

MaildirStore near
Path {tmp_path}/mail/
Inbox {tmp_path}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
"""
    )
    assert host == "127.0.0.1"
    return path


def near(tmp_path: Path, name: str = "INBOX") -> mailbox.Maildir:
    return mailbox.Maildir(tmp_path / "mail" / name)


def test_mbsync_synchronises_both_ways(stack: RunningStack, agent: Agent, configuration: Path, tmp_path: Path) -> None:
    received = letter(agent.address)
    deliver(stack, received)
    until(lambda: received["Subject"] in agent.subjects(), 20)
    run("mbsync", "-c", str(configuration), "-a")
    inbox = near(tmp_path)
    assert received["Subject"] in [message["Subject"] for message in inbox]

    # What is written here appears there, what is read here is read there, what is removed here goes there.
    written = letter("ami@example.org", sender=agent.address, subject="Brouillon")
    drafts = near(tmp_path, "Drafts")
    drafts.add(mailbox.MaildirMessage(written))
    for key, message in inbox.items():
        if message["Subject"] == received["Subject"]:
            message.set_subdir("cur")
            message.add_flag("S")
            inbox[key] = message
    run("mbsync", "-c", str(configuration), "-a")
    assert written["Subject"] in agent.subjects("Drafts")
    client = agent.imap()
    client.select("INBOX", readonly=True)
    _, (seen,) = client.search(None, "SEEN", "HEADER", "Message-ID", received["Message-ID"])
    client.logout()
    assert seen.split()

    inbox = near(tmp_path)
    for key, message in inbox.items():
        if message["Subject"] == received["Subject"]:
            message.add_flag("T")
            inbox[key] = message
    run("mbsync", "-c", str(configuration), "-a")
    assert received["Subject"] not in agent.subjects()


def test_mbsync_then_has_nothing_to_do(stack: RunningStack, agent: Agent, configuration: Path, tmp_path: Path) -> None:
    deliver(stack, letter(agent.address))
    run("mbsync", "-c", str(configuration), "-a")
    before = _far(agent), _near(tmp_path)
    assert before[1]
    run("mbsync", "-c", str(configuration), "-a")
    assert (_far(agent), _near(tmp_path)) == before


def _far(agent: Agent) -> dict[str, bytes]:
    """What changes there with any change at all (RFC 7162 §3.1.2)."""
    client = agent.imap()
    try:
        states = {}
        for name in ("INBOX", "Drafts", "Sent", "Trash"):
            _, (status,) = client.status(name, "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)")
            states[name] = status
        return states
    finally:
        client.logout()


def _near(tmp_path: Path) -> list[str]:
    """Messages with their flags, which a Maildir keeps in the files' names; those mbsync has seen lie in `cur`."""
    return sorted(path.name for path in (tmp_path / "mail").rglob("*,U=*"))
