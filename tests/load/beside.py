"""The mail servers of Debian that stand beside ours."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.load import cyrus, dovecot
from tests.load.peers import Peer


@contextmanager
def beside() -> Iterator[list[Peer]]:
    """Those that are installed, started in a folder that is removed; of what is not, a line that says how to get it."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="wl")))
        folder.chmod(0o755)  # they run as other users
        found = []
        for name, lacking in (("Cyrus", cyrus.missing()), ("Dovecot", dovecot.missing())):
            if lacking:
                print(f"\n{name} is not all there to stand beside us: apt install {' '.join(lacking)}")
        if not cyrus.missing():
            found.append(held.enter_context(cyrus.cyrus(folder / "cyrus")))
        if "dovecot-core" not in dovecot.missing():
            found.append(held.enter_context(dovecot.dovecot(folder / "dovecot")))
        yield found
