"""Attachments that may run, and the files of a winmail.dat."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.reading.danger import Danger, dangers_of
from services.mail.domain.reading.tnef import SIGNATURE, File, files


def zipped(*names: str, password: bool = False) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    octets = bytearray(made.getvalue())
    if password:  # the flag of encryption, in the central directory
        octets[octets.index(b"PK\x01\x02") + 8] |= 1
    return bytes(octets)


@pytest.mark.parametrize(
    ("name", "content_type", "octets", "expected"),
    [
        ("rapport.pdf", "application/pdf", b"%PDF-1.7", set()),
        ("carte.png", "image/png", None, set()),
        ("note.docx", "application/octet-stream", zipped("[Content_Types].xml", "word/document.xml"), set()),
        ("archive.zip", "application/zip", zipped("a/note.txt", "b.pdf"), set()),
        ("jeu.exe", "application/octet-stream", None, {"PROGRAM"}),
        ("JEU.EXE . ", "application/octet-stream", None, {"PROGRAM"}),
        ("lien.lnk", "application/pdf", None, {"PROGRAM"}),
        ("disque.iso", "application/octet-stream", None, {"PROGRAM"}),
        ("a.js", "application/octet-stream", None, {"SCRIPT"}),
        ("a.docm", "application/octet-stream", None, {"MACROS"}),
        ("a.docx", "application/octet-stream", zipped("[Content_Types].xml", "word/vbaProject.bin"), {"MACROS"}),
        ("a.doc", "application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"),
         {"MACROS"}),
        ("page.html", "text/html", None, {"PAGE"}),
        ("image.svg", "image/svg+xml", None, {"PAGE"}),
        ("image.png", "image/svg+xml", None, {"PAGE"}),
        ("facture.pdf.exe", "application/pdf", None, {"PROGRAM", "DISGUISED"}),
        ("facture.pdf                    .exe", "application/pdf", None, {"PROGRAM", "DISGUISED"}),
        ("facture\u202efdp.exe", "application/pdf", None, {"PROGRAM", "DISGUISED"}),
        ("factures.zip", "application/zip", zipped("facture.pdf.js"), {"ARCHIVE"}),
        ("factures.zip", "application/zip", zipped("encore.zip"), {"ARCHIVE"}),
        ("factures.zip", "application/zip", zipped("facture.pdf", password=True), {"UNSEEN"}),
        ("factures.zip", "application/zip", b"PK\x03\x04 and no more", {"UNSEEN"}),
        ("factures.rar", "application/x-rar", b"Rar!", {"UNSEEN"}),
        ("factures.zip", "application/zip", None, {"UNSEEN"}),
        ("facture.pdf", "application/pdf", b"MZ\x90\x00", {"PROGRAM"}),
        ("facture", "application/octet-stream", b"#!/bin/sh\n", {"SCRIPT"}),
    ],
)  # fmt: skip
def test_why_an_attachment_is_dangerous(name: str, content_type: str, octets: bytes | None, expected: set[str]) -> None:
    assert dangers_of(name, content_type, octets) == {Danger[each] for each in expected}


@given(st.text(max_size=40), st.binary(max_size=200), st.booleans())
def test_no_name_and_no_content_breaks_the_look(name: str, octets: bytes, archive: bool) -> None:
    dangers_of(name, "application/octet-stream", b"PK\x03\x04" + octets if archive else octets)


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("<BII", 2, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def long_name(name: str) -> bytes:
    octets = name.encode("utf-16-le") + b"\x00\x00"
    padded = octets + b"\x00" * (-len(octets) % 4)
    return struct.pack("<IHHI", 2, 0x0003, 0x3705, 1) + struct.pack("<HHII", 0x001F, 0x3707, 1, len(octets)) + padded


def winmail(*attached: tuple[str, bytes]) -> bytes:
    made = struct.pack("<IH", SIGNATURE, 1) + attribute(0x00089006, struct.pack("<I", 0x00010000))
    for name, octets in attached:
        made += attribute(0x00069002, b"\x00" * 14) + attribute(0x00018010, b"COURT~1.TXT\x00")
        made += attribute(0x0006800F, octets) + attribute(0x00069005, long_name(name))
    return made


def test_the_files_of_a_winmail_dat() -> None:
    octets = winmail(("résumé de séance.docx", b"premier"), ("C:\\Temp\\outil.exe", b"second"))
    found = files(octets)
    assert [file.name for file in found] == ["résumé de séance.docx", "outil.exe"]
    assert [octets[file.offset : file.offset + file.length] for file in found] == [b"premier", b"second"]


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_broken_winmail_dat_gives_what_can_be_read(noise: bytes, cut: int) -> None:
    whole = winmail(("a.txt", b"premier"))
    for octets in (noise, whole[:6] + noise, whole[:cut], whole + noise):
        for file in files(octets):
            assert isinstance(file, File)
            assert file.offset + file.length <= len(octets)
    assert files(whole + noise)[0] == files(whole)[0]
