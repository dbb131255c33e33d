"""Every other door of the gateway, tried by another ministry's people and applications: WebDAV, OpenID Connect, pages.

A path, a method or a report that the walk does not know fails here.
"""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote

import grpc
import httpx
import pytest
from workspace.directory.v1 import contacts_pb2 as contacts
from workspace.directory.v1 import directory_pb2 as pb

from chassis.identity import Revocations, TokenVerifier
from deploy.local.certificates import Authority
from gateway.app import doors
from gateway.edges.autoconfig.routes import PATHS as AUTOCONFIG
from gateway.edges.dav.carddav.books import OwnAddressBook
from gateway.edges.dav.reports import REPORTS
from gateway.edges.dav.verbs import VERBS
from gateway.edges.oidc.routes import ENDPOINTS
from gateway.edges.pages.routes import PAGES
from gateway.pages import page_routes
from gateway.settings import Settings
from gateway.upstreams import CONTRACTS
from tests.directory.cards import card
from tests.directory.conftest import Land, Person, Stack
from tests.directory.doors import Silent, gateway_of
from tests.directory.relying import Client, cookie_of, register
from tests.directory.test_address_book import until
from tests.directory.walk_browser import OIDC_TELLING, OIDC_WALKS, PASSING, Held, Request, page_fields
from tests.directory.walk_dav import DAV_WALKS, REPORTED, principals
from tests.directory.walking import World, by_dav, changes, leaks, same, snapshot, world_of

# Each door of the gateway, and what shows that it keeps ministries apart.
DOORS = {
    "/v1": "test_isolation_walk.py, tests/mail/api/test_isolation.py, tests/calendar/test_isolation.py",
    "/scim/v2": "test_isolation_walk.py", "/dav": "this file; of calendars tests/calendar/dav/test_isolation.py",
    "/v1/push": "tests/gateway/test_push.py: everybody hears of what is theirs",
    "/openapi.json": "says the same to everybody", "/.well-known/carddav": "leads to /dav/",
    "/.well-known/mta-sts.txt": "says the same to everybody",
    "/rendez-vous/{page}": "tests/calendar/outside/test_appointments.py: what its owner shows to everybody",
    "/rendez-vous/{page}/{secret}": "tests/calendar/outside/test_appointments.py: whoever has the letter",
    "/sondage/{secret}": "tests/calendar/outside/test_poll_guests.py: whoever has the letter",
    "/ics/{secret}.ics": "tests/calendar/outside/test_publications.py: whoever has the link, and nobody else",
    "/.well-known/caldav": "leads to /dav/", "/.well-known/change-password": "leads to a page",
}  # fmt: skip


@pytest.fixture
async def world(stack: Stack, land: Land, administrator: Person) -> World:
    return await world_of(stack, administrator, land)


async def test_the_walk_knows_every_door_of_the_gateway() -> None:
    async def none(_: object) -> list[object]:
        return []

    revocations = Revocations(none)
    async with grpc.aio.insecure_channel("127.0.0.1:9") as channel:
        served = doors(
            Settings(), dict.fromkeys(CONTRACTS, channel), TokenVerifier(none, revocations), revocations, Silent()
        )
    paths = {str(getattr(route, "path", route)) for route in served.routes}
    public = {str(getattr(route, "path", route)) for route in page_routes()}
    others = {path for path in paths - public if not path.startswith("/assets/")}
    assert others == {*DOORS, *ENDPOINTS, *PAGES, *AUTOCONFIG}


def test_the_walk_knows_every_method_and_report_of_webdav_and_every_endpoint_of_the_provider() -> None:
    assert DAV_WALKS.keys() == VERBS.keys()
    reports = {*REPORTS, *OwnAddressBook.reports}
    assert REPORTED.keys() == {"sync-collection", *(name.rpartition("}")[2] for name in reports)}
    assert OIDC_WALKS.keys() == ENDPOINTS.keys()


async def test_setting_up_a_mail_program_tells_nobody_who_exists(world: World, authority: Authority) -> None:
    v, nobody = world.victim.address, f"personne@{world.victim.address.partition('@')[2]}"
    asked = (
        "<Autodiscover xmlns='http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006'><Request>"
        "<EMailAddress>{}</EMailAddress><AcceptableResponseSchema>"
        "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
        "</AcceptableResponseSchema></Request></Autodiscover>"
    )
    public = {"imaps_public": "imap.gouv.tg:993", "submission_public": "smtp.gouv.tg:587"}
    async with gateway_of(world.stack, authority, **public) as client:
        for path, method in AUTOCONFIG.items():
            told = []
            for address in (v, nobody):
                query, body = (f"?emailaddress={address}", "") if method == "GET" else ("", asked.format(address))
                answer = await client.request(method, path + query, content=body)
                # What follows from the address is no news: the same letters stand for both.
                own = re.sub(r"[0-9A-F]{8}-[0-9A-F-]{27}", "UUID", answer.text.replace(address, "ADDRESS"))
                told.append((answer.status_code, own))
                assert leaks(world, address, answer.text.replace(address, "")) == []
            assert told[0] == told[1], path
            assert told[0][0] == 200


