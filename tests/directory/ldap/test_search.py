"""What an agent's address book asks for, and what it gets: by ldap3, against the server as it runs."""

import asyncio
from typing import Any

import ldap3
from ldap3.extend.standard.PagedSearch import paged_search_generator
from workspace.directory.v1 import directory_pb2 as pb

from tests.directory.conftest import Person, Stack
from tests.directory.ldap.conftest import BASE, Ldap, People
from tests.directory.test_address_book import until

AGENT = "agent@sante.gouv.tg"
TREASURY = f"ou=Trésor,ou=Économie,{BASE}"
DIRECTOR = f"uid=directrice.budget@economie.gouv.tg,{TREASURY}"


async def search(
    ldap: Ldap,
    wanted: str,
    *,
    base: str = BASE,
    scope: str = ldap3.SUBTREE,
    attributes: Any = None,
    by: str = AGENT,
    **more: Any,
) -> tuple[str, dict[str, dict[str, Any]]]:
    """The result's name, and the entries' attributes by the entries' names."""

    def act(connection: ldap3.Connection) -> Any:
        connection.search(base, wanted, scope, attributes=attributes or [], **more)
        found = [each for each in connection.response or [] if each["type"] == "searchResEntry"]
        return connection.result["description"], {each["dn"]: dict(each["raw_attributes"]) for each in found}

    answer: tuple[str, dict[str, dict[str, Any]]] = await ldap.run(act, by)
    return answer


async def names(ldap: Ldap, wanted: str, **more: Any) -> list[str]:
    result, found = await search(ldap, wanted, attributes=["uid", "ou"], **more)
    assert result == "success", result
    return [name.partition(",")[0].partition("=")[2] for name in found]


async def test_a_person_as_an_address_book_shows_it(people: People, ldap: Ldap) -> None:
    result, found = await search(ldap, "(mail=Directrice.Budget@economie.gouv.tg)", attributes=["*"])
    assert (result, list(found)) == ("success", [DIRECTOR])
    shown = {name: [value.decode() for value in values] for name, values in found[DIRECTOR].items()}
    assert shown == {
        "objectClass": ["top", "person", "organizationalPerson", "inetOrgPerson"],
        "uid": ["directrice.budget@economie.gouv.tg"], "mail": ["directrice.budget@economie.gouv.tg"],
        "cn": ["Abla Kpɔmégbé"], "displayName": ["Abla Kpɔmégbé"], "givenName": ["Abla"], "sn": ["Kpɔmégbé"],
        "title": ["Directrice du Budget"], "telephoneNumber": ["+228 22 21 35 01"], "ou": ["Trésor"],
        "o": ["Économie"], "l": ["Lomé"], "departmentNumber": [people.land.treasury.id],
    }  # fmt: skip


async def test_people_are_found_by_part_of_a_name_in_any_case_and_accents(people: People, ldap: Ldap) -> None:
    director, clerk = "directrice.budget@economie.gouv.tg", "commis@sante.gouv.tg"
    for wanted in (
        "(cn=abla kpomegbe)", "(sn=KPOMÉ*)", "(cn=*megb*)", "(|(givenName=abl*)(sn=abl*)(mail=abl*))",
        "(cn~=abla kpomegb)",
        "(&(objectClass=inetOrgPerson)(title=directrice*))", "(telephoneNumber=+22822213501)", "(l=lome)",
        "(ou:dn:=economie)", "(&(o=economie)(!(mail=a*)))", f"(departmentNumber={people.land.treasury.id})",
    ):  # fmt: skip
        assert director in await names(ldap, wanted), wanted
    assert await names(ldap, "(cn=Commis, au \\28greffe\\29 \\2aprincipal\\2a\\5c)") == [clerk]
    assert await names(ldap, "(title=*director*)") == []


