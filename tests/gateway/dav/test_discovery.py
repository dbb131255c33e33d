"""How a client finds its way, and who it is asked to be."""

import asyncio

import httpx
from prometheus_client import REGISTRY
from workspace.directory.v1 import credentials_pb2 as credentials

from chassis.identity import Revocations
from services.directory.usecases.list_revocations import list_revocations
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_address_book import until
from tests.gateway.dav.conftest import Client, Found, basic, condition


async def test_well_known_paths_lead_to_the_root(http: httpx.AsyncClient) -> None:
    for path in ("/.well-known/carddav", "/.well-known/caldav", "/dav"):
        for method in ("GET", "PROPFIND", "OPTIONS"):
            answer = await http.request(method, path)
            assert (answer.status_code, answer.headers["location"]) == (301, "/dav/")


async def test_from_the_root_a_client_finds_its_address_books(agent: Client) -> None:
    root = await agent.propfind("/dav/", "D:current-user-principal", "D:principal-collection-set")
    [me] = root.texts("/dav/", "current-user-principal")
    assert me == f"/dav/principals/{agent.address}/"
    principal = await agent.propfind(
        me, "CR:addressbook-home-set", "D:principal-URL", "D:displayname", "CR:directory-gateway"
    )
    assert principal.texts(me, "addressbook-home-set") == [agent.home]
    assert principal.texts(me, "directory-gateway") == [f"{agent.home}annuaire/"]
    home = await agent.propfind(agent.home, "D:resourcetype", "D:displayname", depth="1")
    assert home.types(agent.book) == {"collection", "addressbook"}
    assert home.texts(agent.book, "displayname") == ["Contacts"]
    assert home.types(f"{agent.home}annuaire/") == {"collection", "addressbook", "directory"}


async def test_an_address_book_says_what_it_can(agent: Client) -> None:
    await agent.propfind(agent.home, "D:displayname", depth="1")
    found = await agent.propfind(
        agent.book, "CR:supported-address-data", "CR:max-resource-size", "D:supported-report-set", "D:sync-token",
        "CS:getctag", "D:current-user-privilege-set", "D:owner", "D:acl", "D:nothing", "CR:supported-collation-set",
    )  # fmt: skip
    inside = found.properties[agent.book]
    reports = {each[0][0].tag.rpartition("}")[2] for each in inside["supported-report-set"]}
    assert {"sync-collection", "addressbook-query", "addressbook-multiget", "expand-property"} <= reports
    assert [each.get("version") for each in inside["supported-address-data"]] == ["3.0", "4.0"]
    assert inside["max-resource-size"].text == "1048576"
    privileges = {each[0].tag.rpartition("}")[2] for each in inside["current-user-privilege-set"]}
    assert {"read", "write", "bind", "unbind"} <= privileges
    assert found.texts(agent.book, "owner") == [f"/dav/principals/{agent.address}/"]
    assert found.missing[agent.book] == {"nothing"}


async def test_everything_by_name_and_names_alone(agent: Client) -> None:
    everything = Found.of(await agent.ask("PROPFIND", agent.home, depth="0"))
    assert {"displayname", "resourcetype"} <= set(everything.properties[agent.home])
    assert "acl" not in everything.properties[agent.home]
    names = Found.of(
        await agent.ask("PROPFIND", agent.home, '<propfind xmlns="DAV:"><propname/></propfind>', depth="0")
    )
    assert "acl" in names.properties[agent.home]
    answer = await agent.ask("PROPFIND", agent.home)
    assert (answer.status_code, condition(answer)) == (403, "propfind-finite-depth")


async def test_what_is_missing_is_left_out_where_nobody_cares(agent: Client) -> None:
    for headers in ({"prefer": "return=minimal"}, {"brief": "t"}):
        found = await agent.propfind(agent.home, "D:displayname", "D:nothing", **headers)
        assert found.missing == {agent.home: set()}
        assert found.answer.headers["preference-applied"] == "return=minimal"


async def test_options_says_what_there_is_to_anybody(http: httpx.AsyncClient) -> None:
    answer = await http.request("OPTIONS", "/dav/addressbooks/nobody@nowhere.tg/")
    assert answer.status_code == 204
    assert set(answer.headers["dav"].split(", ")) >= {"1", "3", "access-control", "addressbook", "extended-mkcol"}
    assert {"PROPFIND", "REPORT", "MKCOL"} <= set(answer.headers["allow"].split(", "))


