"""vdirsyncer: an agent's contacts synchronised both ways with a folder of vCards, and again with nothing to do."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from chassis.ids import new_id
from tests.directory.cards import card
from tests.e2e.clients import Agent
from tests.running import RunningStack

VDIRSYNCER = Path(sys.executable).with_name("vdirsyncer")


class Contacts:
    """A folder on one side, the workspace on the other, and vdirsyncer between."""

    def __init__(self, stack: RunningStack, agent: Agent, folder: Path) -> None:
        self.agent, self.folder = agent, folder
        self.url = stack.local["http"]
        self.near = folder / "near" / "contacts"
        self.far = f"{self.url}/dav/addressbooks/{agent.address}/contacts/"
        self.login = (agent.address, agent.password)
        (folder / "config").write_text(
            f"""[general]
status_path = "{folder}/status/"

[pair contacts]
a = "near"
b = "far"
collections = ["contacts"]
conflict_resolution = "b wins"
metadata = ["displayname"]

[storage near]
type = "filesystem"
path = "{folder}/near/"
fileext = ".vcf"

[storage far]
type = "carddav"
url = "{self.url}/"
username = "{agent.address}"
password = "{agent.password}"
"""
        )

    def run(self, *arguments: str, said: str = "") -> str:
        """What vdirsyncer prints; `said` is typed at its questions."""
        done = subprocess.run(
            [VDIRSYNCER, "-c", str(self.folder / "config"), "-vDEBUG", *arguments],
            input=said, capture_output=True, text=True, timeout=90, check=False,
            env={**os.environ, "HOME": str(self.folder)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.near.glob("*.vcf")}

    def ask(self, method: str, name: str, content: bytes = b"") -> httpx.Response:
        return httpx.request(method, self.far + name, content=content, auth=self.login, timeout=20)

    def token(self) -> str:
        """Differs after any change there."""
        body = '<propfind xmlns="DAV:"><prop><sync-token/></prop></propfind>'
        answer = httpx.request("PROPFIND", self.far, content=body, auth=self.login, headers={"depth": "0"}, timeout=20)
        return answer.text


@pytest.fixture
def contacts(stack: RunningStack, agent: Agent, tmp_path: Path) -> Contacts:
    made = Contacts(stack, agent, tmp_path)
    made.run("discover", said="y\n" * 4)
    return made


def test_vdirsyncer_synchronises_contacts_both_ways(contacts: Contacts) -> None:
    here, there = new_id(), new_id()
    contacts.near.mkdir(parents=True, exist_ok=True)
    (contacts.near / f"{here}.vcf").write_bytes(card("Écrit ici", here, "TEL;TYPE=CELL:+228 90 00 00 00"))
    assert contacts.ask("PUT", f"{there}.vcf", card("Écrit là-bas", there)).status_code == 201
    contacts.run("sync")
    assert any(f"UID:{there}".encode() in content for content in contacts.files().values())
    assert "Écrit ici" in contacts.ask("GET", f"{here}.vcf").text

    # What is changed here is changed there, what is changed there is changed here.
    (contacts.near / f"{here}.vcf").write_bytes(card("Changé ici", here))
    assert contacts.ask("PUT", f"{there}.vcf", card("Changé là-bas", there)).status_code == 204
    contacts.run("sync")
    assert "Changé ici" in contacts.ask("GET", f"{here}.vcf").text
    assert any("Changé là-bas".encode() in content for content in contacts.files().values())

    # What is removed on either side is removed on the other.
    (contacts.near / f"{here}.vcf").unlink()
    assert contacts.ask("DELETE", f"{there}.vcf").status_code == 204
    contacts.run("sync", "--force-delete")
    assert contacts.ask("GET", f"{here}.vcf").status_code == 404
    assert not any(f"UID:{there}".encode() in content for content in contacts.files().values())


def test_vdirsyncer_then_has_nothing_to_do(contacts: Contacts) -> None:
    assert contacts.ask("PUT", f"{new_id()}.vcf", card("Contact")).status_code == 201
    contacts.run("sync")
    before = contacts.files(), contacts.token()
    assert before[0]
    said = contacts.run("sync")
    assert "Copying" not in said
    assert "Deleting" not in said
    assert (contacts.files(), contacts.token()) == before
