"""Debian's Dovecot with an account of the same name, for the same work in the same run; where it is installed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from deploy.local.standins import free_port
from tests.load.peers import Peer, given_to, runner, serving

# Debian has one IMAP server installed at a time: Dovecot's may lie unpacked (`dpkg -x`) beside Cyrus's.
_PROGRAMS = Path("/usr/lib/dovecot")
_UNPACKED = Path(os.environ.get("WORKSPACE_LOAD_DOVECOT", _PROGRAMS))

# What belongs to its IMAP, used or not: it starts with all of them or not at all.
_IMAP = ("imap", "imap-hibernate", "imap-urlauth", "imap-urlauth-login", "imap-urlauth-worker")


def missing() -> list[str]:
    """Debian packages that this needs and that are not there: without the first nothing runs."""
    found = {
        "dovecot-core": bool(_master()),
        "dovecot-lmtpd": (_PROGRAMS / "lmtp").exists(),
        "dovecot-imapd": (_UNPACKED / "imap").exists(),
    }
    return [package for package, there in found.items() if not there]


def _master() -> str:
    return which("dovecot") or which("/usr/sbin/dovecot") or ""


def _configuration(folder: Path, imap: int | None, lmtp: int | None) -> str:
    user, group = runner("mail")
    own, _ = runner("dovecot")
    strangers, _ = runner("dovenull")
    lines = [
        f"base_dir = {folder / 'run'}",
        f"state_dir = {folder / 'run'}",
        f"log_path = {folder / 'log'}",
        f"protocols = {'imap ' if imap else ''}{'lmtp' if lmtp else ''}",
        "listen = 127.0.0.1",
        "ssl = no",
        "disable_plaintext_auth = no",
        f"default_internal_user = {own}",
        f"default_login_user = {strangers}",
        f"mail_location = maildir:{folder / 'mail'}/%u",
        f"mail_uid = {user}",
        f"mail_gid = {group}",
        "first_valid_uid = 1",
        "first_valid_gid = 1",
        "mail_max_userip_connections = 1000",
        "passdb {\n  driver = static\n  args = nopassword=y\n}",
        "userdb {\n  driver = static",
        f"  args = uid={user} gid={group} home={folder / 'mail'}/%u allow_all_users=yes\n}}",
        "namespace inbox {\n  inbox = yes\n}",
    ]
    if os.geteuid() != 0:
        lines.append("service anvil {\n  chroot =\n}")
    if imap:
        lines += [
            *(f"service {name} {{\n  executable = {_UNPACKED / name}\n}}" for name in _IMAP),
            f"service imap-login {{\n  executable = {_UNPACKED / 'imap-login'}\n  chroot =\n"
            f"  inet_listener imap {{\n    port = {imap}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}",
        ]
    if lmtp:
        lines.append(f"service lmtp {{\n  inet_listener lmtp {{\n    port = {lmtp}\n  }}\n}}")
    return "\n".join(lines) + "\n"


@contextmanager
def dovecot(folder: Path) -> Iterator[Peer]:
    """With what is installed of IMAP and LMTP; its mail in maildirs, as Debian has it."""
    absent = missing()
    imap = None if "dovecot-imapd" in absent else free_port()
    lmtp = None if "dovecot-lmtpd" in absent else free_port()
    for name in ("run", "mail"):
        (folder / name).mkdir(parents=True)
    given_to(*runner("mail"), folder / "mail")
    configuration = folder / "dovecot.conf"
    configuration.write_text(_configuration(folder, imap, lmtp))
    with serving("Dovecot", [_master(), "-F", "-c", configuration], imap, lmtp) as peer:
        yield peer
