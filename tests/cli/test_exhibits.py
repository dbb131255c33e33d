"""An export for a matter: an mbox and a manifest, gone on with where it was."""

import json
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import auditing_pb2 as pb

from cli.commands import mail_matter
from cli.exhibits import MANIFEST, MBOX, PROGRESS, export_matter
from cli.failures import WrongUsage

SOURCES = {f"01A.living.{number}": b"Subject: %d\r\n\r\nFrom ici\r\n" % number for number in range(5)}


class Server:
    """A page a message and an empty one between; breaks off after some sources."""

    def __init__(self, most: int = 100) -> None:
        self.most, self.read = most, 0
        self.audited = self
        self.asked = pb.SearchMatterRequest()

    async def SearchMatter(self, request: Any) -> pb.SearchMatterResponse:
        self.asked = request
        turn = int(request.page_token or 0)
        ids = [list(SOURCES)[turn // 2]] if turn % 2 == 0 else []
        found = [pb.MatterMessage(id=each, custodian="01A", mailbox="INBOX", kept_because="expired") for each in ids]
        return pb.SearchMatterResponse(messages=found, next_page_token=str(turn + 1) if turn < 8 else "")

    async def ListCustodians(self, request: Any) -> pb.ListCustodiansResponse:
        return pb.ListCustodiansResponse(
            custodians=[pb.Custodian(account_id="01A", address="agent1@numerique.gouv.tg")]
        )

    async def GetMatterMessageSource(self, request: Any) -> AsyncIterator[HttpBody]:
        if self.read == self.most:
            raise ConnectionError
        self.read += 1
        yield HttpBody(data=SOURCES[request.id])


def asked(**also: str) -> pb.SearchMatterRequest:
    return pb.SearchMatterRequest(matter_id="01M", **also)  # type: ignore[arg-type]


async def export(server: Server, folder: Path, **also: str) -> int:
    return await export_matter(SimpleNamespace(audited=server), asked(**also), folder)  # type: ignore[arg-type]


def check(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    mbox = (folder / MBOX).read_bytes()
    assert manifest["asked"] == {"matter_id": "01M"}
    assert manifest["mbox_sha256"] == sha256(mbox).hexdigest()
    assert [each["id"] for each in manifest["messages"]] == list(SOURCES)
    end = 0
    for each in manifest["messages"]:
        assert each["sha256"] == sha256(SOURCES[each["id"]]).hexdigest()
        assert (each["custodian"], each["mailbox"], each["kept_because"]) == ("01A", "INBOX", "expired")
        assert each["mbox"]["offset"] == end
        end += each["mbox"]["length"]
        assert b"\n>From ici\n" in mbox[each["mbox"]["offset"] : end]
    assert end == len(mbox)
    assert [path for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077] == []
    assert {path.name for path in folder.iterdir()} == {MANIFEST, MBOX}


async def test_an_export_says_of_each_message_what_it_is(tmp_path: Path) -> None:
    assert await export(Server(), tmp_path / "a") == 5
    check(tmp_path / "a")
    with pytest.raises(WrongUsage):
        await export(Server(), tmp_path / "a")


@pytest.mark.parametrize("torn", ["nothing", "mbox ahead", "line half", "mbox behind"])
async def test_an_export_goes_on_where_it_was(torn: str, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with pytest.raises(ConnectionError):
        await export(Server(most=3), folder)
    assert not (folder / MANIFEST).exists()
    with pytest.raises(WrongUsage):
        await export(Server(), folder, subject="autre")
    mbox, progress = folder / MBOX, folder / PROGRESS
    if torn == "mbox ahead":
        mbox.write_bytes(mbox.read_bytes() + b"From - half")
    if torn == "line half":
        progress.write_bytes(progress.read_bytes()[:-5])
    if torn == "mbox behind":
        mbox.write_bytes(mbox.read_bytes()[:-5])
    server = Server()
    assert await export(server, folder) == 5
    assert server.read == (2 if torn in ("nothing", "mbox ahead") else 3)
    check(folder)


async def test_the_command_line_searches_reads_and_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()

    @asynccontextmanager
    async def connected(service: str) -> AsyncIterator[Any]:
        assert service == "mail"
        yield server

    monkeypatch.setattr(mail_matter, "connected", connected)

    async def run(*words: str, code: int = 0) -> bytes:
        ended = await to_thread(CliRunner().invoke, mail_matter.matter, list(words))
        assert ended.exit_code == code, ended.output
        return ended.stdout_bytes

    found = json.loads(await run("search", "01M", "--from", "a", "--since", "2026-03-01", "--json"))
    assert [each["id"] for each in found] == list(SOURCES)
    assert (getattr(server.asked, "from"), server.asked.since) == ("a", "2026-03-01")
    shown = (await run("search", "01M", "--custodian", "Agent1@numerique.gouv.tg")).decode()
    assert server.asked.custodian == "01A"
    assert shown.count("agent1@numerique.gouv.tg") == len(SOURCES)
    await run("search", "01M", "--custodian", "agent2@numerique.gouv.tg", code=1)
    assert await run("read", "01M", "01A.living.2") == SOURCES["01A.living.2"]
    assert json.loads(await run("export", "01M", str(tmp_path / "a"), "--json")) == {"messages": 5}
    check(tmp_path / "a")