async def test_scopes_and_names(people: People, ldap: Ldap) -> None:
    everything = await names(ldap, "(objectClass=*)")
    assert len(everything) == 1 + 3 + 7
    assert await names(ldap, "(objectClass=*)", base="") == everything
    level = ldap3.LEVEL
    assert await names(ldap, "(objectClass=*)", scope=level) == ["Économie", "Santé", "admin@gouv.tg"]
    assert await names(ldap, "(objectClass=*)", base=f"ou=ECONOMIE,{BASE}", scope=level) == [
        "Trésor", "admin@economie.gouv.tg",
    ]  # fmt: skip
    below = await names(ldap, "(objectClass=person)", base=f"OU=économie,{BASE.upper()}")
    assert sorted(below) == [
        "admin@economie.gouv.tg", "agent@economie.gouv.tg", "directrice.budget@economie.gouv.tg",
    ]  # fmt: skip
    treasury = ["Trésor", "directrice.budget@economie.gouv.tg", "agent@economie.gouv.tg"]
    for scope in (ldap3.BASE, ldap3.SUBTREE):
        assert await names(ldap, "(objectClass=*)", base=DIRECTOR, scope=scope) == treasury[1:2]
    assert await names(ldap, "(objectClass=*)", base=DIRECTOR, scope=level) == []
    assert await names(ldap, "(objectClass=*)", base=TREASURY, scope=ldap3.BASE) == ["Trésor"]
    assert await names(ldap, "(ou=t*sor)") == treasury


async def test_a_name_that_names_nothing_says_how_far_it_is_right(people: People, ldap: Ldap) -> None:
    def act(connection: ldap3.Connection) -> list[tuple[str, str]]:
        said = []
        for base in (f"ou=Rien,{TREASURY}", f"uid={AGENT},{TREASURY}", "dc=example,dc=org", f"cn=x,uid={AGENT},{BASE}"):
            connection.search(base, "(objectClass=*)")
            said.append((connection.result["description"], connection.result["dn"]))
        return said

    assert await ldap.run(act, AGENT) == [
        ("noSuchObject", TREASURY), ("noSuchObject", TREASURY), ("noSuchObject", ""), ("noSuchObject", BASE),
    ]  # fmt: skip


async def test_attributes_are_chosen_as_asked(people: People, ldap: Ldap) -> None:
    async def of(*wanted: str, **more: Any) -> set[str]:
        _, found = await search(ldap, "(sn=kpomegbe)", attributes=list(wanted), **more)
        return set(found[DIRECTOR])

    assert await of("1.1") == set()
    assert await of("MAIL", "2.5.4.3", "surname", "nonsense") == {"mail", "cn", "sn"}
    operational = await of("+")
    assert operational >= {"entryUUID", "entryDN", "modifyTimestamp", "structuralObjectClass"}
    assert not operational & {"cn", "mail"}
    assert await of("*", "+") == operational | await of("*")
    _, found = await search(ldap, "(sn=kpomegbe)", attributes=["mail", "cn"], types_only=True)
    assert {name: values or [] for name, values in found[DIRECTOR].items()} == {"mail": [], "cn": []}


async def test_staff_numbers_are_for_administrators_of_the_unit_alone(people: People, ldap: Ldap) -> None:
    async def seen(by: str) -> list[Any]:
        _, found = await search(ldap, "(sn=kpomegbe)", attributes=["employeeNumber"], by=by)
        return [each.get("employeeNumber") for each in found.values()]

    async def found_by(by: str) -> int:
        return len((await search(ldap, "(employeeNumber=E-1)", by=by))[1])

    for stranger in (AGENT, "admin@sante.gouv.tg", "agent@economie.gouv.tg"):
        assert await seen(stranger) == [None]
        assert await found_by(stranger) == 0
        assert DIRECTOR not in (await search(ldap, "(employeeNumber=*)", by=stranger))[1]
    for own in ("admin@economie.gouv.tg", "admin@gouv.tg"):
        assert await seen(own) == [[b"E-1"]]
        assert await found_by(own) == 1


async def test_the_hidden_and_the_suspended_are_not_there_and_names_follow_units(
    stack: Stack, people: People, ldap: Ldap, administrator: Person
) -> None:
    async def there(wanted: str, yes: bool) -> None:
        async def shows() -> bool:
            return bool((await search(ldap, wanted))[1]) is yes

        await until(shows)

    await there("(sn=kpomegbe)", True)
    people.director.hidden = True
    await stack.update(administrator, people.director, "hidden")
    await there("(sn=kpomegbe)", False)
    assert (await search(ldap, "(objectClass=*)", base=DIRECTOR, scope=ldap3.BASE))[0] == "noSuchObject"
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=people.clerk.id), **administrator.said)
    await there("(title=commis)", False)
    unit = pb.Unit(id=people.land.treasury.id, name="Douanes")
    request = pb.UpdateUnitRequest(unit=unit)
    request.update_mask.paths.append("name")
    await stack.cli.units.UpdateUnit(request, **administrator.said)
    await there("(ou=douanes)", True)
    assert (await search(ldap, "(objectClass=*)", base=TREASURY))[0] == "noSuchObject"


