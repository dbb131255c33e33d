"""Clients that we did not write."""

import asyncio
import imaplib
import shutil
import time
from pathlib import Path

import pytest

from tests.mail.house import House, letter
from tests.mail.imap.party import ADDRESS, PASSWORD, Imap


def _walk(imap: Imap, port: int) -> None:
    with imaplib.IMAP4_SSL("localhost", port, ssl_context=imap.trust, timeout=20) as client:
        assert client.login(ADDRESS, PASSWORD)[0] == "OK"
        assert client.select("INBOX") == ("OK", [b"1"])
        assert client.create("Projets")[0] == "OK"
        _, listed = client.list()
        assert any(b"Projets" in line for line in listed if isinstance(line, bytes))
        moment = imaplib.Time2Internaldate(time.time())
        assert client.append("Projets", "(\\Seen)", moment, letter("ajout"))[0] == "OK"
        assert client.search(None, "SUBJECT", '"un"') == ("OK", [b"1"])
        _, fetched = client.fetch("1", "(RFC822.SIZE BODY[])")
        assert fetched[0][1] == letter("un")
        assert client.store("1", "+FLAGS", "(\\Flagged)")[0] == "OK"
        assert client.uid("COPY", "1", "Projets")[0] == "OK"
        assert client.status("Projets", "(MESSAGES UNSEEN)") == ("OK", [b"Projets (MESSAGES 2 UNSEEN 0)"])
        assert client.uid("MOVE", "1", "Trash")[0] == "OK"
        assert client.noop()[0] == "OK"
        assert client.select("Trash") == ("OK", [b"1"])
        assert client.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
        assert client.expunge() == ("OK", [b"1"])
        assert client.close()[0] == "OK"
        assert client.logout()[0] == "BYE"


async def test_imaplib_over_tls(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("un"), owner)
    await asyncio.to_thread(_walk, imap, imap.server.ports[1])


def _begin_tls(imap: Imap, port: int) -> None:
    with imaplib.IMAP4("localhost", port, timeout=20) as client:
        assert "LOGINDISABLED" in client.capabilities
        client.starttls(imap.trust)
        assert "LOGINDISABLED" not in client.capabilities
        assert client.authenticate("PLAIN", lambda _: f"\0{ADDRESS}\0{PASSWORD}".encode())[0] == "OK"
        assert client.enable("CONDSTORE")[0] == "OK"
        assert client.select("INBOX")[0] == "OK"


async def test_imaplib_with_starttls(imap: Imap) -> None:
    await asyncio.to_thread(_begin_tls, imap, imap.server.ports[0])


CONFIGURATION = """\
IMAPAccount account
Host localhost
Port {port}
User {user}
Pass "{password}"
SSLType IMAPS
CertificateFile {certificate}

IMAPStore far
Account account

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
"""


async def _mbsync(configuration: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        "mbsync", "--config", str(configuration), "--all",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()


def _letters(folder: Path) -> list[Path]:
    return sorted(path for kind in ("new", "cur") for path in (folder / kind).iterdir())


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("mbsync") is None, reason="mbsync is missing: apt install isync")
async def test_mbsync_both_ways_and_again_with_nothing_to_do(
    imap: Imap, house: House, owner: str, tmp_path: Path
) -> None:
    for number in range(30):
        await house.deliver(letter(f"n{number}"), owner)
    folder, configuration = tmp_path / "mail", tmp_path / "mbsyncrc"
    folder.mkdir()
    configuration.write_text(
        CONFIGURATION.format(
            port=imap.server.ports[1],
            user=ADDRESS,
            password=PASSWORD,
            certificate=imap.certificate,
            folder=folder,
        )
    )
    await _mbsync(configuration)
    inbox = folder / "INBOX"
    assert len(_letters(inbox)) == 30
    assert {path.name for path in folder.iterdir()} >= {"INBOX", "Sent", "Trash"}

    _letters(inbox)[0].unlink()
    read = _letters(inbox)[0]
    read.rename(inbox / "cur" / (read.name.partition(":")[0] + ":2,S"))
    (inbox / "new" / "1.1.local").write_bytes(letter("local").replace(b"\r\n", b"\n"))
    await house.deliver(letter("distant"), owner)
    await _mbsync(configuration)
    assert len(_letters(inbox)) == 31
    client = await imap.selected()
    assert len((await client.ok("UID SEARCH ALL"))[0].split()) == 2 + 31
    assert len((await client.ok("UID SEARCH SEEN"))[0].split()) == 2 + 1
    assert len((await client.ok("UID SEARCH SUBJECT local"))[0].split()) == 2 + 1

    before = await client.ok("STATUS INBOX (MESSAGES HIGHESTMODSEQ)")
    files = [path.name for path in _letters(inbox)]
    await _mbsync(configuration)
    assert await client.ok("STATUS INBOX (MESSAGES HIGHESTMODSEQ)") == before
    assert [path.name for path in _letters(inbox)] == files