async def test_no_way_of_webdav_shows_changes_or_admits_to_what_is_somebody_elses(
    world: World, authority: Authority
) -> None:
    wrong: list[str] = []
    async with gateway_of(world.stack, authority) as client:
        for person in world.walkers.values():
            own = contacts.PutCardRequest(address_book_id="contacts", name="propre.vcf", vcard=card("Propre"))
            await world.stack.gateway.contacts.ListAddressBooks(contacts.ListAddressBooksRequest(), **person.said)
            await world.stack.gateway.contacts.PutCard(own, **person.said)
        before = await snapshot(world)
        for verb, requests in DAV_WALKS.items():
            for who, person in world.walkers.items():
                for aimed, blank in zip(requests(world.victim), requests(world.twin), strict=True):
                    told = await by_dav(client, verb, aimed, person)
                    about = f"{verb} {aimed} by {who}"
                    wrong += [f"{about}: leaks {mark!r}: {told}" for mark in leaks(world, str(aimed), told)]
                    if not same(world, told, await by_dav(client, verb, blank, person)):
                        wrong.append(f"{about}: tells what exists: {told}")
                    if told.startswith("500"):
                        wrong.append(f"{about}: breaks: {told}")
        wrong += changes(world, before, await snapshot(world))
    assert wrong == []


async def test_the_national_address_book_shows_by_webdav_who_is_listed_and_no_more_of_them(
    world: World, authority: Authority
) -> None:
    """What every agent may read is written down in `walk_table.py` and `ldap/test_isolation.py`; no more is told."""
    v = world.victim
    path = f"/dav/addressbooks/{{me}}/annuaire/{v.account_id}.vcf"
    shown = {"account_id", "address", "alias", "function_address", "display_name", "unit_name", "unit_id", "office_id"}
    async with gateway_of(world.stack, authority) as client:
        person = world.walkers["agent"]
        told = await by_dav(client, "GET", (path, "", {}), person)
        assert v.address in told
        assert leaks(world, "", told, shown) == []
        hidden = pb.Account(id=v.account_id, hidden=True)
        await world.stack.update(world.national, hidden, "hidden")

        async def gone() -> bool:
            return (await by_dav(client, "GET", (path, "", {}), person)).startswith("404")

        await until(gone)


async def test_principals_show_by_webdav_whom_the_national_address_book_lists_and_no_more_of_them(
    world: World, authority: Authority
) -> None:
    """Enough to invite them; who is hidden there has no principal that others see."""
    shown = {"address", "alias", "function_address", "display_name"}
    v, wrong = world.victim, []
    before = await snapshot(world)
    async with gateway_of(world.stack, authority) as client:
        for who, person in world.walkers.items():
            for verb, request in principals(v):
                told = await by_dav(client, verb, request, person)
                wrong += [f"{verb} {request} by {who}: {mark!r}: {told}" for mark in leaks(world, "", told, shown)]
                assert not told.startswith("500"), (verb, request, told)
        assert wrong == []
        assert changes(world, before, await snapshot(world)) == []
        await world.stack.update(world.national, pb.Account(id=v.account_id, hidden=True), "hidden")
        person = world.walkers["agent"]

        async def gone() -> bool:
            path = f"/dav/principals/{v.address}/"
            return (await by_dav(client, "PROPFIND", (path, "", {"depth": "0"}), person)).startswith("404")

        await until(gone)
        tried = {"HEAD", "PUT", "DELETE", "MKCOL", "POST", "LOCK"}
        for (verb, aimed), (_, blank) in zip(principals(v), principals(world.twin), strict=True):
            # Of each verb what is asked of the first address: each asks calendar too, which is away.
            if verb in tried and aimed[0] != "/dav/principals/":
                continue
            tried.add(verb)
            told = await by_dav(client, verb, aimed, person)
            assert same(world, told, await by_dav(client, verb, blank, person)), (verb, aimed, told)


