"""What the local stack decides by its environment, and what it keeps."""

import json
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from deploy.local.announce import local_json
from deploy.local.certificates import ensure_authority
from deploy.local.keys import Keys
from deploy.local.layout import PORTS, CannotStart, Layout, layout
from deploy.local.processes import PROCESSES, described, programs
from deploy.local.programs import backends
from services.directory.domain.passwords import accepted

PROCESS_COUNT = 12


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MONGODB_URL", "S3_ENDPOINT", "AMQP_URL", "WORKSPACE_LOCAL_PORTS", "WORKSPACE_LOCAL_PORT_OFFSET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKSPACE_LOCAL_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("WORKSPACE_LOCAL_BROKER", "embedded")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "secrets")


def test_clients_find_the_ports_of_the_design() -> None:
    ports = layout().ports
    clients = {name: ports[name] for name in ("http", "smtp", "submission", "imap", "imaps", "managesieve", "ldap")}
    assert clients == {
        "http": 8080, "smtp": 2525, "submission": 2587, "imap": 2143, "imaps": 2993, "managesieve": 2190, "ldap": 2389,
    }  # fmt: skip
    assert len(set(ports.values())) == len(ports)


def test_ports_move_together_and_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_LOCAL_PORT_OFFSET", "1000")
    monkeypatch.setenv("WORKSPACE_LOCAL_IMAP_PORT", "1143")
    ports = layout().ports
    assert (ports["http"], ports["imap"]) == (9080, 1143)


def test_a_bad_port_stops_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_LOCAL_HTTP_PORT", "http")
    with pytest.raises(CannotStart, match="WORKSPACE_LOCAL_HTTP_PORT"):
        layout()


def test_free_ports_are_kept_for_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_LOCAL_PORTS", "free")
    first = layout().ports
    assert first.keys() == PORTS.keys()
    assert layout().ports == first


def test_secrets_are_made_once_and_for_their_owner_alone(keys: Keys) -> None:
    made = [keys.word("a"), keys.password("agent1@numerique.gouv.tg"), keys.service_keys("mail")]
    assert made == [keys.word("a"), keys.password("agent1@numerique.gouv.tg"), keys.service_keys("mail")]
    assert len(set(made)) == 3
    for path in keys.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_directory_takes_any_password_of_a_demo_account(keys: Keys) -> None:
    """Hexadecimal digits made a date now and then, and the first start failed."""
    for number in range(50):
        address = f"agent{number}@numerique.gouv.tg"
        password = keys.password(address)
        assert accepted(password, address) == password
        assert not any(each.isdigit() for each in password)


def test_each_service_has_a_certificate_of_its_name(tmp_path: Path) -> None:
    authority = ensure_authority(tmp_path / "tls")
    for name in ("directory", "mail", "gateway", "cli", "localhost"):
        files = authority.of(name)
        context = ssl.create_default_context(cafile=authority.certificate)
        context.load_cert_chain(files.certificate, files.key)
        found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [name]
        assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    before = authority.of("mail").certificate.read_bytes()
    assert ensure_authority(tmp_path / "tls").of("mail").certificate.read_bytes() == before


def test_backends_are_embedded_unless_given(monkeypatch: pytest.MonkeyPatch, keys: Keys) -> None:
    embedded = backends(layout(), keys)
    assert [program.name for program in embedded.programs] == ["documents", "objects"]
    assert embedded.broker.startswith("spool://")
    monkeypatch.setenv("MONGODB_URL", "mongodb://db.example/?replicaSet=rs0")
    monkeypatch.setenv("S3_ENDPOINT", "https://s3.example")
    monkeypatch.setenv("S3_ACCESS_KEY", "a")
    monkeypatch.setenv("S3_SECRET_KEY", "b")
    monkeypatch.setenv("AMQP_URL", "amqp://mq.example")
    monkeypatch.delenv("WORKSPACE_LOCAL_BROKER")
    given = backends(layout(), keys)
    assert given.programs == []
    assert (given.documents, given.objects, given.objects_secure, given.broker) == (
        "mongodb://db.example/?replicaSet=rs0",
        "s3.example",
        True,
        "amqp://mq.example",
    )


def test_servers_that_are_installed_are_used(monkeypatch: pytest.MonkeyPatch, keys: Keys, tmp_path: Path) -> None:
    for name in ("mongod", "minio"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = backends(layout(), keys)
    assert [Path(program.command[0]).name for program in found.programs] == ["mongod", "minio"]
    assert "replicaSet=rs0" in found.documents
    assert found.programs[1].environment["MINIO_ROOT_PASSWORD"] == found.objects_keys[1]
    assert found.called["documents"] == "MongoDB, found here"


def test_an_unknown_broker_is_refused(monkeypatch: pytest.MonkeyPatch, keys: Keys) -> None:
    monkeypatch.setenv("WORKSPACE_LOCAL_BROKER", "kafka")
    with pytest.raises(CannotStart, match="kafka"):
        backends(layout(), keys)


def test_each_process_is_told_only_what_it_knows(monkeypatch: pytest.MonkeyPatch, keys: Keys, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKSPACE_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("WORKSPACE_NOBODY_KNOWS", "x")
    place = layout()
    ours = programs(place, keys, ensure_authority(tmp_path / "tls"), backends(place, keys))
    assert len(ours) == PROCESS_COUNT
    for program in ours:
        assert program.environment["WORKSPACE_LOG_LEVEL"] == "DEBUG"
        assert "WORKSPACE_NOBODY_KNOWS" not in program.environment
    sealed = {program.name.partition("-")[0]: program.environment["WORKSPACE_SERVICE_KEYS"] for program in ours}
    assert len(set(sealed.values())) == len(sealed)


def test_the_declaration_tells_status_where_to_ask() -> None:
    place = layout()
    told = described(place)
    assert [process["name"] for process in told] == [process.name for process in PROCESSES]
    assert len({process["ops"] for process in told}) == len(told)
    by_name = {process["name"]: process["listens"] for process in told}
    assert by_name["mail-imap"] == {"imap": place.address("imap"), "imaps": place.address("imaps")}


def test_local_json_is_what_scripts_read(keys: Keys) -> None:
    place: Layout = layout()
    told = json.loads(json.dumps(local_json(place, keys, backends(place, keys))))
    assert told["http"] == "http://localhost:8080"
    assert {"smtp", "submission", "imap", "imaps", "managesieve", "ldap", "partner_grpc"} <= told.keys()
    agents = [one for one in told["accounts"] if one["role"] == "agent"]
    assert len(agents) >= 3
    assert len({one["address"].partition("@")[2] for one in agents}) == 2
    assert all(one["password"] for one in told["accounts"])
    assert set(told["backends"]) == {"broker", "documents", "objects", "media"}
