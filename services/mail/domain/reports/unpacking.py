"""Reports come packed by whoever sends them, so only so much is unpacked."""

import io
import zipfile
import zlib

from chassis.errors import InvalidInput

# Octets of a report, unpacked. A report of a busy domain has some hundred KB.
MOST = 8 * 1024 * 1024
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
# Others may want memory as they please (LZMA).
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# zlib reads gzip's header and trailer as well.
_GZIP_WINDOW = 31


class UnreadableReport(InvalidInput):
    reason = "unreadable_report"
    title = "Not a report that can be read"


def unpacked(packed: bytes) -> bytes:
    """The report in what is gzip, a zip archive of one file, or neither, as its first octets say.

    Raises `UnreadableReport`: broken, of more than `MOST` octets, or an archive of several files or with a password.
    """
    if packed.startswith(_GZIP):
        return _gzip(packed)
    if packed.startswith(_ZIP):
        return _zip(packed)
    if len(packed) > MOST:
        raise UnreadableReport("The report is too large")
    return packed


def _gzip(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    try:
        found = unpacking.decompress(packed, MOST + 1)
    except zlib.error as error:
        raise UnreadableReport(f"The report's gzip is broken: {error}") from error
    if len(found) > MOST:
        raise UnreadableReport("The report is too large when unpacked")
    if not unpacking.eof:
        raise UnreadableReport("The report's gzip ends too early")
    return found


def _zip(packed: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            files = [each for each in archive.infolist() if not each.filename.endswith("/")]
            if len(files) != 1:
                raise UnreadableReport("The report's archive has not one file")
            if files[0].compress_type not in _METHODS:
                raise UnreadableReport("The report's archive is packed by a method that reporters do not use")
            with archive.open(files[0]) as opened:
                # What the archive says of its size may be wrong.
                found = opened.read(MOST + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        EOFError,
        ValueError,
        OSError,
        LookupError,
        OverflowError,
    ) as error:
        raise UnreadableReport(f"The report's archive is broken: {error}") from error
    if len(found) > MOST:
        raise UnreadableReport("The report is too large when unpacked")
    return found
