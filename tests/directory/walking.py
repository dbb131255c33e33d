"""How the walk of isolation goes: who walks, whose things are aimed at, what an answer must not hold.

Two ministries: economy's people walk, health's things are the victim. Every call is made twice, at what exists and at
a twin that does not: the answers must be the same, or existence itself would be told.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from workspace.directory.v1 import contacts_pb2 as contacts
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import functions_pb2 as functions
from workspace.directory.v1 import groups_pb2 as groups
from workspace.directory.v1 import organisation_pb2 as organisation

from chassis.documents import Database
from chassis.errors import ApprovalRequired, WorkspaceError
from chassis.ids import new_id
from chassis.protojson import writer
from chassis.rpc.client import translated
from gateway.contract import Kind, Route
from gateway.contract.template import Variable
from services.directory.domain.approvals import DISSOLVE_UNIT, ApprovalPolicy
from tests.directory.cards import card
from tests.directory.conftest import PASSWORD, Caller, Land, Person, Stack, bearer
from tests.directory.relying import cookie_of, register

# Where what a caller itself has said may be kept, whomever it names: refused acts, wrong passwords.
ECHOES = frozenset({"acts", "audit", "tries", "remotes", "announcing"})
PIECE = 32 * 1024


@dataclass(frozen=True)
class Victim:
    """What the walk aims at, each by the value under which a caller could name it.

    Whoever adds something that can be named (a group, a function) adds a field, and gives it in `victim_of`.
    """

    account_id: str
    administrator_id: str
    address: str
    alias: str
    display_name: str
    staff_number: str
    unit_id: str
    office_id: str
    unit_name: str
    session_id: str
    book_id: str
    card_name: str
    contact_id: str
    contact_uid: str
    client_id: str
    # A request that waits for the victim's consent.
    authorization: str
    group_id: str
    group_name: str
    reorganisation_id: str
    function_id: str
    function_address: str
    domain: str
    approval_id: str
    # The walkers' own ministry: where what is not theirs is to be brought to.
    own_unit_id: str
    own_account_id: str
    # A group of the walkers' ministry, and the whole administration's, in which the victim is as well.
    own_group_id: str
    own_national_group_id: str
    own_function_id: str
    own_domain: str
    own_office_id: str

    def named(self) -> list[str]:
        """The fields that are the victim's."""
        return [each.name for each in fields(self) if not each.name.startswith("own_")]

    def marks(self) -> frozenset[str]:
        """What must not be seen of it."""
        return frozenset(getattr(self, name) for name in self.named())


@dataclass(frozen=True)
class Walk:
    """The requests that aim at a victim; by those of `telling` a caller has to learn that something exists.

    `shows` are the fields of a victim that everybody may read there: the national address book.
    """

    requests: Callable[[Victim], Iterable[Message]]
    telling: Callable[[Victim], Iterable[Message]] = lambda _victim: ()
    shows: frozenset[str] = frozenset()

    def pairs(self, world: "World") -> Iterator[tuple[Message, Message, bool]]:
        """Each request at the victim and at its twin, and whether both have to be answered alike."""
        for make, alike in ((self.requests, True), (self.telling, False)):
            for aimed, blank in zip(make(world.victim), make(world.twin), strict=True):
                yield aimed, blank, alike


@dataclass(frozen=True)
class World:
    """Who walks, and among what."""

    stack: Stack
    national: Person
    walkers: Mapping[str, Person]
    victim: Victim
    twin: Victim

    @property
    def database(self) -> Database:
        return self.stack.database


async def _appointed(stack: Stack, by: Person, address: str, unit: str, role: int) -> Person:
    grant = pb.RoleGrant(role=role, unit_id=unit)
    account = pb.Account(address=address, display_name=address.partition("@")[0], unit_id=unit, roles=[grant])
    request = pb.CreateAccountRequest(account=account, password=PASSWORD)
    made = await stack.cli.accounts.CreateAccount(request, **by.said)
    return Person(made, await stack.log_in(address))


async def _group(stack: Stack, by: Person, name: str, unit: str, *members: str) -> groups.Group:
    wanted = groups.Group(name=name, unit_id=unit)
    request = groups.CreateGroupRequest(group=wanted, account_ids=members)
    return await stack.cli.groups.CreateGroup(request, **by.said)


