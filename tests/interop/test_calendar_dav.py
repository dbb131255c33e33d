"""Programs for WebDAV in general on calendars: cadaver, and litmus as far as a calendar is a collection like others."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chassis.ids import new_id
from tests.e2e.clients import Agent
from tests.interop.agendas import Agenda, ask, calendar, event, home, new_agenda
from tests.interop.litmus_front import front
from tests.interop.programs import run

# What litmus wants and calendars do not do.
# A calendar holds no collections (RFC 4791 section 4.2): what begins with making one ends there.
NESTED = {
    "basic": {"delete_fragment", "mkcol", "mkcol_again", "delete_coll", "mkcol_with_body"},
    "locks": {"prep_collection", "lock_collection", "indirect_refresh"},
    "props": set(),
    "http": set(),
}
# Nor two objects of one UID, as a copy would be (section 5.3.2.1).
COPIES = {"locks": {"copy"}}
# Objects keep no properties of a client's own; calendars do.
PROPERTIES = {
    "locks": {"owner_modify"},
    "props": {"propset", "propmanyns", "propget", "propmove", "propdeletes", "propreplace", "propnullns",
              "prophighunicode", "propremoveset", "propsetremove", "propvalnspace"},
}  # fmt: skip
# What it must have tried, and found right.
SHOWN = {
    "basic": {"options", "put_get", "put_get_utf8_segment", "put_no_parent", "delete", "delete_null"},
    "locks": {
        "precond", "put", "lock_excl", "discover", "refresh", "cond_put", "fail_cond_put", "cond_put_with_not",
        "cond_put_corrupt_token", "complex_cond_put", "fail_complex_cond_put", "unlock", "fail_cond_put_unlocked",
        "lock_shared", "double_sharedlock", "notowner_modify", "notowner_lock", "unmapped_lock",
    },
    "props": {"propfind_invalid", "propfind_invalid2", "propfind_d0", "propextended", "propwformed"},
    "http": {"expect100"},
}  # fmt: skip
_OUTCOME = re.compile(r"^ *\d+\. (\w+)\.* (.*)$|^ *\.+ (pass.*)$", re.MULTILINE)


def _litmus(agent: Agent, class_: str, folder: Path) -> dict[str, set[str]]:
    """What became of each test of a class: "pass", "FAIL", "SKIPPED"; of some there are several of one name."""
    ask(agent, "DELETE", f"{home(agent)}litmus/")
    place = urlsplit(home(agent))
    with front(place.netloc, place.path) as standing:
        said = run(
            "litmus", "-k", standing.url, agent.address, agent.password,
            environment={"TESTS": class_}, cwd=folder, code=None,
        )  # fmt: skip
    outcomes: dict[str, set[str]] = {}
    name = ""
    for found in _OUTCOME.finditer(said.replace("\r", "\n")):
        name = found[1] or name
        word = re.match(r"pass|FAIL|SKIPPED", found[2] or found[3] or "")
        if word:
            outcomes.setdefault(name, set()).add(word[0])
    return outcomes


@pytest.mark.parametrize("class_", ["basic", "locks", "props", "http"])
def test_litmus_finds_calendars_to_be_collections(agent: Agent, tmp_path: Path, class_: str) -> None:
    outcomes = _litmus(agent, class_, tmp_path)
    excused = NESTED[class_] | COPIES.get(class_, set()) | PROPERTIES.get(class_, set())
    assert not {name for name, seen in outcomes.items() if seen != {"pass"} and name not in excused}, outcomes
    assert {name for name in SHOWN[class_] if outcomes.get(name) != {"pass"}} == set(), outcomes


class Cadaver:
    """A WebDAV client with a prompt, on one calendar."""

    def __init__(self, agenda: Agenda, folder: Path) -> None:
        self.agenda, self.folder = agenda, folder
        agent = agenda.agent
        (folder / ".netrc").write_text(f"machine localhost\nlogin {agent.address}\npassword {agent.password}\n")
        (folder / ".netrc").chmod(0o600)

    def __call__(self, *commands: str) -> str:
        """What it prints as these are typed."""
        typed = "".join(f"{command}\n" for command in (*commands, "quit"))
        return run("cadaver", self.agenda.url, typed=typed, environment={"HOME": str(self.folder)}, cwd=self.folder)


@pytest.fixture
def cadaver(agent: Agent, tmp_path: Path) -> Cadaver:
    return Cadaver(new_agenda(agent), tmp_path)


def test_cadaver_puts_gets_moves_and_deletes_objects(cadaver: Cadaver) -> None:
    agenda, uid = cadaver.agenda, new_id()
    written = calendar(event(uid, "Écrite à la main", "20261201T100000Z"))
    (cadaver.folder / "a.ics").write_bytes(written)
    cadaver("put a.ics")
    assert agenda.names() == ["a.ics"]
    assert agenda.ask("GET", "a.ics").content == written
    said = cadaver("ls", "get a.ics back.ics")
    assert re.search(rf"a\.ics +{len(written)} ", said), said
    assert (cadaver.folder / "back.ics").read_bytes() == written
    cadaver("move a.ics b.ics")
    assert agenda.names() == ["b.ics"]
    cadaver("delete b.ics")
    assert agenda.names() == []


def test_cadaver_is_refused_what_is_no_calendar_object(cadaver: Cadaver) -> None:
    (cadaver.folder / "note.txt").write_text("Bonjour.\n")
    assert "failed" in cadaver("put note.txt")
    assert "failed" in cadaver("mkcol dossier")
    assert cadaver.agenda.names() == []


def test_cadaver_locks_an_object_against_others(cadaver: Cadaver) -> None:
    agenda, uid = cadaver.agenda, new_id()
    agenda.put("a.ics", event(uid, "Avant", "20261201T100000Z"))
    (cadaver.folder / "a.ics").write_bytes(calendar(event(uid, "Par qui tient le verrou", "20261201T100000Z")))
    # It ends while it holds the lock: others wait.
    assert "succeeded" in cadaver("lock a.ics", "put a.ics")
    assert "SUMMARY:Par qui tient le verrou" in agenda.text(uid)
    other = agenda.ask("PUT", "a.ics", calendar(event(uid, "Par un autre", "20261201T100000Z")))
    assert other.status_code == 423
    assert re.search(r"urn:uuid:|opaquelocktoken:", cadaver("discover a.ics"))