async def test_nobody_is_asked_for_a_password_or_a_token(http: httpx.AsyncClient) -> None:
    answer = await http.request("PROPFIND", "/dav/")
    assert answer.status_code == 401
    assert [each.split()[0] for each in answer.headers.get_list("www-authenticate")] == ["Basic", "Bearer"]


async def test_credentials_that_cannot_be_read_are_refused(http: httpx.AsyncClient) -> None:
    for given in ("Basic", "Basic !", "Basic bm9jb2xvbg==", "Basic /w==", "Basic " + "A" * 5000, "Digest x"):
        assert (await http.request("PROPFIND", "/dav/", headers={"authorization": given})).status_code == 401, given


def asked() -> float:
    """How often directory was asked for a token."""
    method = "/workspace.directory.v1.ProtocolService/CreateProtocolToken"
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and method in sample.labels.values()
    )


async def test_a_password_is_asked_of_directory_once_for_many_requests(
    http: httpx.AsyncClient, stack: Stack, land: Land
) -> None:
    said = basic(land.economy_agent.account.address)
    before = asked()
    answers = await asyncio.gather(
        *(http.request("PROPFIND", "/dav/", headers={**said, "depth": "0"}) for _ in range(8))
    )
    answers.append(await http.request("PROPFIND", "/dav/", headers={**said, "depth": "0"}))
    assert {answer.status_code for answer in answers} == {207}
    assert asked() - before == 1


async def test_wrong_passwords_are_counted_and_tell_nothing(http: httpx.AsyncClient, land: Land) -> None:
    known, unknown = land.economy_agent.account.address, "personne@economie.gouv.tg"
    told = {}
    for address in (known, unknown):
        answers = [await http.request("PROPFIND", "/dav/", headers=basic(address, "wrong")) for _ in range(7)]
        told[address] = [(answer.status_code, answer.content) for answer in answers]
        assert [answer.status_code for answer in answers[:5]] == [401] * 5
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) > 0
    assert [status for status, _ in told[known]] == [status for status, _ in told[unknown]]
    # Who has to wait is not told of a right one either.
    right = await http.request("PROPFIND", "/dav/", headers=basic(known))
    assert right.status_code == 429


async def test_a_revoked_app_password_ends_its_clients(
    http: httpx.AsyncClient, stack: Stack, land: Land, revocations: Revocations
) -> None:
    person = land.economy_agent
    made = await stack.gateway.credentials.CreateAppPassword(
        credentials.CreateAppPasswordRequest(protocol="dav", label="Téléphone"), **person.said
    )
    said = {**basic(person.account.address, made.secret), "depth": "0"}
    book = f"/dav/addressbooks/{person.account.address}/contacts/"
    assert (await http.request("PROPFIND", book, headers=said)).status_code == 207
    found = f"/dav/addressbooks/{person.account.address}/annuaire/{land.health_agent.account.id}.vcf"
    assert (await http.request("GET", found, headers=said)).status_code == 200
    revoke = credentials.DeleteAppPasswordRequest(id=made.app_password.id)
    await stack.gateway.credentials.DeleteAppPassword(revoke, **person.said)
    # The gateway hears of it by event, or asks within half a minute; here it is told.
    for ended in await list_revocations(stack.directory, None):
        revocations.add(ended)
    assert (await http.request("PROPFIND", book, headers=said)).status_code == 401


async def test_others_do_not_exist(agent: Client, stranger: Client) -> None:
    await stranger.propfind(stranger.home, "D:displayname", depth="1")
    await stranger.put("a.vcf")
    theirs = f"/dav/addressbooks/{stranger.address}/"
    nobodys = "/dav/addressbooks/personne@sante.gouv.tg/"
    for method in ("PROPFIND", "GET", "PUT", "DELETE", "REPORT", "PROPPATCH", "MKCOL", "MOVE", "COPY"):
        for below in ("", "contacts/", "contacts/a.vcf", "annuaire/"):
            body = '<propfind xmlns="DAV:"><propname/></propfind>' if method == "PROPFIND" else ""
            if method == "PROPPATCH":
                body = (
                    '<propertyupdate xmlns="DAV:"><set><prop><displayname>x</displayname></prop></set></propertyupdate>'
                )
            if method == "REPORT":
                body = '<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:prop/></D:sync-collection>'
            headers = {"depth": "0", "destination": f"{agent.book}b.vcf"}
            there = await agent.ask(method, theirs + below, body, **headers)
            nowhere = await agent.ask(method, nobodys + below, body, **headers)
            assert there.status_code == nowhere.status_code >= 400, (method, below)
            assert there.content == nowhere.content
    principals = await agent.propfind("/dav/principals/", "D:displayname", depth="1")
    assert list(principals.properties) == ["/dav/principals/", f"/dav/principals/{agent.address}/"]