async def _function(stack: Stack, by: Person, address: str, unit: str, holder: str) -> functions.Function:
    wanted = functions.Function(address=address, title="Chef", unit_id=unit, holder_ids=[holder])
    return await stack.cli.functions.CreateFunction(functions.CreateFunctionRequest(function=wanted), **by.said)


async def _waiting(stack: Stack, by: Person, unit: str) -> str:
    """What waits for a second administrator of a unit, where two have to agree upon dissolving what is below it."""
    assert await stack.directory.approvals.put_policy(ApprovalPolicy(unit, (DISSOLVE_UNIT,), 1), [])
    empty = await stack.unit(by, "Cellule des greffes", pb.UNIT_KIND_OFFICE, unit)
    try:
        await stack.cli.organisation.DissolveUnit(organisation.DissolveUnitRequest(id=empty.id), **by.said)
    except ApprovalRequired as kept:
        return kept.fields["approval_id"]
    raise AssertionError("One administrator was enough")


async def _victim(stack: Stack, by: Person, land: Land) -> Victim:
    office = await stack.unit(by, "Bureau des greffes", pb.UNIT_KIND_OFFICE, land.health.id)
    profile = pb.Profile(
        given_name="Prénom-Témoin", family_name="Nom-Témoin", title="Greffier témoin", phone="22299911"
    )
    account = pb.Account(
        address="temoin@sante.gouv.tg", aliases=["alias.temoin@sante.gouv.tg"], display_name="Témoin de la Santé",
        unit_id=office.id, staff_number="MS-0777", profile=profile,
    )  # fmt: skip
    made = await stack.cli.accounts.CreateAccount(
        pb.CreateAccountRequest(account=account, password=PASSWORD), **by.said
    )
    await stack.log_in(made.address)
    own = await stack.person(by, "cobaye@economie.gouv.tg", land.treasury.id)
    book, kept = await _noted(stack, made.address)
    group = await _group(stack, by, "Groupe des greffes", land.health.id, made.id)
    own_group = await _group(stack, by, "Groupe du Trésor", land.economy.id, own.account.id)
    function = await _function(stack, by, "chef.greffes@sante.gouv.tg", land.health.id, made.id)
    own_function = await _function(stack, by, "chef@economie.gouv.tg", land.economy.id, own.account.id)
    domain = await stack.owning(by, land.health.id, "greffes.tg", made.id)
    own_domain = await stack.owning(by, land.economy.id, "tresor.tg", own.account.id)
    annex = await stack.unit(by, "Annexe de passage", pb.UNIT_KIND_OFFICE, land.health.id)
    moving = organisation.MergeUnitsRequest(id=annex.id, into_id=land.health.id)
    moved = await stack.cli.organisation.MergeUnits(moving, **by.said)
    own_office = await stack.unit(by, "Bureau de passage", pb.UNIT_KIND_OFFICE, land.economy.id)
    national = await _group(stack, by, "Groupe national", "", made.id)
    client, waiting = await _asked_for_consent(stack, by, made.address, office.id)
    sid = (await stack.database["sessions"].find_one({"account": made.id}))["_id"]
    return Victim(
        account_id=made.id, administrator_id=land.health_administrator.account.id, address=made.address,
        alias=made.aliases[0], display_name=made.display_name, staff_number=made.staff_number,
        unit_id=land.health.id, office_id=office.id, unit_name=office.name, session_id=sid,
        book_id=book, card_name=kept["name"], contact_id=kept["_id"].partition(".")[2], contact_uid=kept["uid"],
        group_id=group.id, group_name=group.name, reorganisation_id=moved.id,
        client_id=client, authorization=waiting,
        function_id=function.id, function_address=function.address, domain=domain.name, own_domain=own_domain.name,
        approval_id=await _waiting(stack, by, land.health.id),
        own_unit_id=land.economy.id, own_account_id=own.account.id,
        own_group_id=own_group.id, own_national_group_id=national.id, own_function_id=own_function.id,
        own_office_id=own_office.id,
    )  # fmt: skip


