"""Debian's slapd with the same people, for the same questions in the same run; where it is installed."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import psutil

from deploy.local.standins import free_port, port_answers
from services.directory.domain.accounts import Account
from tests.running import until

BASE = "dc=gouv,dc=tg"
ADMINISTRATOR = f"cn=admin,{BASE}"
_MODULES, _SCHEMAS = Path("/usr/lib/ldap"), Path("/etc/ldap/schema")
_HEAD = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: gouv
o: Administration

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people
"""


def program() -> str:
    """Where it is; empty where it is not, or lacks what it needs."""
    found = which("slapd") or which("/usr/sbin/slapd")
    whole = (_MODULES / "back_mdb.so").exists() and (_SCHEMAS / "inetorgperson.schema").exists()
    return found if found and whole else ""


def _configuration(folder: Path, password: str) -> str:
    schemas = [f"include {_SCHEMAS / name}.schema" for name in ("core", "cosine", "inetorgperson")]
    return "\n".join(
        [
            *schemas,
            f"modulepath {_MODULES}",
            "moduleload back_mdb.so",
            f"pidfile {folder / 'slapd.pid'}",
            "database mdb",
            "maxsize 2147483648",
            f'suffix "{BASE}"',
            f'rootdn "{ADMINISTRATOR}"',
            f'rootpw "{password}"',
            f"directory {folder / 'data'}",
            "index objectClass,uid eq",
            "index mail,cn,sn eq,sub",
            "",
        ]
    )


def _entry(account: Account) -> str:
    profile = account.profile
    return (
        f"\ndn: uid={account.address},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {account.address}\n"
        f"mail: {account.address}\ncn: {account.display_name}\nsn: {profile.family_name}\n"
        f"givenName: {profile.given_name}\ntelephoneNumber: {profile.phone}\nmobile: {profile.mobile}\n"
    )


@contextmanager
def slapd(folder: Path, accounts: Sequence[Account], password: str) -> Iterator[tuple[psutil.Process, int]]:
    """Its process and port, on loopback, with these people; its administrator has the password."""
    (folder / "data").mkdir(parents=True)
    configuration, people = folder / "slapd.conf", folder / "people.ldif"
    configuration.write_text(_configuration(folder, password))
    people.write_text(_HEAD + "".join(map(_entry, accounts)))
    # slapadd is slapd under another name.
    added = ["-T", "add", "-q", "-f", str(configuration), "-l", str(people)]
    subprocess.run([program(), *added], check=True, capture_output=True, timeout=300)
    port = free_port()
    process = subprocess.Popen(
        [program(), "-d", "0", "-f", str(configuration), "-h", f"ldap://127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: port_answers(port), 30)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.wait(20)
