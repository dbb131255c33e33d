"""Mail is brought and taken at the terminal: from files, from another server by IMAP, and back into files."""

import json
import mailbox
from pathlib import Path

import pytest

from tests.e2e.clients import Agent, letter
from tests.running import RunningStack, until


def written(path: Path, *subjects: str) -> Path:
    made = mailbox.mbox(path)
    for subject in subjects:
        message = mailbox.mboxMessage(letter("agent1@numerique.gouv.tg", subject=subject))
        message.set_flags("RO")
        made.add(message)
    made.close()
    return path


async def test_an_mbox_comes_once_and_goes_out_again(stack: RunningStack, tmp_path: Path) -> None:
    agent = Agent(stack, "agent1@numerique.gouv.tg")
    token = await agent.token()
    path = written(tmp_path / "courrier.mbox", "Premier", "Deuxième")
    counted = stack.command("mail", "import", str(path), "--folder", "Repris/2019", "--dry-run", "--json", token=token)
    assert json.loads(counted.stdout) == [{"folder": "Repris/2019", "letters": 2}]
    for brought, there in ((2, 0), (0, 2)):
        done = stack.command("mail", "import", str(path), "--folder", "Repris/2019", "--json", token=token)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["brought"], told["there_already"], told["failed"]) == (brought, there, [])
    assert len(agent.subjects("Repris/2019")) == 2
    out = tmp_path / "copie"
    for taken, there in ((True, False), (False, True)):
        done = stack.command("mail", "export", str(out), "--json", token=token)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["letters"] > 0, told["there_already"] > 0) == (taken, there)
    copies = mailbox.Maildir(out / "Repris" / "2019")
    assert len(copies) == 2
    assert all("S" in message.get_flags() for message in copies)
    done = stack.command("mail", "export", str(tmp_path / "mbox"), "--format", "mbox", token=token)
    assert done.returncode == 0, done.stderr
    assert len(mailbox.mbox(tmp_path / "mbox" / "Repris" / "2019.mbox")) == 2
    written_out = [*out.rglob("*"), *(tmp_path / "mbox").rglob("*"), out, tmp_path / "mbox"]
    assert [each for each in written_out if each.stat().st_mode & 0o077] == []


async def test_mail_comes_over_from_another_server(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    former, agent = Agent(stack, "agent1@finances.gouv.tg"), Agent(stack, "agent1@numerique.gouv.tg")
    client = former.imap()
    subject = letter(former.address, subject="Venu")["Subject"]
    client.create("Dossiers")
    for name in ("Dossiers", "Sent"):
        client.append(name, "\\Flagged", None, letter(former.address, subject=subject).as_bytes())
    client.logout()
    monkeypatch.setenv("WORKSPACE_IMPORT_PASSWORD", former.password)
    host, port = "localhost", stack.address("imaps")[1]
    words = ("mail", "import", f"imaps://{host}:{port}", "--user", former.address, "--ca", f"{stack.var}/tls/ca.pem")
    for _ in range(2):
        done = stack.command(*words, token=await agent.token())
        assert done.returncode == 0, done.stderr
    assert "there already" in done.stdout
    until(lambda: sum(subject in each for each in agent.subjects("Dossiers")) == 1, 20)
    assert sum(subject in each for each in agent.subjects("Sent")) == 1
    client = agent.imap()
    client.select("Dossiers", readonly=True)
    _, (flagged,) = client.search(None, "FLAGGED")
    client.logout()
    assert len(flagged.split()) == 1
    monkeypatch.setenv("WORKSPACE_IMPORT_PASSWORD", "wrong")
    refused = stack.command(*words, token=await agent.token())
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr


async def test_what_is_no_mail_is_said_in_one_line(stack: RunningStack, tmp_path: Path) -> None:
    token = await Agent(stack, "agent1@numerique.gouv.tg").token()
    (tmp_path / "x.mbox").write_bytes(b"no mail")
    for words, code in (
        (("x.mbox",), 1),
        (("nothing",), 2),
        (("imap://mail.example.org", "--user", "a"), 2),
        (("imaps://mail.example.org:port", "--user", "a"), 2),
    ):
        source = words[0] if "://" in words[0] else str(tmp_path / words[0])
        done = stack.command("mail", "import", source, *words[1:], token=token)
        assert done.returncode == code
        assert done.stderr.count("\n") == 1
