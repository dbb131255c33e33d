"""IMAP clients that we did not write, each as far as it uses a server: imapclient, imapflow, offlineimap, mutt."""

import mailbox
from pathlib import Path

import pytest
from imapclient import IMAPClient

from chassis.ids import new_id
from tests.e2e.clients import Agent, deliver, letter
from tests.interop.node_programs import node
from tests.interop.programs import run
from tests.running import RunningStack, until


def test_imapclient_lists_searches_sorts_copies_and_waits(stack: RunningStack, agent: Agent) -> None:
    with IMAPClient("localhost", stack.address("imaps")[1], ssl_context=agent.tls, timeout=20) as client:
        client.login(agent.address, agent.password)
        assert client.has_capability("UIDPLUS")
        assert client.has_capability("CONDSTORE")
        uses = {use: client.find_special_folder(use) for use in (b"\\Sent", b"\\Trash", b"\\Junk", b"\\Drafts")}
        assert all(uses.values()), uses
        name = f"Dossier d'été {new_id()}/Sous-dossier"
        client.create_folder(name)
        assert name in [each for _, _, each in client.list_folders()]
        client.select_folder(name)
        for subject in ("b", "a", "c"):
            client.append(name, letter(agent.address, subject=subject).as_bytes(), ["\\Seen"])
        client.noop()
        sorted_ = client.sort("SUBJECT")
        envelopes = client.fetch(sorted_, ["ENVELOPE", "RFC822.SIZE", "MODSEQ"])
        assert [envelopes[uid][b"ENVELOPE"].subject[:1] for uid in sorted_] == [b"a", b"b", b"c"]
        assert client.search(["SUBJECT", "a ", "SEEN"]) == sorted_[:1]
        client.add_flags(sorted_[0], ["\\Flagged", "$Important"])
        assert b"$Important" in client.get_flags(sorted_[0])[sorted_[0]]
        client.move(sorted_[:1], "Trash")
        assert len(client.search()) == 2
        client.idle()
        with IMAPClient("localhost", stack.address("imaps")[1], ssl_context=agent.tls, timeout=20) as second:
            second.login(agent.address, agent.password)
            second.append(name, letter(agent.address).as_bytes())
        heard = client.idle_check(timeout=10)
        client.idle_done()
        assert (3, b"EXISTS") in heard
        client.unselect_folder()
        client.delete_folder(name)


def test_imapflow_lists_appends_searches_flags_and_moves(stack: RunningStack, agent: Agent) -> None:
    subject = f"imapflow-{new_id()}"
    trust = {"NODE_EXTRA_CA_CERTS": str(stack.var / "tls" / "ca.pem")}
    host, port = stack.address("imaps")
    told = node("imapflow.mjs", host, str(port), agent.address, agent.password, subject, environment=trust)
    assert told["uses"]["\\Sent"] == "Sent"
    assert (told["found"], told["subject"], told["same"], told["type"]) == (True, subject, True, "text/plain")
    assert told["flags"] == ["\\Seen"]
    assert (told["flagged"], told["moved"], told["left"]) == (True, True, 0)
    assert subject in agent.subjects("Trash")


def test_offlineimap_synchronises_both_ways(stack: RunningStack, agent: Agent, tmp_path: Path) -> None:
    received = letter(agent.address)
    deliver(stack, received)
    until(lambda: received["Subject"] in agent.subjects(), 20)
    configuration = tmp_path / "offlineimaprc"
    configuration.write_text(
        f"""[general]
accounts = workspace
metadata = {tmp_path}/metadata
[Account workspace]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {tmp_path}/mail
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {stack.address("imaps")[1]}
remoteuser = {agent.address}
remotepass = {agent.password}
ssl = yes
sslcacertfile = {stack.var}/tls/ca.pem
folderfilter = lambda name: name in ["INBOX", "Drafts"]
"""
    )
    run("offlineimap", "-o", "-c", str(configuration), "-u", "basic")
    inbox = mailbox.Maildir(tmp_path / "mail" / "INBOX")
    keys = [key for key, message in inbox.items() if message["Subject"] == received["Subject"]]
    assert len(keys) == 1
    message = inbox[keys[0]]
    message.set_subdir("cur")
    message.add_flag("F")
    inbox[keys[0]] = message
    written = letter("ami@example.org", sender=agent.address, subject="Brouillon")
    mailbox.Maildir(tmp_path / "mail" / "Drafts").add(mailbox.MaildirMessage(written))
    run("offlineimap", "-o", "-c", str(configuration), "-u", "basic")
    assert written["Subject"] in agent.subjects("Drafts")
    client = agent.imap()
    client.select("INBOX", readonly=True)
    _, (flagged,) = client.search(None, "FLAGGED", "HEADER", "Message-ID", received["Message-ID"])
    client.logout()
    assert flagged.split()


def test_mutt_saves_letters_and_sends_one(
    stack: RunningStack, agent: Agent, other: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = letter(agent.address)
    deliver(stack, received)
    until(lambda: received["Subject"] in agent.subjects(), 20)
    saved, configuration = tmp_path / "saved", tmp_path / "muttrc"
    (imap, submission) = (stack.address(name)[1] for name in ("imaps", "submission"))
    configuration.write_text(
        f"""set imap_user="{agent.address}" imap_pass="{agent.password}"
set smtp_url="smtp://{agent.address}@localhost:{submission}/" smtp_pass="{agent.password}"
set from="{agent.address}" use_envelope_from=yes
set ssl_starttls=yes ssl_force_tls=yes ssl_ca_certificates_file="{stack.var}/tls/ca.pem"
set mbox_type=mbox folder="{tmp_path}" record="" move=no confirmcreate=no confirmappend=no mail_check_stats=no
set wait_key=no sleep_time=0 quit=yes delete=yes
"""
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "dumb")
    pattern = f"~s {received['Subject'].split()[-1]}"
    keys = f"push '<limit>{pattern}<enter><tag-pattern>~A<enter><tag-prefix><copy-message>{saved}<enter><quit>'"
    run("mutt", "-n", "-F", str(configuration), "-f", f"imaps://localhost:{imap}/INBOX", "-e", keys, terminal=True)
    assert [message["Subject"] for message in mailbox.mbox(saved)] == [received["Subject"]]
    subject = f"mutt {new_id()}"
    body = tmp_path / "body"
    body.write_text("Bonjour.\n")
    run("mutt", "-n", "-F", str(configuration), "-s", subject, "-i", str(body), "--", other.address, typed="")
    until(lambda: subject in other.subjects(), 20)
