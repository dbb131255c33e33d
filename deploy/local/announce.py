"""What a started stack says of itself: a table for people, `var/local.json` for tests and scripts."""

import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.local.keys import Keys
from deploy.local.layout import Layout
from deploy.local.processes import described
from deploy.local.programs import Backends
from deploy.local.seed import ACCOUNTS, NATIONAL

# Listeners of protocols, as `var/local.json` names them.
CLIENTS = ("smtp", "submission", "imap", "imaps", "managesieve", "ldap", "ldaps")


def local_json(layout: Layout, keys: Keys, chosen: Backends) -> dict[str, Any]:
    """Addresses, accounts and backends; null is what this version does not serve yet."""
    accounts = [(NATIONAL, "administrator"), *((demo.address, demo.role) for demo in ACCOUNTS)]
    return {
        "http": f"http://localhost:{layout.ports['http']}",
        **{name: layout.address(name) for name in CLIENTS},
        "partner_grpc": None,
        "accounts": [
            {"address": address, "password": keys.password(address), "role": role} for address, role in accounts
        ],
        "backends": dict(chosen.called),
    }


def declare(layout: Layout) -> None:
    """Say which processes there are, for `workspace status`, ready or not."""
    _write(layout.processes_json, described(layout))


def announce(layout: Layout, keys: Keys, chosen: Backends) -> None:
    """Leave `var/local.json` and print the table."""
    local = local_json(layout, keys, chosen)
    _write(layout.local_json, local)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("what", "where", "how"):
        table.add_column(column, overflow="fold")
    rows = [
        ("web, REST, WebSocket", local["http"], "/docs shows the API; POST /v1/sessions logs in"),
        ("CalDAV, CardDAV", f"{local['http']}/dav/", "log in with the address"),
        ("SMTP", local["smtp"], "receives for the domains below"),
        ("submission", local["submission"], "STARTTLS, then log in"),
        ("IMAP", local["imap"], "STARTTLS, then log in"),
        ("IMAPS", local["imaps"], "TLS; log in"),
        ("ManageSieve", local["managesieve"], "STARTTLS, then log in; keeps Sieve scripts"),
        ("LDAP", local["ldap"], "StartTLS, then bind by address; dc=gouv,dc=tg"),
        ("LDAPS", local["ldaps"], "TLS; bind by address"),
        ("authority of the certificates", _near(layout.tls / "ca.pem"), "made for this stack; trust it in your client"),
        ("logs", _near(layout.var / "log"), "a file a process"),
        *((name, "", called) for name, called in chosen.called.items() if called),
        ("", "", ""),
        *((f"{one['role']}", one["address"], f"password {one['password']}") for one in local["accounts"]),
    ]
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if os.isatty(1) else 140, highlight=False).print(table)


def _near(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _write(path: Path, content: object) -> None:
    """Replace a file in one step; only its owner may read it, for it holds passwords."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
    fresh.replace(path)
