"""vdirsyncer keeps a calendar in step with a folder in which khal and todoman read and write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.ids import new_id
from tests.e2e.clients import Agent
from tests.interop.agendas import Agenda, event, home, new_agenda, run, task

VDIRSYNCER = Path(sys.executable).with_name("vdirsyncer")


class Folder:
    """A calendar on the server, the folder beside it, and the programs between and on it."""

    def __init__(self, agenda: Agenda, folder: Path) -> None:
        self.agenda, self.folder = agenda, folder
        self.near = folder / "near" / agenda.name
        self.near.mkdir(parents=True)
        self._configure()
        self.synchronise("discover", said="y\n" * 4)

    def _configure(self) -> None:
        agent, folder = self.agenda.agent, self.folder
        (folder / "vdirsyncer").write_text(
            f"""[general]
status_path = "{folder}/status/"

[pair agenda]
a = "near"
b = "far"
collections = ["{self.agenda.name}"]
conflict_resolution = "b wins"
metadata = ["displayname", "color"]

[storage near]
type = "filesystem"
path = "{folder}/near/"
fileext = ".ics"

[storage far]
type = "caldav"
url = "{home(agent)}"
username = "{agent.address}"
password = "{agent.password}"
"""
        )
        (folder / "khal").write_text(
            f"""[calendars]
[[agenda]]
path = {self.near}
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = Africa/Lome
default_timezone = Africa/Lome
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[default]
default_calendar = agenda
"""
        )
        (folder / "todoman.py").write_text(
            f'path = "{folder}/near/*"\ndate_format = "%Y-%m-%d"\ntime_format = "%H:%M"\n'
            f'default_list = "{self.agenda.name}"\ncache_path = "{folder}/todoman.sqlite3"\n'
        )

    def synchronise(self, *arguments: str, said: str = "") -> str:
        """What vdirsyncer prints; `said` is typed at its questions."""
        done = subprocess.run(
            [VDIRSYNCER, "-c", str(self.folder / "vdirsyncer"), "-vDEBUG", *(arguments or ("sync",))],
            input=said, capture_output=True, text=True, timeout=90, check=False,
            env={**os.environ, "HOME": str(self.folder)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def khal(self, *words: str) -> str:
        return run("khal", "-c", str(self.folder / "khal"), *words, home=self.folder)

    def listed(self, first: str, last: str) -> list[str]:
        """Instances that khal shows, each as "2026-12-01 10:00 summary"."""
        said = self.khal("list", "--day-format", "", "--format", "{start} {title}", first, last)
        return [line for line in said.splitlines() if line.strip()]

    def todo(self, *words: str) -> str:
        return run("todo", "-c", str(self.folder / "todoman.py"), *words, home=self.folder)

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.near.glob("*.ics")}


@pytest.fixture
def folder(agent: Agent, tmp_path: Path) -> Folder:
    return Folder(new_agenda(agent, "Réunions"), tmp_path)


def test_vdirsyncer_and_khal_keep_a_calendar_both_ways(folder: Folder) -> None:
    agenda, uid = folder.agenda, new_id()
    # Weekly, the second a day later, the third left out.
    agenda.put(
        "serie.ics",
        event(uid, "Point hebdomadaire", "20261201T100000Z", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20261215T100000Z"),
        event(uid, "Point déplacé", "20261209T140000Z", "RECURRENCE-ID:20261208T100000Z"),
    )
    folder.synchronise()
    assert folder.listed("2026-12-01", "2026-12-31") == [
        "2026-12-01 10:00 Point hebdomadaire",
        "2026-12-09 14:00 Point déplacé",
        "2026-12-22 10:00 Point hebdomadaire",
    ]

    folder.khal("new", "2026-12-03", "09:00", "10:30", "Écrit dans khal", "--location", "Salle 1")
    folder.synchronise()
    written = agenda.text("SUMMARY:Écrit dans khal")
    assert "DTSTART:20261203T090000Z" in written
    assert "LOCATION:Salle 1" in written

    # What is changed here is changed there, what is changed there is changed here.
    (path,) = [path for path in folder.near.glob("*.ics") if b"khal" in path.read_bytes()]
    path.write_bytes(path.read_bytes().replace(b"Salle 1", b"Salle 2"))
    agenda.put("serie.ics", event(uid, "Point mensuel", "20261201T100000Z", "RRULE:FREQ=MONTHLY;COUNT=2"))
    folder.synchronise()
    assert "LOCATION:Salle 2" in agenda.text("SUMMARY:Écrit dans khal")
    assert folder.listed("2026-12-01", "2027-01-31") == [
        "2026-12-01 10:00 Point mensuel",
        "2026-12-03 09:00 Écrit dans khal",
        "2027-01-01 10:00 Point mensuel",
    ]

    # What is removed on either side is removed on the other.
    path.unlink()
    assert agenda.ask("DELETE", "serie.ics").status_code in (200, 204)
    folder.synchronise("sync", "--force-delete")
    assert agenda.names() == []
    assert folder.listed("2026-12-01", "2027-01-31") == []


def test_vdirsyncer_then_has_nothing_to_do_in_a_calendar(folder: Folder) -> None:
    folder.agenda.put("a.ics", event(new_id(), "Une fois", "20261201T100000Z", "X-AUTRE;X-P=1:gardé"))
    folder.synchronise()
    before = folder.files(), folder.agenda.texts()
    assert before[0]
    said = folder.synchronise()
    assert "Copying" not in said
    assert "Deleting" not in said
    assert (folder.files(), folder.agenda.texts()) == before


def test_vdirsyncer_carries_a_calendars_name_and_colour(folder: Folder) -> None:
    folder.synchronise("metasync")
    assert (folder.near / "displayname").read_text() == "Réunions"
    (folder.near / "displayname").write_text("Audiences")
    (folder.near / "color").write_text("#1E6F3C")
    folder.synchronise("metasync")
    body = (
        '<propfind xmlns="DAV:" xmlns:A="http://apple.com/ns/ical/"><prop><displayname/><A:calendar-color/></prop>'
        "</propfind>"
    )
    told = folder.agenda.ask("PROPFIND", content=body, depth="0").text
    assert ">Audiences<" in told
    assert "#1E6F3C" in told.upper()


def test_todoman_writes_tasks_and_ticks_them_off(folder: Folder) -> None:
    folder.todo("new", "-l", folder.agenda.name, "-d", "2026-12-05", "--priority", "high", "Rédiger la note")
    folder.synchronise()
    written = folder.agenda.text("SUMMARY:Rédiger la note")
    assert "BEGIN:VTODO" in written
    assert "DUE" in written
    assert "STATUS:COMPLETED" not in written

    folder.todo("done", "1")
    folder.synchronise()
    assert "STATUS:COMPLETED" in folder.agenda.text("SUMMARY:Rédiger la note")

    folder.agenda.put("tache.ics", task(new_id(), "Relire le décret", "STATUS:NEEDS-ACTION"))
    folder.synchronise()
    assert "Relire le décret" in folder.todo("list")