async def _noted(stack: Stack, address: str) -> tuple[str, dict[str, Any]]:
    """An address book of the victim's own, and the contact in it as the database has it."""
    said = {"metadata": bearer((await stack.log_in(address)).access_token)}
    book = contacts.AddressBook(id="carnet-temoin", name="Carnet témoin")
    await stack.gateway.contacts.CreateAddressBook(contacts.CreateAddressBookRequest(address_book=book), **said)
    vcard = card("Correspondant témoin", "uid-temoin-1")
    put = contacts.PutCardRequest(address_book_id=book.id, name="carte-temoin.vcf", vcard=vcard)
    await stack.gateway.contacts.PutCard(put, **said)
    return book.id, await stack.database["contacts"].find_one({"name": put.name})


async def _asked_for_consent(stack: Stack, by: Person, address: str, unit_id: str) -> tuple[str, str]:
    """A client of the victim's unit, and its request that waits for the victim's consent."""
    client = await register(stack, by, unit_id=unit_id, first_party=False)
    person = Person(pb.Account(), await stack.log_in(address))
    answer = await client.authorize(await cookie_of(stack, person))
    return client.id, answer.consent


def twin_of(victim: Victim) -> Victim:
    """A victim of the same shape that does not exist."""

    def other(value: str) -> str:
        if re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", value):
            return new_id()
        if value == victim.authorization:
            return value[:-4] + "AAAA"
        return (
            value.replace("temoin", "absent")
            .replace("Témoin", "Absent")
            .replace("0777", "0778")
            .replace("greffes", "absents")
        )

    return replace(victim, **{name: other(getattr(victim, name)) for name in victim.named()})


async def world_of(stack: Stack, national: Person, land: Land) -> World:
    economy = land.economy.id
    # Each ministry has its mail domain: otherwise a walker takes what the twin would be called, and then sees it.
    walkers = {
        "administrator": land.economy_administrator,
        "help desk": await _appointed(stack, national, "aide@economie.gouv.tg", economy, pb.ROLE_HELP_DESK),
        "auditor": await _appointed(stack, national, "audit@economie.gouv.tg", economy, pb.ROLE_AUDITOR),
        "agent": land.economy_agent,
    }
    victim = await _victim(stack, national, land)
    await stack.keep_acts()
    return World(stack, national, walkers, victim, twin_of(victim))


async def snapshot(world: World) -> dict[tuple[str, str], str]:
    """Every document as text."""
    found = {}
    for name in await world.database.list_collection_names():
        async for document in world.database[name].find({}):
            found[name, str(document["_id"])] = json.dumps(document, default=str, sort_keys=True)
    return found


def changes(world: World, before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]) -> list[str]:
    """What became different of the victim's, and what newly speaks of it."""
    marks = world.victim.marks()
    theirs = {key for key, text in before.items() if _held(text, marks)}
    changed = [f"changed: {key}" for key in sorted(theirs) if after.get(key) != before[key]]
    new = [key for key, text in after.items() if key not in theirs and key[0] not in ECHOES and _held(text, marks)]
    return changed + [f"new: {key}: {after[key][:300]}" for key in sorted(new)]


def _held(text: str, marks: Iterable[str]) -> list[str]:
    escaped = {mark: json.dumps(mark)[1:-1] for mark in marks}
    return sorted(mark for mark, other in escaped.items() if mark in text or other in text)


def leaks(world: World, sent: str, answered: str, shows: Iterable[str] = ()) -> list[str]:
    """Marks in an answer that the caller has not said itself and that are not everybody's to read."""
    shown = {getattr(world.victim, name) for name in shows}
    return _held(answered, world.victim.marks() - set(_held(sent, world.victim.marks())) - shown)


def same(world: World, at_victim: str, at_twin: str) -> bool:
    """Whether two answers say the same, but for the names that the callers themselves gave.

    What a caller took under a name of the twin's stands in its lists of both answers.
    """
    return _nameless(world, at_victim) == _nameless(world, at_twin)


def _nameless(world: World, text: str) -> str:
    for name in world.victim.named():
        for one in (world.victim, world.twin):
            text = text.replace(getattr(one, name), f"<{name}>")
    return text