@dataclass
class Applications:
    """A client of the walkers' ministry, and what the victim's own client holds of it."""

    own: Client
    held: Held


@pytest.fixture
async def applications(world: World, land: Land) -> Applications:
    own = await register(world.stack, land.economy_administrator, unit_id=land.economy.id, first_party=False)
    theirs = await register(world.stack, world.national, unit_id=land.health.id, name="Application des greffes")
    victim = Person(pb.Account(), await world.stack.log_in(world.victim.address))
    tokens = await theirs.log_in(await cookie_of(world.stack, victim), scope="openid profile email groups")
    return Applications(own, Held(tokens["access_token"], tokens["refresh_token"], tokens["id_token"]))


def _blank(held: Held) -> Held:
    """Of the same shape, and nobody's."""
    return Held(*(f"{each[:-8]}AAAAAAAA" for each in (held.access, held.refresh, held.id_token)))


async def by_browser(client: httpx.AsyncClient, path: str, asked: Request, own: Client, cookie: str) -> str:
    verb, given, proves = asked
    headers = {"cookie": f"workspace_session={cookie}"}
    if proves:
        headers["authorization"] = "Basic " + base64.b64encode(f"{own.id}:{own.secret}".encode()).decode()
    fields = {"params": given} if verb == "GET" else {"data": given}
    answer = await client.request(verb, path, headers=headers, **fields)
    # As it is meant, however often it is escaped within links.
    shown = unquote(unquote(re.sub(PASSING, "", answer.text)))
    return f"{answer.status_code} {unquote(answer.headers.get('location', ''))} {shown}"


async def test_no_endpoint_of_the_provider_tells_others_of_the_victim(
    world: World, authority: Authority, applications: Applications
) -> None:
    wrong: list[str] = []
    own, held, none = applications.own, applications.held, _blank(applications.held)
    async with gateway_of(world.stack, authority) as client:
        before = await snapshot(world)
        for person in (world.walkers["administrator"], world.walkers["agent"]):
            cookie = await cookie_of(world.stack, person)
            for walks, alike in ((OIDC_WALKS, True), (OIDC_TELLING, False)):
                for path, requests in walks.items():
                    pairs = zip(requests(world.victim, held), requests(world.twin, none), strict=True)
                    for aimed, blank in pairs:
                        told = await by_browser(client, path, aimed, own, cookie)
                        twin = await by_browser(client, path, blank, own, cookie)
                        about = f"{path} {aimed}"
                        wrong += [f"{about}: leaks {mark!r}: {told}" for mark in leaks(world, str(aimed), told)]
                        if alike and not same(world, told, twin):
                            wrong.append(f"{about}: tells what exists: {told!r} is not {twin!r}")
                        if told.startswith("500"):
                            wrong.append(f"{about}: breaks: {told}")
        wrong += changes(world, before, await snapshot(world))
        # What the victim's own client holds is as good as before.
        assert (
            await client.get("/oidc/userinfo", headers={"authorization": f"Bearer {held.access}"})
        ).status_code == 200
    assert wrong == []


@pytest.fixture
async def browser(world: World, authority: Authority) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway_of(world.stack, authority) as client:
        client.cookies.set("workspace_session", await cookie_of(world.stack, world.walkers["agent"]))
        yield client


async def test_no_page_shows_or_changes_what_is_somebody_elses(world: World, browser: httpx.AsyncClient) -> None:
    wrong: list[str] = []
    before = await snapshot(world)
    first = await browser.get("/account")
    assert first.status_code == 200, first.text
    forms = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/account/sessions")).text)
    assert forms is not None
    # Ending the own session last: without it there is nothing to be tried.
    for path in sorted(PAGES, key=lambda each: each in {"/logout", "/account/sessions"}):
        for fields in page_fields(world.victim):
            asked = {"request": fields["request"], "id": fields["id"], "code": fields["code"]}
            answers = [await browser.get(path.replace("{language}", "fr"), params=asked)]
            if PAGES[path][1] is not None:
                answers.append(await browser.post(path, data={**fields, "csrf": forms[1]}))
            for answer in answers:
                assert answer.status_code != 403 or "csrf" not in answer.text, path
                told = f"{answer.headers.get('location', '')} {answer.text}"
                sent = " ".join(fields.values())
                wrong += [f"{path} {fields}: leaks {mark!r}" for mark in leaks(world, sent, told)]
                if answer.status_code >= 500:
                    wrong.append(f"{path} {fields}: breaks: {told}")
    wrong += changes(world, before, await snapshot(world))
    assert wrong == []
