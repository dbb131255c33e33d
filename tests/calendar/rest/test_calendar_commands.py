"""`workspace calendar`, as an agent runs it."""

import stat
from pathlib import Path

import pytest

from chassis.identity import Identity
from deploy.local.certificates import Authority
from services.calendar.domain.access import Grant, Role
from services.calendar.usecases.list_calendars import list_calendars
from tests.calendar.conftest import Api
from tests.calendar.office import Office, event
from tests.calendar.rest.given import share
from tests.calendar.terminal import Terminal


@pytest.fixture
def terminal(api: Api, authority: Authority, agent: Identity) -> Terminal:
    return Terminal(api, authority, agent, "calendar")


async def test_a_file_comes_in_and_goes_out_again(terminal: Terminal, tmp_path: Path) -> None:
    (home,) = await terminal.told("list")
    assert (home["title"], home["role"], home["kind"], home["objects"]) == ("Agenda", "own", "own", 0)
    given, taken = tmp_path / "given.ics", tmp_path / "taken.ics"
    given.write_bytes(event("u1", summary="Séance"))
    assert (await terminal.told("import", str(given), "--dry-run"))["created"] == 1
    assert (await terminal.told("import", str(given), "--calendar", "Agenda"))["created"] == 1
    assert (await terminal.told("import", str(given), "--calendar", home["id"]))["unchanged"] == 1
    assert (await terminal("export", "agenda", str(taken))).code == 0
    assert "SUMMARY:Séance" in taken.read_text()
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600, "private events are in it"
    assert (await terminal("export", home["id"], "-")).out == taken.read_bytes().decode()
    assert not (tmp_path / "taken.ics.part").exists()


async def test_a_range_goes_out_alone(terminal: Terminal, tmp_path: Path) -> None:
    given = tmp_path / "given.ics"
    given.write_bytes(event("u1", "20261130T090000Z", "20261130T100000Z", "Novembre"))
    await terminal.told("import", str(given))
    for words, there in (
        (("--from", "2026-11-30", "--until", "2026-12-01T00:00"), True), (("--from", "2026-12-01"), False),
        (("--until", "2026-11-30"), False),
    ):  # fmt: skip
        ended = await terminal("export", "agenda", "-", *words)
        assert ended.code == 0, ended
        assert ("Novembre" in ended.out) is there, words
    assert (await terminal("export", "agenda", "-", "--from", "demain")).code == 2


async def test_what_is_refused_is_named_and_the_rest_is_taken(terminal: Terminal, tmp_path: Path) -> None:
    mixed = event("good").replace(
        b"END:VCALENDAR", b"BEGIN:VEVENT\r\nUID:bad\r\nSUMMARY:Sans d\xc3\xa9but\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    ended = await terminal("import", "-", typed=mixed.decode())
    assert (ended.code, ended.err.strip()) == (1, "Error: 1 were not taken")
    assert "Sans début" in ended.out
    (home,) = await terminal.told("list")
    assert home["objects"] == 1
    assert (await terminal("import", "-", typed="bonjour")).code == 1
    assert (await terminal("import", str(tmp_path / "absent.ics"))).code == 2


async def test_calendars_of_others_are_what_they_are_shared_as(
    terminal: Terminal, office: Office, colleague: Identity, tmp_path: Path
) -> None:
    theirs = (await list_calendars(office.agenda, colleague))[0].calendar.id
    kept = tmp_path / "kept.ics"
    kept.write_text("avant")
    for words in (("export", theirs, str(kept)), ("import", str(kept), "--calendar", theirs)):
        assert (await terminal(*words)).code == 1
    await share(office, theirs, Grant("acc-agent1", Role.READ))
    await office.put(colleague, event("u1"))
    assert [each["role"] for each in await terminal.told("list")] == ["own", "read"]
    ended = await terminal("export", "Agenda", str(kept))
    assert (ended.code, kept.read_text()) == (1, "avant"), "two are called so"
    kept.write_bytes(event("u2"))
    assert (await terminal("import", str(kept), "--calendar", theirs)).code == 1
    assert (await terminal("export", theirs, str(kept))).code == 0
    assert "UID:u1" in kept.read_text()
    assert (await terminal("export", theirs, str(tmp_path / "nowhere" / "x.ics"))).code == 2
