"""Radicale and Xandikos of `.venv-dav`, with calendars that were written past them, to stand beside ours."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from deploy.local.standins import free_port, port_answers
from tests.dav_programs import HOW, program
from tests.load.dav_client import MKCALENDAR, DavClient
from tests.load.peers import tree_cpu
from tests.running import until

# What is in each calendar, by the calendar's name.
Filling = Mapping[str, Iterable[tuple[str, bytes]]]


@dataclass(frozen=True)
class CalendarServer:
    """A CalDAV server on loopback, and an account that has calendars there."""

    name: str
    # All its processes at the moment; what they start counts as well.
    roots: Callable[[], Sequence[psutil.Process]]
    port: int
    # Path of the calendar home, with the last slash.
    home: str
    address: str = "user"
    # Peers take any.
    password: str = "any"

    # Instances between two moments of calendars of these names, in one call; None where there is no such call.
    view: Callable[[datetime, datetime, Sequence[str]], int] | None = None

    def client(self) -> DavClient:
        return DavClient(self.port, self.address, self.password)

    def calendar(self, name: str) -> str:
        return f"{self.home}{name}/"

    def cpu(self) -> float:
        """CPU seconds so far of all its processes."""
        return tree_cpu(self.roots())


@contextmanager
def beside(filling: Callable[[], Filling]) -> Iterator[list[CalendarServer]]:
    """Those that are installed, filled and answering, in a folder that is removed."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="wlc")))
        found: list[CalendarServer] = []
        starts: dict[str, Callable[[Path, Filling], AbstractContextManager[CalendarServer]]] = {
            "radicale": radicale,
            "xandikos": xandikos,
        }
        for name, start in starts.items():
            if program(name) is None:
                print(f"\n{name} is not there to stand beside us: {HOW}")
            else:
                found.append(held.enter_context(start(folder / name, filling())))
        yield found


@contextmanager
def radicale(folder: Path, filling: Filling) -> Iterator[CalendarServer]:
    """A file an object, in a folder a calendar; what it caches of them it writes when it first reads them."""
    home = folder / "collection-root" / "user"
    for name, objects in filling.items():
        calendar = home / name
        calendar.mkdir(parents=True)
        (calendar / ".Radicale.props").write_text(json.dumps({"tag": "VCALENDAR", "D:displayname": name}))
        for file, octets in objects:
            (calendar / file).write_bytes(octets)
    port, configuration = free_port(), folder / "config"
    configuration.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n[storage]\nfilesystem_folder = {folder}\n"
        "[logging]\nlevel = error\n"
    )
    with _serving("Radicale", ["radicale", "-C", configuration], port, "/user/") as server:
        yield server


@contextmanager
def xandikos(folder: Path, filling: Filling) -> Iterator[CalendarServer]:
    """A git repository a calendar: made by the server, then filled by one commit, as a thousand take minutes."""
    folder.mkdir(parents=True)
    (folder / "root").mkdir()
    with _xandikos(folder) as server:
        client = server.client()
        for name in filling:
            client.ask("MKCALENDAR", server.calendar(name), MKCALENDAR, (201,))
        client.close()
    for name, objects in filling.items():
        calendar = folder / "root" / server.calendar(name).strip("/")
        for file, octets in objects:
            (calendar / file).write_bytes(octets)
        for words in (["add", "."], ["commit", "-q", "-m", "Fill"]):
            identity = ["-c", "user.name=load", "-c", "user.email=load@load.example", "-c", "gc.auto=0"]
            subprocess.run(["git", *identity, *words], cwd=calendar, check=True, capture_output=True, timeout=300)
    with _xandikos(folder) as server:
        yield server


@contextmanager
def _xandikos(folder: Path) -> Iterator[CalendarServer]:
    port = free_port()
    words = ["serve", "-d", folder / "root", "--defaults", "--state-dir", folder / "state", "-l", "127.0.0.1"]
    with _serving("Xandikos", ["xandikos", *words, "-p", str(port)], port, "/user/calendars/") as server:
        yield server


@contextmanager
def _serving(name: str, words: Sequence[str | Path], port: int, home: str) -> Iterator[CalendarServer]:
    """A server from when its port answers until it has ended."""
    path = program(str(words[0]))
    if path is None:
        raise FileNotFoundError(f"{words[0]}; {HOW}")
    process = subprocess.Popen([path, *words[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    own = psutil.Process(process.pid)
    try:
        until(lambda: port_answers(port), 30)
        yield CalendarServer(name, lambda: [own], port, home)
    finally:
        process.terminate()
        process.wait(20)
