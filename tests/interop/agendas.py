"""An agent's calendars as tests look at them past the client that is tried, and the programs of `.venv-dav`."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from chassis.ids import new_id
from tests.dav_programs import HOW, program
from tests.e2e.clients import Agent

_HREF = re.compile(r"<(?:\w+:)?href>([^<]+\.ics)</")


@dataclass(frozen=True)
class Agenda:
    """One calendar of an agent's, made for a test."""

    agent: Agent
    name: str

    @property
    def url(self) -> str:
        """With the last slash."""
        return f"{home(self.agent)}{self.name}/"

    def ask(self, method: str, name: str = "", content: bytes | str = b"", **headers: str) -> httpx.Response:
        return ask(self.agent, method, self.url + name, content, **headers)

    def put(self, name: str, *components: str) -> None:
        answer = self.ask("PUT", name, calendar(*components), content_type="text/calendar; charset=utf-8")
        assert answer.status_code in (201, 204), (answer.status_code, answer.text)

    def names(self) -> list[str]:
        """Last path segments of its objects."""
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.ask("PROPFIND", content=body, depth="1")
        assert answer.status_code == 207, answer.text
        return [unquote(urlsplit(href).path.rpartition("/")[2]) for href in _HREF.findall(answer.text)]

    def texts(self) -> dict[str, str]:
        """What is in each object, unfolded, by its name."""
        return {name: unfolded(self.ask("GET", name).text) for name in self.names()}

    def text(self, part: str) -> str:
        """The one object in which that is. Fails the test unless there is just one."""
        (found,) = [text for text in self.texts().values() if part in text]
        return found


def home(agent: Agent) -> str:
    """URL of the calendar home, with the last slash."""
    return f"{agent.stack.local['http']}/dav/calendars/{agent.address}/"


def ask(agent: Agent, method: str, url: str, content: bytes | str = b"", **headers: str) -> httpx.Response:
    """`headers`: fields, with `_` for `-`."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    login = (agent.address, agent.password)
    return httpx.request(method, url, content=content, auth=login, headers=fields, timeout=30)


def new_agenda(agent: Agent, title: str = "Essai", components: Sequence[str] = ("VEVENT", "VTODO")) -> Agenda:
    """A calendar of the test's own."""
    agenda = Agenda(agent, f"essai-{new_id().lower()}")
    kinds = "".join(f'<C:comp name="{each}"/>' for each in components)
    body = (
        '<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>'
        f"<displayname>{title}</displayname>"
        f"<C:supported-calendar-component-set>{kinds}</C:supported-calendar-component-set>"
        "</prop></set></C:mkcalendar>"
    )
    made = agenda.ask("MKCALENDAR", content=body, content_type="application/xml")
    assert made.status_code == 201, (made.status_code, made.text)
    return agenda


def calendar(*components: str) -> bytes:
    """A calendar object of components, each given by its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//interop.example//FR"]
    for component in components:
        lines += component.strip().splitlines()
    return "".join(f"{line}\r\n" for line in (*lines, "END:VCALENDAR")).encode()


def task(uid: str, summary: str, *more: str) -> str:
    """Lines of a VTODO."""
    own = [f"UID:{uid}", "DTSTAMP:20261101T080000Z", f"SUMMARY:{summary}", *more]
    return "\n".join(["BEGIN:VTODO", *own, "END:VTODO"])


def event(uid: str, summary: str, start: str, *more: str, end: str = "") -> str:
    """Lines of a VEVENT; `start` and `end` in UTC, as `20261201T100000Z`."""
    ends = [f"DTEND:{end}"] if end else ["DURATION:PT1H"]
    own = [f"UID:{uid}", "DTSTAMP:20261101T080000Z", f"DTSTART:{start}", *ends, f"SUMMARY:{summary}", *more]
    return "\n".join(["BEGIN:VEVENT", *own, "END:VEVENT"])


def unfolded(text: str) -> str:
    """RFC 5545 section 3.1, with single line feeds."""
    return re.sub(r"\r?\n[ \t]", "", text).replace("\r\n", "\n")


def run(name: str, *arguments: str, home: Path, environment: Mapping[str, str] | None = None, code: int = 0) -> str:
    """What a program of `.venv-dav` prints; its home folder is `home`. Fails the test unless it ends with `code`."""
    path = program(name)
    if path is None:
        pytest.skip(f"no {name}; {HOW}")
    own = {**os.environ, "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", **(environment or {})}
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "PYTHONPATH"):
        own.pop(variable, None)
    done = subprocess.run(
        [path, *arguments], capture_output=True, text=True, timeout=600, check=False, env=own, cwd=home
    )
    assert done.returncode == code, f"{name} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
