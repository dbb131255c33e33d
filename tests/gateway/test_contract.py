"""The contracts as the gateway reads them: every rpc can be served, and what cannot is named."""

from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_tools import protoc

from chassis.errors import NotFound
from gateway.check_contract import main
from gateway.contract import Router, faults, parse_template, routes_of
from gateway.contract.template import TemplateFault
from gateway.problems import MethodNotAllowed
from gateway.upstreams import CONTRACTS, all_services

ROOT = Path(__file__).parents[2]
STATED = "permission: PERMISSION_ACCOUNT http_status: 200 idempotency: IDEMPOTENCY_SAFE"
RULE = f"option (workspace.options.v1.rule) = {{{STATED}}};"
GOOD = f'rpc Get(Request) returns (Reply) {{ option (google.api.http) = {{get: "/v1/a/{{id}}"}}; {RULE} }}'


def compiled(rpcs: str, folder: Path) -> Any:
    """The service of a proto with these rpcs."""
    import google.api

    name = f"faulty_{folder.name}.proto"
    (folder / name).write_text(f"""
syntax = "proto3";
package workspace.tests.{folder.name};
import "google/api/annotations.proto";
import "google/api/httpbody.proto";
import "google/protobuf/empty.proto";
import "workspace/options/v1/options.proto";
service Service {{ {rpcs} }}
message Request {{ string id = 1; repeated string many = 2; google.api.HttpBody octets = 3; Reply inner = 4; }}
message Reply {{ string id = 1; }}
""")
    installed = Path(next(iter(google.api.__path__))).parents[1]
    out = folder / "out.binpb"
    known = Path(protoc.__file__).parent / "_proto"
    includes = [f"-I{path}" for path in (folder, ROOT / "proto", installed, known)]
    arguments = ["", *includes, f"--descriptor_set_out={out}", name]
    assert protoc.main(arguments) == 0
    pool = descriptor_pool.Default()
    for file in descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file:
        pool.Add(file)
    return pool.FindServiceByName(f"workspace.tests.{folder.name}.Service")


def test_every_rpc_of_the_platform_can_be_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert capsys.readouterr().err == ""


def test_what_is_for_services_only_has_no_route() -> None:
    names = {route.name for route in routes_of(all_services())}
    assert "SessionService.CreateSession" in names
    assert not names & {
        "SessionService.VerifyPassword",
        "SessionService.ListRevocations",
        "AccountService.ResolveAddress",
    }
    assert "AccountService.CreateFirstAdministrator" not in names


@pytest.mark.parametrize(
    ("rpcs", "fault"),
    [
        ("rpc Get(Request) returns (Reply);", "states no rule"),
        (f"rpc Get(Request) returns (Reply) {{ {RULE} }}", "has no route"),
        (GOOD.replace("PERMISSION_ACCOUNT", "PERMISSION_UNSPECIFIED"), "no permission"),
        (GOOD.replace("IDEMPOTENCY_SAFE", "IDEMPOTENCY_UNSPECIFIED"), "no idempotency"),
        (GOOD.replace("IDEMPOTENCY_SAFE", "IDEMPOTENCY_ONCE"), "a GET is safe"),
        (GOOD.replace("200", "404"), "no HTTP status of success"),
        (GOOD.replace("200", "204"), "answers 204"),
        (GOOD.replace("PERMISSION_ACCOUNT", "PERMISSION_SERVICE"), "keeps it from people"),
        (GOOD.replace("idempotency:", "unrouted: true idempotency:"), "keeps it from people"),
        (GOOD.replace("{id}", "{nothing}"), "{nothing} is no single value"),
        (GOOD.replace("{id}", "{many}"), "{many} is no single value"),
        (GOOD.replace("{id}", "{inner}"), "{inner} is no single value"),
        (GOOD.replace("{id}", "{id=**}"), "neither a literal nor a {variable}"),
        (GOOD.replace('get: "/v1/a/{id}"', 'post: "/v1/a/{id}" body: "nothing"'), "body 'nothing' is no field"),
        (GOOD.replace('"}', '" body: "*"}'), "GET has no body"),
        (f"{GOOD} {GOOD.replace('rpc Get', 'rpc Again').replace('{id}', '{inner.id}')}", "is taken by"),
        (GOOD.replace("returns (Reply)", "returns (stream Reply)"), "a stream out is"),
        (GOOD.replace("(Request)", "(stream Request)"), "a stream in has"),
    ],
)  # fmt: skip
def test_what_cannot_be_served_is_named(rpcs: str, fault: str, tmp_path: Path) -> None:
    folder = tmp_path / f"p{abs(hash(rpcs))}"
    folder.mkdir()
    assert any(fault in found for found in faults([compiled(rpcs, folder)]))


def test_a_good_service_has_no_faults(tmp_path: Path) -> None:
    folder = tmp_path / "good"
    folder.mkdir()
    assert faults([compiled(GOOD, folder)]) == []


@pytest.mark.parametrize("text", ["", "v1", "/v1//a", "/v1/{}", "/v1/{a=b}", "/v1/*", "/v1/a:", "/v1/a b", "/v1/{A}"])
def test_templates_that_cannot_be_served_are_refused(text: str) -> None:
    with pytest.raises(TemplateFault):
        parse_template(text)


def test_literals_come_before_variables_and_verbs_apart() -> None:
    router = Router(routes_of(all_services()))
    assert router.match("GET", "/v1/mail/messages/01A").values == {"id": "01A"}
    assert router.match("PATCH", "/v1/mail/messages/01A").values == {"message.id": "01A"}
    assert router.match("POST", "/v1/mail/messages/01A:move").route.name == "MessageService.MoveMessage"
    assert router.match("GET", "/v1/mail/messages/01A/attachments/2.1").values == {"id": "01A", "part": "2.1"}
    assert router.match("DELETE", "/v1/sessions/current").route.name == "SessionService.DeleteSession"
    with pytest.raises(MethodNotAllowed):
        router.match("DELETE", "/v1/mail/mailboxes")
    for path in ("", "/", "//", "/v1/mail//", "/v1/mail/messages/01A:", "/" + "a/" * 5000, "/v1/mail/messages/"):
        with pytest.raises((NotFound, MethodNotAllowed)):
            router.match("PUT", path)


def test_whatever_has_a_route_is_served() -> None:
    """A file of rpcs that nobody names in `gateway/upstreams.py` would be there for nobody."""
    compiled_protos = (ROOT / "proto/gen/workspace/descriptors.binpb").read_bytes()
    routed = {
        file.name
        for file in descriptor_pb2.FileDescriptorSet.FromString(compiled_protos).file
        for service in file.service
        if any(method.options.HasExtension(annotations_pb2.http) for method in service.method)
    }
    assert routed <= {file.name for files in CONTRACTS.values() for file in files}
