"""Every door of directory, tried by another ministry's administrator, help desk, auditor and agent.

Nothing of what is not theirs is seen or changed, nor is told whether it exists. A new rpc without a declared
permission, or without requests in `walk_table.py`, fails here.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from scim2_server.routing import ROUTES
from workspace.operations.v1 import operations_pb2
from workspace.options.v1 import options_pb2

from chassis.errors import WorkspaceError
from chassis.rpc.rules import rule_of
from deploy.local.certificates import Authority
from deploy.local.layout import ROOT
from gateway.contract import routes_of
from gateway.edges.scim.models import provider
from gateway.upstreams import CONTRACTS, services
from tests.directory.conftest import Land, Person, Stack
from tests.directory.doors import gateway_of
from tests.directory.walk_scim import GROUP, GROUP_PROBES, OF_UNIT, SCIM_WALKS, USER_PROBES
from tests.directory.walk_table import WALKS
from tests.directory.walking import Victim, World, by_http, by_rpc, by_scim, changes, leaks, same, snapshot, world_of

CLOSED = options_pb2.PERMISSION_SERVICE
PUBLIC = options_pb2.PERMISSION_PUBLIC


@pytest.fixture
async def world(stack: Stack, land: Land, administrator: Person) -> World:
    return await world_of(stack, administrator, land)


def methods() -> Iterator[MethodDescriptor]:
    for service in [*services("directory"), *operations_pb2.DESCRIPTOR.services_by_name.values()]:
        yield from service.methods


def name_of(method: MethodDescriptor) -> str:
    return f"{method.containing_service.name}.{method.name}"


def permission_of(method: MethodDescriptor) -> int:
    rule = rule_of(f"/{method.containing_service.full_name}/{method.name}")
    return rule.permission if rule is not None else options_pb2.PERMISSION_UNSPECIFIED


async def test_what_the_gateway_and_the_walk_do_not_know_is_not_served(world: World) -> None:
    written = FileDescriptorSet.FromString((Path(ROOT) / "proto/gen/workspace/descriptors.binpb").read_bytes())
    known = {file.name for file in CONTRACTS["directory"]}
    for file in written.file:
        if file.package == "workspace.directory.v1" and file.name not in known:
            for path in [f"/{file.package}.{each.name}/{rpc.name}" for each in file.service for rpc in each.method]:
                call = world.stack.cli.client.channel.unary_unary(path)
                with pytest.raises(WorkspaceError) as refused:
                    await call(b"", **world.national.said)
                assert isinstance(refused.value.__cause__, grpc.aio.AioRpcError), path
                assert refused.value.__cause__.code() == grpc.StatusCode.UNIMPLEMENTED, path


def test_every_rpc_states_a_permission_and_the_walk_knows_what_to_try_on_it() -> None:
    assert [name_of(method) for method in methods() if not permission_of(method)] == []
    people = {name_of(method) for method in methods() if permission_of(method) != CLOSED}
    assert people - WALKS.keys() == set(), "give them requests in tests/directory/walk_table.py"
    assert WALKS.keys() - people == set(), "no such rpc"


async def walked(world: World, method: MethodDescriptor) -> list[str]:
    """What is wrong with how a rpc treats those who have no business with the victim."""
    walk, wrong = WALKS[name_of(method)], []
    public = permission_of(method) == PUBLIC
    for who, person in {"anybody": None}.items() if public else world.walkers.items():
        for aimed, blank, alike in walk.pairs(world):
            told = await by_rpc(world.stack.cli, method, aimed, person)
            twin = await by_rpc(world.stack.cli, method, blank, person)
            about = f"{name_of(method)} by {who}: {aimed}"
            wrong += [f"{about}: leaks {mark!r}: {told}" for mark in leaks(world, str(aimed), told, walk.shows)]
            if alike and not same(world, told, twin):
                wrong.append(f"{about}: tells what exists: {told!r} is not {twin!r}")
            if "refused: internal" in told:
                wrong.append(f"{about}: breaks")
    return wrong


async def test_no_rpc_shows_changes_or_admits_to_what_is_another_ministrys(world: World) -> None:
    wrong: list[str] = []
    for method in methods():
        if permission_of(method) == CLOSED:
            continue
        before = await snapshot(world)
        wrong += await walked(world, method)
        wrong += [f"{name_of(method)}: {change}" for change in changes(world, before, await snapshot(world))]
    assert wrong == []


async def test_what_is_for_services_is_closed_to_every_person(world: World) -> None:
    for method in methods():
        if permission_of(method) == CLOSED:
            for person in (*world.walkers.values(), world.national):
                said = await by_rpc(world.stack.cli, method, method.input_type._concrete_class(), person)
                assert said.startswith("refused: forbidden"), name_of(method)


async def test_the_requests_of_the_walk_would_reach_their_aim_if_they_might(world: World) -> None:
    """A request that is refused for its form shows nothing of isolation."""
    malformed = []
    for method in sorted(methods(), key=lambda each: each.name.startswith(("Suspend", "Delete", "Dissolve", "Merge"))):
        walk = WALKS.get(name_of(method))
        if walk is None or permission_of(method) == PUBLIC:
            continue
        told = [
            await by_rpc(world.stack.cli, method, request, world.national) for request in walk.requests(world.victim)
        ]
        if told and all(each.startswith("refused: invalid_input") for each in told):
            malformed.append(f"{name_of(method)}: {told[0]}")
    assert malformed == []


async def test_no_rest_route_shows_changes_or_admits_to_what_is_another_ministrys(
    world: World, authority: Authority
) -> None:
    wrong: list[str] = []
    async with gateway_of(world.stack, authority) as client:
        before = await snapshot(world)
        for route in routes_of(services("directory")):
            walk = WALKS[route.name]
            for who, person in {"anybody": None}.items() if route.public else world.walkers.items():
                for aimed, blank, alike in walk.pairs(world):
                    told = await by_http(client, route, aimed, person)
                    twin = await by_http(client, route, blank, person)
                    about = f"{route.verb} {route.template} by {who}: {aimed}"
                    wrong += [f"{about}: leaks {mark!r}: {told}" for mark in leaks(world, str(aimed), told, walk.shows)]
                    if alike and not same(world, told, twin):
                        wrong.append(f"{about}: tells what exists: {told!r} is not {twin!r}")
        wrong += changes(world, before, await snapshot(world))
    assert wrong == []


def test_the_walk_knows_every_scim_route_and_every_type_of_resource() -> None:
    assert SCIM_WALKS.keys() == {f"{route.method} {route.pattern}" for route in ROUTES}
    aimed = Victim(*[field.name for field in fields(Victim)])
    endpoints = {str(kind.endpoint) for kind in provider().resource_types}
    for name, requests in SCIM_WALKS.items():
        if "{endpoint}" in name:
            tried = {f"/{path.split('?')[0].split('/')[1]}" for path, _ in requests(aimed)}
            assert tried == endpoints, name


# What no filter can name because it is never answered, or is the same for all.
UNASKED = {"schemas", "password", "meta", "meta.resourceType", "meta.location", "meta.version", "name"}


def _attributes(schema: Any) -> Iterator[str]:
    """Every attribute of a schema by its path, as a filter names it."""
    prefix = "" if ":core:" in str(schema.id) else f"{schema.id}:"
    for attribute in schema.attributes:
        yield f"{prefix}{attribute.name}"
        yield from (f"{prefix}{attribute.name}.{inner.name}" for inner in attribute.sub_attributes or ())


def test_the_walk_probes_every_attribute_of_scims_schemas() -> None:
    common = {"id", "externalId", "meta.created", "meta.lastModified"}
    schemas = {str(schema.id): set(_attributes(schema)) for schema in provider().schemas}
    groups = schemas.pop(GROUP) | schemas.pop(OF_UNIT)
    assert {*groups, *common} - UNASKED == GROUP_PROBES.keys()
    assert set().union(common, *schemas.values()) - UNASKED == USER_PROBES.keys()


async def test_no_scim_route_shows_changes_or_admits_to_what_is_another_ministrys(
    world: World, authority: Authority
) -> None:
    wrong: list[str] = []
    async with gateway_of(world.stack, authority) as client:
        before = await snapshot(world)
        for name, requests in SCIM_WALKS.items():
            verb = name.split(" ")[0]
            for who, person in world.walkers.items():
                for aimed, blank in zip(requests(world.victim), requests(world.twin), strict=True):
                    told = await by_scim(client, verb, *aimed, person)
                    twin = await by_scim(client, verb, *blank, person)
                    about = f"{verb} {aimed} by {who}"
                    wrong += [f"{about}: leaks {mark!r}: {told}" for mark in leaks(world, str(aimed), told)]
                    if not same(world, told, twin):
                        wrong.append(f"{about}: tells what exists: {told!r} is not {twin!r}")
                    if told.startswith("500"):
                        wrong.append(f"{about}: breaks: {told}")
        wrong += changes(world, before, await snapshot(world))
    assert wrong == []


async def test_the_walk_sees_a_leak_where_there_is_one(world: World) -> None:
    """Its own control: the victim's administrator does see what the walk looks for."""
    listing = next(method for method in methods() if name_of(method) == "AccountService.ListAccounts")
    [request, *_] = WALKS[name_of(listing)].requests(world.victim)
    told = await by_rpc(world.stack.cli, listing, request, world.national)
    assert {world.victim.account_id, world.victim.alias, world.victim.display_name} <= set(leaks(world, "", told))
