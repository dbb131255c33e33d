"""Mailboxes in files, as other programs write them."""

import io
import mailbox
import tarfile
import zipfile
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sources import Unreadable, archive, folders, maildir, mbox
from cli.sources.files import mbox_of
from cli.sources.labels import folder_and_flags


def letter(subject: str, body: str = "Bonjour.\n", **fields: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "agent@example.org", subject
    message["Date"] = "Sat, 04 May 2019 05:02:01 +0200"
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message


def test_an_mbox_that_python_writes_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "courrier"
    written = mailbox.mbox(path)
    bodies = ("Bonjour.\n", "From ici\n\nFrom là-bas\n", "Fin\n")
    for number, body in enumerate(bodies):
        message = mailbox.mboxMessage(letter(f"n° {number}", body))
        message.set_flags("ROF" if number else "")
        written.add(message)
    written.close()
    found = list(mbox(path, "INBOX"))
    assert [each.folder for each in found] == ["INBOX"] * 3
    assert [each.flags for each in found] == [(), ("\\Flagged", "\\Seen"), ("\\Flagged", "\\Seen")]
    assert [each.received_at for each in found] == [datetime(2019, 5, 4, 3, 2, 1, tzinfo=UTC)] * 3
    assert len({each.key for each in found}) == 3
    read = [message_from_bytes(each.read(), policy=default) for each in found]
    assert [each["Subject"] for each in read] == ["n° 0", "n° 1", "n° 2"]
    assert [each.get_content() for each in read] == list(bodies)


def test_dates_in_no_year_that_there_is_keep_no_letter_behind(tmp_path: Path) -> None:
    dates = ("Fri, 31 Dec 9999 23:59:59 -1200", "1 Jan 99999999999 00:00:00 +0000")
    path = tmp_path / "courrier"
    path.write_text("".join(f"From - Thu Jan  1 00:00:00 1970\nDate: {date}\n\nBonjour.\n\n" for date in dates))
    assert [each.received_at for each in mbox(path, "INBOX")] == [None] * 2


def test_what_is_no_mbox_is_not_read(tmp_path: Path) -> None:
    for octets in (b"Bonjour", b"\x00" * 100, b"PK\x03\x04", b"From: a@example.org\n\nx"):
        path = tmp_path / "f"
        path.write_bytes(octets)
        with pytest.raises(Unreadable):
            list(mbox(path, "INBOX"))
    path.write_bytes(b"")
    assert list(mbox(path, "INBOX")) == []


@given(st.lists(st.lists(st.sampled_from([b"From x", b">From y", b"", b"a: b", b"\xe9\x00"]), max_size=5), max_size=4))
def test_letters_are_told_apart_whatever_is_in_them(bodies: list[list[bytes]]) -> None:
    """As RFC 4155 quotes them."""
    whole, sources = b"", []
    for lines in bodies:
        source = b"Subject: x\n\n" + b"".join(line + b"\n" for line in lines)
        sources.append(source)
        quoted = b"\n".join(
            b">" + each if each.lstrip(b">").startswith(b"From ") else each for each in source.split(b"\n")
        )
        whole += b"From - Sat May  4 03:02:01 2019\n" + quoted + b"\n"
    assert [each.read() for each in mbox_of(io.BytesIO(whole), "INBOX")] == sources


def test_a_maildir_is_read_with_its_folders_and_flags(tmp_path: Path) -> None:
    root = mailbox.Maildir(tmp_path / "Maildir")
    seen = mailbox.MaildirMessage(letter("lu"))
    seen.set_subdir("cur")
    seen.set_flags("FRS")
    root.add(seen)
    root.add(mailbox.MaildirMessage(letter("nouveau")))
    root.add_folder("Archives.2019").add(mailbox.MaildirMessage(letter("ancien")))
    found = list(maildir(tmp_path / "Maildir", "INBOX"))
    assert sorted((each.folder, each.flags) for each in found) == [
        ("Archives/2019", ()), ("INBOX", ()), ("INBOX", ("\\Answered", "\\Flagged", "\\Seen")),
    ]  # fmt: skip
    assert all(b"Subject: " in each.read() for each in found)
    keys = {each.key for each in found}
    (file,) = (tmp_path / "Maildir" / "new").iterdir()
    file.rename(tmp_path / "Maildir" / "cur" / f"{file.name}:2,S")
    assert {each.key for each in maildir(tmp_path / "Maildir", "INBOX")} == keys
    with pytest.raises(Unreadable):
        list(maildir(tmp_path, "INBOX"))


def test_letters_of_two_maildirs_that_count_are_told_apart(tmp_path: Path) -> None:
    keys = []
    for name in ("Un", "Deux"):
        mailbox.Maildir(tmp_path / name)
        for number in range(2):
            (tmp_path / name / "cur" / f"{number}:2,S").write_bytes(letter(f"{name} {number // 2}").as_bytes())
        keys += [each.key for each in maildir(tmp_path / name, "x/" * 300)]
    assert len(set(keys)) == 4
    assert max(map(len, keys)) <= 500
    (found, _) = maildir(tmp_path / "Un", "INBOX")
    (tmp_path / "Un" / "cur" / "0:2,S").unlink()
    with pytest.raises(Unreadable, match="cannot be read"):
        found.read()


def test_a_folder_of_maildirs_and_mbox_files_is_read_as_one(tmp_path: Path) -> None:
    for name in ("Envoyés", "Projets/Santé"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        mailbox.Maildir(tmp_path / name, create=True).add(letter(name))
    (tmp_path / "Projets" / "v1.2.mbox").write_bytes(b"From - Thu Jan  1 00:00:00 1970\nSubject: v\n\nx\n")
    (tmp_path / "lien").symlink_to(tmp_path / "Envoyés")
    (tmp_path / "lien.mbox").symlink_to(tmp_path / "Projets" / "v1.2.mbox")
    assert [each.folder for each in folders(tmp_path)] == ["Envoyés", "Projets/Santé", "Projets/v1.2"]
    (tmp_path / "vide").mkdir()
    with pytest.raises(Unreadable, match="neither"):
        list(folders(tmp_path / "vide"))


def test_links_in_a_maildir_are_passed_over(tmp_path: Path) -> None:
    """Who hands it over would have an operator read what is not theirs."""
    root = mailbox.Maildir(tmp_path / "Maildir")
    root.add(mailbox.MaildirMessage(letter("vrai")))
    other = mailbox.Maildir(tmp_path / "Autre")
    other.add(mailbox.MaildirMessage(letter("secret")))
    (file,) = (tmp_path / "Autre" / "new").iterdir()
    (tmp_path / "Maildir" / "cur" / "1:2,S").symlink_to(file)
    (tmp_path / "Maildir" / ".Secret").symlink_to(tmp_path / "Autre")
    half = tmp_path / "Maildir" / ".Moitié"
    half.mkdir()
    (half / "cur").symlink_to(tmp_path / "Autre" / "new")
    (found,) = maildir(tmp_path / "Maildir", "INBOX")
    assert b"Subject: vrai" in found.read()


@pytest.mark.parametrize(
    ("labels", "folder", "flags"),
    [
        ("Inbox,Unread", "INBOX", set()),
        ("Boîte de réception,Ouvert,Suivis", "INBOX", {"\\Seen", "\\Flagged"}),
        ("=?UTF-8?Q?Messages_envoy=C3=A9s?=", "Sent", {"\\Seen"}),
        ("Archived,Projets/Santé,Important", "Projets/Santé", {"\\Seen", "$Important"}),
        ("Projets,Corbeille", "Trash", {"\\Seen"}),
        ("Category updates,Archived", "Archive", {"\\Seen"}),
        ("", "Ailleurs", {"\\Seen"}),
    ],
)
def test_labels_become_folders_and_flags(labels: str, folder: str, flags: set[str]) -> None:
    assert folder_and_flags(labels, "Ailleurs") == (folder, flags)


def packed(path: Path, kind: str, **files: bytes) -> Path:
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive_:
            for name, content in files.items():
                archive_.writestr(f"Takeout/Mail/{name}", content)
    else:
        with tarfile.open(path, "w:gz") as archive_:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"Takeout/Mail/{name}")
                entry.size = len(content)
                archive_.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_an_archive_is_read_without_unpacking_it(tmp_path: Path, kind: str) -> None:
    def of(*messages: EmailMessage) -> bytes:
        return b"".join(b"From 1@xxx Sat May 04 03:02:01 +0000 2019\n" + m.as_bytes() + b"\n" for m in messages)

    path = packed(
        tmp_path / f"t.{kind}", kind,
        **{
            "Tous les messages.mbox": of(letter("a", X_Gmail_Labels="Inbox"), letter("b", X_Gmail_Labels="Projets")),
            "Ancien.mbox": of(letter("c")), "archive_browser.html": b"<html>",
        },
    )  # fmt: skip
    found = list(archive(path, "INBOX"))
    assert [(each.folder, each.flags) for each in found] == [
        ("INBOX", ("\\Seen",)), ("Projets", ("\\Seen",)), ("Ancien", ()),
    ]  # fmt: skip
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name]


def test_an_archive_that_is_broken_or_has_no_mail_is_not_read(tmp_path: Path) -> None:
    whole = packed(tmp_path / "t.zip", "zip", a=b"x").read_bytes()
    for octets in (b"x", whole, whole[:-30]):
        path = tmp_path / "u.zip"
        path.write_bytes(octets)
        with pytest.raises(Unreadable):
            list(archive(path, "INBOX"))