async def by_rpc(caller: Caller, method: MethodDescriptor, request: Message, person: Person | None) -> str:
    """What a rpc answers, as text: a message, or the kind and words of an error."""
    channel, path = caller.client.channel, f"/{method.containing_service.full_name}/{method.name}"
    coders = (type(request).SerializeToString, message_factory.GetMessageClass(method.output_type).FromString)
    said = person.said if person is not None else {}
    try:
        with translated():
            if method.server_streaming:
                answers = channel.unary_stream(path, *coders)(request, **said)
                return "\n".join([str(answer) async for answer in answers])
            if method.client_streaming:
                return str(await channel.stream_unary(path, *coders)(_stream([request]), **said))
            return str(await channel.unary_unary(path, *coders)(request, **said))
    except WorkspaceError as error:
        return refusal(error.reason, error.detail, error.fields)


def refusal(reason: str, detail: str, wrong: Mapping[str, str]) -> str:
    return f"refused: {reason}: {detail} {json.dumps(dict(wrong), sort_keys=True)}"


async def _stream(requests: Sequence[Message]) -> Any:
    for request in requests:
        yield request


def url_of(route: Route, request: Message) -> str:
    """Where a request goes by HTTP: its path filled, the rest but the body in the query."""
    bound = set(route.template.fields) | {route.body}
    path = "/".join(
        quote(str(_at(request, part.field)), safe="") if isinstance(part, Variable) else part
        for part in route.template.segments
    )
    verb = f":{route.template.verb}" if route.template.verb else ""
    query = [] if route.body == "*" else list(_query(request, bound, ""))
    return f"/{path}{verb}" + (f"?{urlencode(query)}" if query else "")


def _at(message: Any, path: str) -> Any:
    for step in path.split("."):
        message = getattr(message, step)
    return message


def _query(message: Any, bound: set[str], prefix: str) -> Iterator[tuple[str, str]]:
    written = writer(message.DESCRIPTOR)(message)
    for field, value in message.ListFields():
        path = prefix + field.name
        if path in bound:
            continue
        shown = written[field.name]
        if isinstance(shown, dict):
            yield from _query(value, bound, f"{path}.")
        elif isinstance(shown, list):
            yield from ((path, str(each)) for each in shown)
        else:
            yield path, str(shown).lower() if isinstance(shown, bool) else str(shown)


async def by_http(client: httpx.AsyncClient, route: Route, request: Message, person: Person | None) -> str:
    """What a REST route answers, as text: the status and the body without what differs with each answer."""
    content: bytes | None = None
    headers = {"authorization": f"Bearer {person.session.access_token}"} if person is not None else {}
    if route.kind is Kind.UPLOAD:
        body: Any = getattr(request, route.body)
        content, headers["content-type"] = body.data, body.content_type or "application/octet-stream"
    elif route.body:
        body = request if route.body == "*" else getattr(request, route.body)
        said = writer(body.DESCRIPTOR)(body)
        for path in route.template.fields:
            said.pop(path.removeprefix(f"{route.body}."), None)
        content, headers["content-type"] = json.dumps(said).encode(), "application/json"
    answer = await client.request(route.verb, url_of(route, request), content=content, headers=headers)
    return f"{answer.status_code} {_settled(answer.text)}"


async def by_scim(client: httpx.AsyncClient, verb: str, path: str, body: Any, person: Person) -> str:
    """What the SCIM edge answers, as text."""
    headers = {"authorization": f"Bearer {person.session.access_token}", "content-type": "application/scim+json"}
    content = None if body is None else json.dumps(body)
    answer = await client.request(verb, f"/scim/v2{path}", content=content, headers=headers)
    return f"{answer.status_code} {answer.text}"


def _settled(text: str) -> str:
    return re.sub(r'"(?:request_id|instance)":\s*"[^"]*",?', "", text)


async def by_dav(client: httpx.AsyncClient, verb: str, asked: tuple[str, str, dict[str, str]], person: Person) -> str:
    """What WebDAV answers, as text; `{me}` in what is asked is the walker's own address."""
    path, body, said = asked
    headers = {name: value.replace("{me}", person.account.address) for name, value in said.items()}
    headers["authorization"] = f"Bearer {person.session.access_token}"
    path = path.replace("{me}", person.account.address)
    answer = await client.request(verb, path, content=body.encode(), headers=headers)
    told = {name: value for name, value in answer.headers.items() if name in {"location", "etag"}}
    return f"{answer.status_code} {told} {answer.text}"
