"""Debian's sieve-test and we agree on what scripts want done with letters."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import pytest

from services.mail.domain.sieve import Actions, Envelope, Known, Letter, Wanted, compile_script, execute
from tests.interop.sieve_corpus import LETTERS, SCRIPTS

pytestmark = pytest.mark.interop
SENDER, RECIPIENT = "chef@finances.gouv.tg", "agent1+projets@numerique.gouv.tg"
NOBODY = 65534
CONFIGURATION = """
mail_uid = {user}
mail_gid = {user}
mail_home = {folder}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
ssl = no
log_path = /dev/null
plugin {{
  sieve_extensions = +editheader +vacation-seconds
  sieve_editheader_protected = Received Return-Path
  sieve_vacation_min_period = 600s
  sieve_vacation_max_period = 90d
  recipient_delimiter = +
}}
"""
Did = set[tuple[str, ...]]


@pytest.fixture(scope="module")
def theirs() -> Iterator[Callable[[str, bytes], Did]]:
    """What sieve-test says that a script does with a letter."""
    program = which("sieve-test")
    if program is None:
        pytest.skip("no sieve-test; apt-get install dovecot-sieve")
    user = os.getuid() or NOBODY
    with TemporaryDirectory(prefix="sieve") as name:
        folder = Path(name)
        (folder / "dovecot.conf").write_text(CONFIGURATION.format(user=user, folder=folder))
        if not os.getuid():  # it runs as nobody then
            os.chown(folder, NOBODY, NOBODY)
        yield partial(_done, program, folder)


def _done(program: str, folder: Path, script: str, letter: bytes) -> Did:
    (folder / "script.sieve").write_text(script)
    (folder / "letter").write_bytes(letter)
    arguments = ["-c", "dovecot.conf", "-f", SENDER, "-r", RECIPIENT, "-a", RECIPIENT, "script.sieve", "letter"]
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, timeout=30, check=False)
    said = done.stdout.decode()
    if "final result: failed; resolved with successful implicit keep" in done.stderr.decode():
        return {("store", "INBOX", "", "")}
    assert "Performed actions" in said, (script, done.stderr.decode())
    return _read(said)


_ACTION = re.compile(r"^ \* (.*(?:\n(?!(?: \* |\n?Implicit keep:)).*)*)", re.M)


def _read(said: str) -> Did:
    found: Did = set()
    for action in _ACTION.findall(said):
        if stored := re.match(r"store message in folder: (.*)", action):
            flags = re.search(r"\+ add IMAP flags: (.*)", action)
            create = "create" if "create mailbox" in action else ""
            found.add(("store", stored[1], " ".join(sorted(flags[1].lower().split())) if flags else "", create))
        elif redirected := re.match(r"redirect message to: <(.*)>", action):
            found.add(("redirect", redirected[1]))
        elif rejected := re.match(r"reject message with reason: (.*)", action):
            found.add(("reject", rejected[1]))
        elif action.startswith("send vacation message"):
            said_of = dict(re.findall(r"=> (\w+) *: (.*)", action))
            found.add(("vacation", said_of["seconds"], said_of.get("subject", ""), said_of.get("from", "")))
        elif action.startswith("send notification"):
            importance = re.search(r"=> importance *: (.*)", action)
            assert importance
            found.add(("notify", importance[1], *sorted(re.findall(r"\+ To: (.*)", action))))
        else:
            assert action.startswith("discard"), action
    return found


def ours(script: str, letter: bytes) -> Did:
    header, _, body = letter.partition(b"\r\n\r\n")
    known = Known(mailboxes={"INBOX": ""})
    outcome = execute(
        compile_script(script.encode()),
        Letter(b"", header + b"\r\n", len(letter), body),
        Envelope(SENDER, RECIPIENT),
        datetime.now(UTC),
        known,
    )
    assert not isinstance(outcome, Wanted)
    return _told(outcome)


def _told(actions: Actions) -> Did:
    found: Did = {
        ("store", each.mailbox or "INBOX", " ".join(sorted(each.flags)).lower(), "create" if each.create else "")
        for each in actions.stores
    }
    found |= {("redirect", each.address) for each in actions.redirects}
    found |= {("notify", each.importance, *sorted(each.to.addresses)) for each in actions.notifications}
    if actions.rejection:
        found.add(("reject", actions.rejection.reason))
    if actions.vacation:
        found.add(("vacation", str(actions.vacation.seconds), actions.vacation.subject, actions.vacation.sender))
    return found


@pytest.mark.parametrize("kind", LETTERS)
def test_scripts_do_what_debians_pigeonhole_does(kind: str, theirs: Callable[[str, bytes], Did]) -> None:
    letter = LETTERS[kind]
    differing = []
    for script in SCRIPTS:
        mine, other = ours(script, letter), theirs(script, letter)
        if mine != other:
            differing.append((script.partition("\n")[2].strip(), mine, other))
    assert not differing, "\n".join(map(str, differing))
