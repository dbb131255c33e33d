"""Debian's Cyrus with an account of the same name, for the same work in the same run; where it is installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.standins import free_port
from tests.load.peers import Peer, given_to, runner, serving

_PROGRAMS = Path("/usr/lib/cyrus/bin")


def missing() -> list[str]:
    """Debian packages that this needs and that are not there."""
    found = {
        "cyrus-common": (_PROGRAMS / "master").exists() and (_PROGRAMS / "lmtpd").exists(),
        "cyrus-imapd": (_PROGRAMS / "imapd").exists(),
    }
    return [package for package, there in found.items() if not there]


def _configuration(folder: Path, user: str) -> str:
    own = folder / "own"
    return "\n".join(
        [
            f"configdirectory: {own}",
            f"partition-default: {folder / 'spool'}",
            "defaultpartition: default",
            f"proc_path: {own / 'proc'}",
            f"mboxname_lockpath: {own / 'lock'}",
            *(f"{name}socket: {own / 'socket' / name}" for name in ("lmtp", "idle", "notify")),
            f"cyrus_user: {user}",
            "sasl_pwcheck_method: alwaystrue",
            "sasl_mech_list: PLAIN",
            "allowplaintext: yes",
            "virtdomains: userid",
            "unixhierarchysep: yes",
            "altnamespace: yes",
            "autocreate_users: anyone",
            "autocreate_quota: 0",
            "",
        ]
    )


def _services(told: str, imap: int, lmtp: int) -> str:
    return f"""START {{
  recover cmd="{_PROGRAMS / "ctl_cyrusdb"} {told} -r"
}}
SERVICES {{
  imap cmd="{_PROGRAMS / "imapd"} {told}" listen="127.0.0.1:{imap}" prefork=0
  lmtp cmd="{_PROGRAMS / "lmtpd"} {told} -a" listen="127.0.0.1:{lmtp}" prefork=0
}}
EVENTS {{
  checkpoint cmd="{_PROGRAMS / "ctl_cyrusdb"} {told} -c" period=30
}}
"""


@contextmanager
def cyrus(folder: Path) -> Iterator[Peer]:
    """With its cache files, as Debian has it."""
    user, group = runner("cyrus")
    for name in ("db", "socket", "proc", "lock", "log", "msg", "quota", "user"):
        (folder / "own" / name).mkdir(parents=True)
    (folder / "spool").mkdir()
    configuration, services = folder / "imapd.conf", folder / "cyrus.conf"
    imap, lmtp = free_port(), free_port()
    configuration.write_text(_configuration(folder, user))
    services.write_text(_services(f"-C {configuration}", imap, lmtp))
    given_to(user, group, folder)
    command = [_PROGRAMS / "master", "-C", configuration, "-M", services, "-p", folder / "own" / "master.pid", "-D"]
    with serving("Cyrus", command, imap, lmtp) as peer:
        yield peer