async def test_limits_of_the_client_and_of_the_server(people: People, ldap: Ldap) -> None:
    result, found = await search(ldap, "(objectClass=*)", size_limit=2)
    assert (result, len(found)) == ("sizeLimitExceeded", 2)
    result, found = await search(ldap, "(objectClass=*)", size_limit=11)
    assert (result, len(found)) == ("success", 11)
    ldap.server.options = ldap.server.options.__class__(size_limit=3, looked_at=5)
    result, found = await search(ldap, "(objectClass=*)")
    assert (result, len(found)) == ("sizeLimitExceeded", 3)
    assert (await search(ldap, "(createTimestamp<=19700101000000Z)"))[0] == "adminLimitExceeded"


async def test_pages_give_everybody_once(people: People, ldap: Ldap) -> None:
    def act(connection: ldap3.Connection) -> list[str]:
        pages = paged_search_generator(connection, BASE, "(objectClass=*)", attributes=["cn"], paged_size=4)
        return [each["dn"] for each in pages]

    paged = await ldap.run(act, AGENT)
    assert len(paged) == len(set(paged)) == 11

    def strange(connection: ldap3.Connection) -> list[str]:
        said = []
        connection.search(BASE, "(objectClass=*)", paged_size=2, paged_cookie=b"never given")
        said.append(connection.result["description"])
        connection.search(BASE, "(objectClass=*)", paged_size=2)
        cookie = connection.result["controls"]["1.2.840.113556.1.4.319"]["value"]["cookie"]
        connection.search(BASE, "(cn=*)", paged_size=2, paged_cookie=cookie)
        said.append(connection.result["description"])
        return said

    assert await ldap.run(strange, AGENT) == ["unwillingToPerform", "unwillingToPerform"]


async def test_compare_and_who_am_i(people: People, ldap: Ldap) -> None:
    def act(connection: ldap3.Connection) -> list[Any]:
        return [
            connection.compare(DIRECTOR, "title", "directrice du budget"),
            connection.compare(DIRECTOR, "title", "Comptable"),
            connection.compare(DIRECTOR, "employeeNumber", "E-1") or connection.result["description"],
            connection.compare(f"cn=x,{BASE}", "cn", "x") or connection.result["description"],
            connection.extend.standard.who_am_i(),
        ]

    said = await ldap.run(act, AGENT)
    assert said == [True, False, "noSuchAttribute", "noSuchObject", f"dn:uid={AGENT},ou=Santé,{BASE}"]


async def test_nothing_is_written_here(people: People, ldap: Ldap) -> None:
    def act(connection: ldap3.Connection) -> list[str]:
        said = []
        for write in (
            lambda: connection.add(f"uid=x@gouv.tg,{BASE}", "inetOrgPerson", {"cn": "x", "sn": "x"}),
            lambda: connection.delete(DIRECTOR),
            lambda: connection.modify(DIRECTOR, {"title": [(ldap3.MODIFY_REPLACE, ["Autre"])]}),
            lambda: connection.modify_dn(DIRECTOR, "uid=y@gouv.tg"),
        ):
            write()
            said.append(connection.result["description"])
        return said

    assert await ldap.run(act, AGENT) == ["unwillingToPerform"] * 4


async def test_anybody_reads_the_root_and_the_schema_and_nothing_more(people: People, ldap: Ldap) -> None:
    def act(connection: ldap3.Connection) -> list[Any]:
        connection.search("", "(objectClass=*)", ldap3.BASE, attributes=["*", "+"])
        root = connection.response[0]["attributes"]
        connection.search(root["subschemaSubentry"], "(objectClass=subschema)", ldap3.BASE, attributes=["*", "+"])
        schema = connection.response[0]["attributes"]
        connection.search(BASE, "(objectClass=*)")
        nothing = (connection.result["description"], connection.response)
        return [root["namingContexts"], len(schema["attributeTypes"]) > 20, nothing]

    assert await ldap.run(act) == [[BASE], True, ("insufficientAccessRights", [])]
    # What ldap3 makes of the schema: every attribute and class is understood.
    connection = ldap.connection(AGENT)
    connection.server.get_info = ldap3.ALL
    connection.server._get_info = ldap3.ALL
    await asyncio.to_thread(connection.open)
    await asyncio.to_thread(connection.bind)
    assert "inetOrgPerson" in connection.server.schema.object_classes
    assert "telephoneNumber" in connection.server.schema.attribute_types
    await asyncio.to_thread(connection.unbind)
