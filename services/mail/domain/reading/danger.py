"""Attachments that may run when they are opened, told by names, by types and, of archives, by the names within."""

import io
import re
import zipfile
from collections.abc import Iterable
from enum import Enum
from pathlib import PurePosixPath

# Octets of an archive or a document that are looked into.
MOST_LOOKED_INTO = 8 * 1024 * 1024
_MOST_NAMES = 5_000

_PROGRAMS = frozenset(
    (
        "apk", "app", "appimage", "appx", "bat", "bin", "cmd", "com", "cpl", "deb", "dll", "dmg", "elf", "exe",
        "gadget", "hta", "img", "inf", "ins", "iso", "jar", "lnk", "msc", "msi", "msix", "msp", "mst", "pif",
        "pkg", "pyz", "reg", "rpm", "run", "scf", "scr", "scrap", "sct", "shb", "shs", "sys", "url", "vhd",
        "vhdx", "xbap", "xll",
    )
)  # fmt: skip
_SCRIPTS = frozenset(
    (
        "ahk", "applescript", "au3", "bash", "csh", "jnlp", "js", "jse", "ksh", "mjs", "php", "pl", "ps1",
        "ps1xml", "ps2", "psc1", "psd1", "psm1", "py", "pyw", "rb", "sh", "vb", "vbe", "vbs", "wsc", "wsf",
        "wsh", "zsh",
    )
)  # fmt: skip
_MACROS = frozenset(
    (
        "docm", "dotm", "potm", "ppam", "ppsm", "pptm", "sldm", "xla", "xlam", "xlm", "xlsb", "xlsm", "xltm",
        "accdb", "accde", "mdb", "mde",
    )
)  # fmt: skip
_PAGES = frozenset(
    (
        "htm", "html", "mht", "mhtml", "shtml", "svg", "svgz", "xht", "xhtml", "xml", "xsl", "xslt",
    )
)  # fmt: skip
_ARCHIVES = frozenset(
    (
        "7z", "ace", "arj", "bz2", "cab", "gz", "lha", "lzh", "rar", "tar", "tbz2", "tgz", "txz", "xz", "z",
        "zip", "zst",
    )
)  # fmt: skip
_DOCUMENTS = frozenset(
    (
        "bmp", "csv", "doc", "docx", "gif", "jpeg", "jpg", "odp", "ods", "odt", "pdf", "png", "ppt", "pptx",
        "rtf", "tif", "tiff", "txt", "xls", "xlsx",
    )
)  # fmt: skip
_TYPES = {
    "application/x-msdownload": "PROGRAM", "application/x-msdos-program": "PROGRAM", "application/x-dosexec": "PROGRAM",
    "application/vnd.microsoft.portable-executable": "PROGRAM", "application/x-executable": "PROGRAM",
    "application/java-archive": "PROGRAM", "application/hta": "PROGRAM", "application/x-sh": "SCRIPT",
    "application/javascript": "SCRIPT", "text/javascript": "SCRIPT", "application/x-javascript": "SCRIPT",
    "text/html": "PAGE", "image/svg+xml": "PAGE", "application/xhtml+xml": "PAGE", "text/xml": "PAGE",
    "application/xml": "PAGE",
}  # fmt: skip
# The stream's name in an OLE file that has macros (MS-OVBA §2.3.1), as its directory spells it.
_OLE, _OLE_MACROS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "_VBA_PROJECT".encode("utf-16-le")
# What turns the direction of text, or is not seen: "fdp.exe" that looks like "exe.pdf".
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_RUNS = re.compile(rb"MZ|\x7fELF|#!")


class Danger(Enum):
    """Why an attachment is not opened without a second thought."""

    PROGRAM = "program"
    SCRIPT = "script"
    MACROS = "macros"
    # HTML, SVG and XML: shown by a browser, it may run what it brings, or ask for a password.
    PAGE = "page"
    # "rapport.pdf.exe", or a name that hides what it ends with.
    DISGUISED = "disguised"
    # An archive with any of these in it.
    ARCHIVE = "archive"
    # An archive that cannot be looked into: encrypted, or of a kind that only its program reads.
    UNSEEN = "unseen"


def dangers_of(name: str, content_type: str, octets: bytes | None = None) -> set[Danger]:
    """`octets`: the decoded content where it is small enough to be looked into, at most `MOST_LOOKED_INTO`."""
    found = _by_name(name)
    if content_type in _TYPES:
        found.add(Danger[_TYPES[content_type]])
    archive = _extension(name) in _ARCHIVES or content_type in ("application/zip", "application/x-zip-compressed")
    if octets is None:
        return found | ({Danger.UNSEEN} if archive else set())
    if octets.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return found | _within(octets)
    if octets.startswith(_OLE) and _OLE_MACROS in octets:
        found.add(Danger.MACROS)
    if _RUNS.match(octets) and not found:
        found.add(Danger.SCRIPT if octets.startswith(b"#!") else Danger.PROGRAM)
    return found | ({Danger.UNSEEN} if archive else set())


def wants_a_look(content_type: str, octets: int) -> bool:
    """Whether the content can tell more than the name does."""
    return octets <= MOST_LOOKED_INTO and not content_type.startswith(("image/", "audio/", "video/", "text/"))


def _by_name(name: str) -> set[Danger]:
    seen = _UNSEEN.sub("", name)
    found = _by_extension(seen)
    suffixes = [suffix.strip(". ").lower() for suffix in PurePosixPath(seen.rstrip(". ")).suffixes]
    if seen != name or (found and any(each in _DOCUMENTS for each in suffixes[:-1])):
        found.add(Danger.DISGUISED)
    if re.search(r"\s{5,}", seen):
        found.add(Danger.DISGUISED)
    return found


def _by_extension(name: str) -> set[Danger]:
    extension = _extension(name)
    groups = (
        (_PROGRAMS, Danger.PROGRAM), (_SCRIPTS, Danger.SCRIPT), (_MACROS, Danger.MACROS), (_PAGES, Danger.PAGE),
    )  # fmt: skip
    return {danger for group, danger in groups if extension in group}


def _extension(name: str) -> str:
    # Windows leaves points and blanks at the end aside.
    return _UNSEEN.sub("", name).rstrip(". ").rpartition(".")[2].lower()


def _within(octets: bytes) -> set[Danger]:
    """Of a zip, which new office documents are too."""
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return {Danger.UNSEEN}
    found = _of_names(entry.filename for entry in entries[:_MOST_NAMES])
    if any(entry.flag_bits & 1 for entry in entries) or len(entries) > _MOST_NAMES:
        found.add(Danger.UNSEEN)
    return found


def _of_names(names: Iterable[str]) -> set[Danger]:
    kept = list(names)
    if "[Content_Types].xml" in kept or "mimetype" in kept:
        # The parts of a document are no files of their own.
        macros = any(PurePosixPath(name).name == "vbaProject.bin" or name.startswith("Basic/") for name in kept)
        return {Danger.MACROS} if macros else set()
    if any(_by_name(name) or _extension(name) in _ARCHIVES for name in kept):
        return {Danger.ARCHIVE}
    return set()
