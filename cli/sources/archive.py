"""Archives as mail services hand them out (Google Takeout and its like): zip or tar with mbox files in them."""

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from cli.sources.files import MBOX, mbox_of
from cli.sources.source import Letter, Unreadable


def archive(path: Path, folder: str) -> Iterator[Letter]:
    """The letters of all mbox files in it; one that has no labels goes to a folder of the file's name.

    Nothing is unpacked to the disk. Raises `Unreadable` for what is no archive, or has no mbox.
    """
    opened = _zip(path) if zipfile.is_zipfile(path) else _tar(path) if tarfile.is_tarfile(path) else None
    if opened is None:
        raise Unreadable("it is neither zip nor tar")
    found = False
    for name, file in opened:
        found = True
        stem = PurePosixPath(name).stem.strip() or folder
        yield from mbox_of(file, folder if "all mail" in stem.lower() or "tous les messages" in stem.lower() else stem)
    if not found:
        raise Unreadable("there is no mbox file in it")


def _zip(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    try:
        with zipfile.ZipFile(path) as packed:
            for entry in packed.infolist():
                if entry.filename.lower().endswith(MBOX):
                    with packed.open(entry) as file:
                        yield entry.filename, cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", file)))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise Unreadable(f"the archive is broken: {error}") from error


def _tar(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    try:
        with tarfile.open(path) as packed:
            for entry in packed:
                file = packed.extractfile(entry) if entry.isfile() and entry.name.lower().endswith(MBOX) else None
                if file is not None:
                    yield entry.name, cast("BinaryIO", file)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unreadable(f"the archive is broken: {error}") from error
