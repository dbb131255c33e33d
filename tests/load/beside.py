"""The mail servers of Debian that stand beside ours."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from tests.load import cyrus, dovecot
from tests.load.peers import Peer


@contextmanager
def beside() -> Iterator[list[Peer]]:
    """Those that are installed, started in a folder that is removed; of what is not, a line that says how to get it."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="wl")))
        folder.chmod(0o755)  # they run as other users
        found: list[Peer] = []
        for name, lacking in (("Cyrus", cyrus.missing()), ("Dovecot", dovecot.missing())):
            if lacking:
                print(f"\n{name} is not all there to stand beside us: apt install {' '.join(lacking)}")
        if not cyrus.missing():
            _stand(held, "Cyrus", cyrus.cyrus(folder / "cyrus"), found)
        if "dovecot-core" not in dovecot.missing():
            _stand(held, "Dovecot", dovecot.dovecot(folder / "dovecot"), found)
        yield found


def _stand(held: ExitStack, name: str, peer: AbstractContextManager[Peer], found: list[Peer]) -> None:
    """What was measured of ours is told even when another does not start."""
    try:
        found.append(held.enter_context(peer))
    except TimeoutError:
        print(f"\n{name} did not start, and does not stand beside us")
