"""A copy of one's mail, on a disk that others use too."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import mail_pb2 as pb

from cli.sources import folders
from cli.sources.keywords import letters_for, listed
from cli.taking import take_maildirs, take_mboxes

FLAGS = ["\\Seen", "$Forwarded", "$Junk", "projet-é", "urgent"]
NAMES = ("INBOX", "Projets/Santé", "Projets/cur", "../../dehors", "tmp/new")


class Server:
    """One letter in each mailbox."""

    async def ListMailboxes(self, request: Any) -> pb.ListMailboxesResponse:
        return pb.ListMailboxesResponse(mailboxes=[pb.Mailbox(id=name, name=name) for name in NAMES])

    async def ListMessages(self, request: Any) -> pb.ListMessagesResponse:
        number = NAMES.index(request.mailbox)
        return pb.ListMessagesResponse(messages=[pb.Message(id=f"01M{number}", flags=FLAGS)])

    async def GetMessageSource(self, request: Any) -> AsyncIterator[HttpBody]:
        yield HttpBody(data=b"Subject: Secret\r\n\r\nFrom ici\r\n")


def inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize("take", [take_maildirs, take_mboxes])
async def test_nobody_else_reads_a_copy_and_nothing_of_it_is_elsewhere(take: Any, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "copie"
    server = Server()
    for _ in range(2):
        taken = await take(SimpleNamespace(mailboxes=server, messages=server), folder, lambda name, count: None)
        assert (taken.folders, taken.letters + taken.there) == (len(NAMES), len(NAMES))
    assert [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077] == []
    assert {path.name for path in inside(tmp_path)} == {"a"}
    assert {path.name for path in inside(tmp_path / "a")} == {"copie"}


@pytest.mark.parametrize("take", [take_maildirs, take_mboxes])
async def test_every_mailbox_of_a_copy_is_found_again(take: Any, tmp_path: Path) -> None:
    server = Server()
    await take(SimpleNamespace(mailboxes=server, messages=server), tmp_path, lambda name, count: None)
    # Under the names that it has there: none leads out, and none is a Maildir's own.
    letters = list(folders(tmp_path))
    assert {letter.flags for letter in letters} == {("$Forwarded", "$Junk", "\\Seen", "urgent")}
    found = {letter.folder: letter.read() for letter in letters}
    assert set(found) == {"INBOX", "Projets/Santé", "Projets/cur_", "_/_/dehors", "tmp_/new_"}
    for source in found.values():
        assert source.endswith(b"Subject: Secret\n\nFrom ici\n")


def test_letters_of_keywords_stay_theirs_when_a_copy_goes_on(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    assert letters_for(tmp_path, ["urgent"], listed(tmp_path)) == "a"
    assert letters_for(tmp_path, ["budget", "urgent"], listed(tmp_path)) == "ba"
    assert listed(tmp_path) == {"a": "urgent", "b": "budget"}
    many = [f"k{number}" for number in range(30)]
    assert len(letters_for(tmp_path, many, listed(tmp_path))) == 24, "a Maildir has room for 26"


@pytest.mark.parametrize(
    "text", ["", "x", "0", "99 a", "-1 a", "0 \\Deleted", "0 a b", "0 a)", "²  a", "0 a\x00", "1" * 99]
)
def test_a_list_of_keywords_that_is_none_names_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "dovecot-keywords").write_text(text)
    assert listed(tmp_path) == {}
