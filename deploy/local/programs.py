"""What a program is to the supervisor, and the backends that the stack chooses: real ones where given or found."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from deploy.local.keys import Keys
from deploy.local.layout import LOOPBACK, CannotStart, Layout
from deploy.local.standins import documents_command, documents_url, objects_command

REPLICA_SET = "rs0"
ALREADY_INITIALIZED = 23


@dataclass(frozen=True)
class Program:
    """A process that the supervisor keeps running."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Backends:
    """Document database, object store and broker: how to reach them, what they are, what has to run for them."""

    documents: str
    objects: str
    objects_keys: tuple[str, str]
    broker: str
    # For people and for var/local.json: {"broker", "documents", "objects", "media"}.
    called: Mapping[str, str | None]
    programs: list[Program]
    objects_secure: bool = False


def backends(layout: Layout, keys: Keys) -> Backends:
    """Choose by MONGODB_URL, S3_ENDPOINT, AMQP_URL and PATH; embedded stand-ins otherwise."""
    programs: list[Program] = []
    documents, documents_are = _documents(layout, programs)
    objects, object_keys, secure, objects_are = _objects(layout, keys, programs)
    broker, broker_is = _broker(layout, keys, programs)
    called = {"broker": broker_is, "documents": documents_are, "objects": objects_are, "media": None}
    return Backends(documents, objects, object_keys, broker, called, programs, secure)


def _documents(layout: Layout, programs: list[Program]) -> tuple[str, str]:
    given = os.environ.get("MONGODB_URL")
    if given:
        return given, "MongoDB, by MONGODB_URL"
    port = layout.ports["documents"]
    server = which("mongod")
    if server is not None:
        folder = str(layout.folder("mongodb"))
        command = [server, "--replSet", REPLICA_SET, "--bind_ip", LOOPBACK, "--port", str(port), "--dbpath", folder]
        programs.append(Program("documents", command))
        return f"mongodb://{layout.address('documents')}/?replicaSet={REPLICA_SET}", "MongoDB, found here"
    programs.append(Program("documents", documents_command(layout.folder("documents"), port)))
    return documents_url(port), "embedded (SecantusDB)"


def initiate_replica_set(layout: Layout, seconds: float = 60) -> None:
    """Make a mongod of ours a replica set of one, which transactions need; nothing when it is one."""
    until = time.monotonic() + seconds
    client: MongoClient[dict[str, Any]] = MongoClient(LOOPBACK, layout.ports["documents"], directConnection=True)
    member = {"_id": 0, "host": layout.address("documents")}
    with client:
        while True:
            try:
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
                return
            except OperationFailure as error:
                if error.code == ALREADY_INITIALIZED:
                    return
                raise CannotStart(f"mongod: {error}") from error
            except ConnectionFailure as error:
                if time.monotonic() > until:
                    raise CannotStart(f"mongod: {error}") from error


def _objects(layout: Layout, keys: Keys, programs: list[Program]) -> tuple[str, tuple[str, str], bool, str]:
    given = os.environ.get("S3_ENDPOINT")
    if given:
        url = urlsplit(given if "://" in given else f"http://{given}")
        pair = (os.environ.get("S3_ACCESS_KEY", ""), os.environ.get("S3_SECRET_KEY", ""))
        if not all(pair):
            raise CannotStart("S3_ENDPOINT needs S3_ACCESS_KEY and S3_SECRET_KEY")
        return url.netloc, pair, url.scheme == "https", "S3, by S3_ENDPOINT"
    port, pair = layout.ports["objects"], (keys.word("objects-access"), keys.word("objects-secret"))
    server = which("minio")
    if server is not None:
        command = [server, "server", "--quiet", "--address", layout.address("objects"), str(layout.folder("minio"))]
        environment = {"MINIO_ROOT_USER": pair[0], "MINIO_ROOT_PASSWORD": pair[1]}
        programs.append(Program("objects", command, environment))
        return layout.address("objects"), pair, False, "MinIO, found here"
    environment = {"NANIO_ACCESS_KEY": pair[0], "NANIO_SECRET_KEY": pair[1]}
    programs.append(Program("objects", objects_command(layout.folder("objects"), port), environment))
    return layout.address("objects"), pair, False, "embedded (nanio)"


def _broker(layout: Layout, keys: Keys, programs: list[Program]) -> tuple[str, str]:
    given, wanted = os.environ.get("AMQP_URL"), os.environ.get("WORKSPACE_LOCAL_BROKER", "")
    if wanted not in ("", "embedded", "rabbitmq"):
        raise CannotStart(f"WORKSPACE_LOCAL_BROKER is embedded or rabbitmq, not {wanted!r}")
    if given and wanted != "embedded":
        return given, "RabbitMQ, by AMQP_URL"
    server = _rabbitmq()
    if wanted == "rabbitmq" and server is None:
        raise CannotStart("WORKSPACE_LOCAL_BROKER=rabbitmq, but there is no rabbitmq-server; install Debian's package")
    if server is None or wanted == "embedded":
        return f"spool://{layout.folder('broker')}", "embedded (spool)"
    password = keys.word("broker")
    programs.append(_rabbitmq_program(server, layout, password))
    return f"amqp://workspace:{password}@{layout.address('broker')}//", "RabbitMQ, found here"


def _rabbitmq() -> str | None:
    # Debian's wrapper on PATH changes to another user, which has no right to our folders.
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]
    unwrapped = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    found = which("rabbitmq-server", path=os.pathsep.join(folders))
    return str(unwrapped) if found and unwrapped.exists() else found


def _rabbitmq_program(server: str, layout: Layout, password: str) -> Program:
    home = layout.folder("rabbitmq")
    config = home / "rabbitmq.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"listeners.tcp.default = {layout.address('broker')}\n"
        f"default_user = workspace\ndefault_pass = {password}\n"
        "log.console = true\nlog.console.level = warning\nlog.file = false\n"
    )
    (home / "plugins").write_text("[].\n")
    environment = {
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"workspace{layout.ports['broker']}@localhost",
        "RABBITMQ_DIST_PORT": str(layout.ports["broker_distribution"]),
        "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none.conf"),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        # Megabytes, into the folder where somebody called `make run`; its log says why it ended.
        "ERL_CRASH_DUMP_SECONDS": "0",
        # It then is one process that ends by itself on SIGTERM, not a shell around one.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
    return Program("rabbitmq", [server], environment)
