"""A large body on its way to the object store: sealed on disk, so that its address is known before it is uploaded."""

import tempfile
from typing import BinaryIO

from chassis.blobs.seal import Sealer, new_data_key
from chassis.blocking import run_blocking


class SealedSpool:
    """A temporary file without a name that holds only sealed chunks; the key stays in memory."""

    def __init__(self) -> None:
        self.data_key = new_data_key()
        self._sealer = Sealer(self.data_key)
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()

    async def write(self, plain: bytes) -> None:
        await run_blocking(self._append, plain)

    async def finish(self) -> tuple[BinaryIO, int]:
        """The file at its beginning, and its octets."""
        return await run_blocking(self._finish)

    def close(self) -> None:
        self._file.close()

    def _append(self, plain: bytes) -> None:
        self._file.write(self._sealer.feed(plain))

    def _finish(self) -> tuple[BinaryIO, int]:
        self._file.write(self._sealer.close())
        octets = self._file.tell()
        self._file.seek(0)
        return self._file, octets
