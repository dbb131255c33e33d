"""The one declaration of our processes: what runs, what it is told, where it listens."""

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.settings import PREFIX
from deploy.local.certificates import LOCALHOST, Authority
from deploy.local.keys import Keys
from deploy.local.layout import Layout
from deploy.local.programs import Backends, Program
from deploy.local.seed import NATIONAL

# Mail for it and all domains below it stays here.
DOMAIN = "gouv.tg"
# Settings where the caller's environment has none. Nobody on this machine is asked of DNS who may write in whose name.
USUAL = {"trusted_networks": "127.0.0.0/8,::1/128"}

# What the gateway's pages help to set up.
SHOWN = ("imaps", "submission", "managesieve", "ldaps")


@dataclass(frozen=True)
class Declared:
    """A process: its service and kind, its listeners by port name, and settings beside what its service is told."""

    service: str
    kind: str
    listens: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.service}-{self.kind}"

    @property
    def ops(self) -> str:
        return f"{self.service}_{self.kind}_ops"

    @property
    def package(self) -> str:
        return "gateway" if self.service == "gateway" else f"services.{self.service}"


# `listens`: the setting's name and the port's, under which `workspace status` shows it.
PROCESSES = (
    Declared("directory", "api", {"rpc_listen": "directory_rpc"}),
    Declared("directory", "worker"),
    Declared("directory", "ldap", {"ldap_listen": "ldap", "ldaps_listen": "ldaps"}),
    Declared("mail", "api", {"rpc_listen": "mail_rpc"}),
    Declared("mail", "worker"),
    Declared("mail", "smtp", {"smtp_listen": "smtp", "submission_listen": "submission"}),
    Declared("mail", "imap", {"imap_listen": "imap", "imaps_listen": "imaps"}),
    Declared("mail", "managesieve", {"managesieve_listen": "managesieve"}),
    Declared("mail", "relay"),
    Declared("calendar", "api", {"rpc_listen": "calendar_rpc"}),
    Declared("calendar", "worker"),
    Declared("gateway", "http", {"http_listen": "http"}),
)


def programs(layout: Layout, keys: Keys, authority: Authority, chosen: Backends) -> list[Program]:
    """Each of our processes as the supervisor starts it."""
    return [
        Program(
            process.name,
            [sys.executable, "-m", process.package, process.kind],
            _environment(process, layout, keys, authority, chosen),
        )
        for process in PROCESSES
    ]


def _environment(
    process: Declared, layout: Layout, keys: Keys, authority: Authority, chosen: Backends
) -> dict[str, str]:
    own = authority.of(process.service)
    settings = {
        "ops_listen": layout.address(process.ops),
        "mongodb_url": chosen.documents,
        "broker_url": chosen.broker,
        "s3_endpoint": chosen.objects,
        "s3_access_key": chosen.objects_keys[0],
        "s3_secret_key": chosen.objects_keys[1],
        "s3_secure": "true" if chosen.objects_secure else "false",
        "service_keys": keys.service_keys(process.service),
        "tls_ca": str(authority.certificate),
        "tls_certificate": str(own.certificate),
        "tls_key": str(own.key),
        "directory_rpc": layout.address("directory_rpc"),
        "public_url": f"http://{LOCALHOST}:{layout.ports['http']}",
        "drain_seconds": "3",
        **{setting: layout.address(port) for setting, port in process.listens.items()},
        **_of_service(process.service, layout, keys, authority),
    }
    mine = {PREFIX + name.upper(): value for name, value in settings.items()}
    return {**_passed_on(process.package, mine), **mine}


def _of_service(service: str, layout: Layout, keys: Keys, authority: Authority) -> dict[str, str]:
    public = authority.of(LOCALHOST)
    shown = {"public_certificate": str(public.certificate), "public_key": str(public.key)}
    if service == "directory":
        return {
            **shown,
            "first_administrator_secret": keys.word("first-administrator"),
            # Who writes an application tries it on the own machine.
            "loopback_clients": "true",
            # A demo is tried with any mail program, by the passwords that its table shows.
            "protocol_own_password": "true",
            "letters_submission": f"{LOCALHOST}:{layout.ports['submission']}",
            "letters_sender": f"ne-pas-repondre@{DOMAIN}",
        }
    if service == "gateway":
        return {
            "mail_rpc": layout.address("mail_rpc"),
            "calendar_rpc": layout.address("calendar_rpc"),
            **{f"{name}_public": f"{LOCALHOST}:{layout.ports[name]}" for name in SHOWN},
        }
    if service == "calendar":
        return {}
    return {
        **shown,
        "hostname": LOCALHOST,
        "mail_domains": DOMAIN,
        "postmaster": NATIONAL,
    }


def _passed_on(package: str, mine: Mapping[str, str]) -> dict[str, str]:
    """Settings of the caller's environment that this service knows: WORKSPACE_LOG_LEVEL, WORKSPACE_TRACE_FILE, …"""
    known = importlib.import_module(f"{package}.settings").Settings.model_fields
    names = {PREFIX + name.upper() for name in known} - mine.keys()
    offered = {**{PREFIX + name.upper(): value for name, value in USUAL.items()}, **os.environ}
    return {name: offered[name] for name in names & offered.keys()}


def described(layout: Layout) -> list[dict[str, Any]]:
    """What `workspace status` reads: each process, where to ask for its health, where it listens."""
    return [
        {
            "name": process.name,
            "service": process.service,
            "kind": process.kind,
            "ops": layout.address(process.ops),
            "listens": {
                setting.removesuffix("_listen"): layout.address(port) for setting, port in process.listens.items()
            },
        }
        for process in PROCESSES
    ]