async def test_others_are_people_to_invite_and_no_more(agent: Client, stranger: Client) -> None:
    """Who knows the address is told the name; what somebody has is told to nobody else."""
    other = f"/dav/principals/{stranger.address}/"
    asked = (
        "D:displayname",
        "D:principal-URL",
        "CS:email-address-set",
        "CR:addressbook-home-set",
        "D:group-membership",
    )
    found = await agent.propfind(other, *asked)
    assert found.texts(other, "principal-URL") == [other]
    assert found.texts(other, "email-address-set") == [stranger.address]
    assert found.texts(other, "group-membership") == [""]
    assert found.missing[other] == {"addressbook-home-set"}
    nobodys = "/dav/principals/personne@sante.gouv.tg/"
    for path in (nobodys, f"{other}calendar-proxy-write/", f"{other}a/b/"):
        assert (await agent.ask("PROPFIND", path, depth="0")).status_code == 404, path
    below = await agent.propfind(other, "D:displayname", depth="1")
    assert list(below.properties) == [other]


async def test_people_are_found_as_the_national_address_book_lets(
    agent: Client, stranger: Client, stack: Stack, administrator: Person, land: Land
) -> None:
    def search(text: str) -> str:
        return (
            f"<D:property-search><D:prop><D:displayname/></D:prop><D:match>{text}</D:match></D:property-search>"
            "<D:prop><D:displayname/></D:prop>"
        )

    async def found(text: str) -> list[str]:
        answer = await agent.report("/dav/principals/", "D:principal-property-search", search(text))
        return list(answer.properties)

    theirs = f"/dav/principals/{stranger.address}/"
    name = land.health_agent.account.display_name
    assert theirs in await found(name.upper())
    by_address = search(stranger.address).replace("D:displayname", "CS:email-address-set", 1)
    answer = await agent.report("/dav/principals/", "D:principal-property-search", by_address)
    assert list(answer.properties) == [theirs]
    # A part that no search of the address book finds; and no text at all, by which one finds oneself.
    assert await found("zzzz") == []
    assert await found("") == [f"/dav/principals/{agent.address}/"]
    land.health_agent.account.hidden = True
    await stack.update(administrator, land.health_agent.account, "hidden")

    async def gone() -> bool:
        return theirs not in await found(name)

    await until(gone)
    assert (await agent.ask("PROPFIND", theirs, depth="0")).status_code == 404
    match = await agent.report("/dav/principals/", "D:principal-match", "<D:self/>")
    assert list(match.properties) == [f"/dav/principals/{agent.address}/"]


async def test_hrefs_are_expanded(agent: Client) -> None:
    inner = (
        '<D:property name="current-user-principal"><D:property name="addressbook-home-set" '
        'namespace="urn:ietf:params:xml:ns:carddav"><D:property name="resourcetype"/></D:property></D:property>'
    )
    found = await agent.report("/dav/", "D:expand-property", inner)
    text = found.answer.text
    assert agent.home in text
    assert "<D:collection" in text
    deep = '<D:property name="current-user-principal">' * 9 + "</D:property>" * 9
    for odd in (
        'name="a²"',
        'name="a" namespace="a b"',
        'name="a" namespace="}"',
        'name=""',
        'name="{x}a"',
        'name="a:b"',
    ):
        body = f'<D:expand-property xmlns:D="DAV:"><D:property {odd}/></D:expand-property>'
        assert (await agent.ask("REPORT", "/dav/", body)).status_code == 400, odd
    answer = await agent.ask("REPORT", "/dav/", f'<D:expand-property xmlns:D="DAV:">{deep}</D:expand-property>')
    assert answer.status_code == 400
