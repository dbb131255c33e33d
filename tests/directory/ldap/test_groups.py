"""Groups and functions by LDAP: who is shown what, who is in what; and results in an order, and photos."""

from io import BytesIO
from typing import Any

import ldap3
from ldap3.protocol.rfc2696 import paged_search_control
from ldap3.utils.conv import escape_filter_chars
from PIL import Image
from pyasn1.codec.ber import encoder
from pyasn1.type import namedtype, tag, univ
from workspace.directory.v1 import functions_pb2 as functions
from workspace.directory.v1 import groups_pb2 as groups

from tests.directory.conftest import Person, Stack
from tests.directory.ldap.conftest import BASE, Ldap, People
from tests.directory.ldap.test_search import AGENT, DIRECTOR, TREASURY, names, search
from tests.directory.test_address_book import until
from tests.directory.test_photos import set_photo, stack

ECONOMIST = "agent@economie.gouv.tg"
SORT, SORTED = "1.2.840.113556.1.4.473", "1.2.840.113556.1.4.474"


__all__ = ["stack"]


async def group(stack: Stack, by: Person, name: str, unit: str, *members: str, **more: Any) -> groups.Group:
    nested = more.pop("holding", ())
    wanted = groups.Group(name=name, unit_id=unit, **more)
    request = groups.CreateGroupRequest(group=wanted, account_ids=members, group_ids=nested)
    return await stack.cli.groups.CreateGroup(request, **by.said)


def texts(values: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [value.decode() for value in each] for name, each in values.items()}


async def settled(ldap: Ldap, count: int, by: str = ECONOMIST) -> None:
    async def yes() -> bool:
        return (
            len((await search(ldap, "(|(objectClass=groupOfNames)(objectClass=organizationalRole))", by=by))[1])
            == count
        )

    await until(yes)


async def test_groups_have_members_and_people_what_they_are_members_of(
    stack: Stack, people: People, ldap: Ldap, administrator: Person
) -> None:
    land = people.land
    team = await group(
        stack,
        administrator,
        "Cellule (paie)",
        land.treasury.id,
        people.director.id,
        people.clerk.id,
        description="Paie",
    )
    above = await group(stack, administrator, "Comité", land.economy.id, holding=[team.id])
    rule = groups.GroupRule(unit_id=land.treasury.id)
    await group(stack, administrator, "Tout le Trésor", land.economy.id, rule=rule)
    await group(stack, administrator, "Au-dessus", land.economy.id, holding=[above.id])
    await settled(ldap, 4)
    named = f"cn=Cellule (paie),{TREASURY}"
    result, found = await search(ldap, "(cn=cellule*)", attributes=["*"], by=ECONOMIST)
    assert result == "success"
    # The clerk is another ministry's, and not this agent's to see in a group.
    assert texts(found[named]) == {
        "objectClass": ["top", "groupOfNames"], "cn": ["Cellule (paie)"], "description": ["Paie"], "ou": ["Trésor"],
        "o": ["Économie"], "member": [DIRECTOR],
    }  # fmt: skip
    _, found = await search(
        ldap, "(objectClass=*)", base=named, scope=ldap3.BASE, attributes=["member"], by="admin@gouv.tg"
    )
    assert len(found[named]["member"]) == 2
    committee = f"cn=Comité,ou=Économie,{BASE}"
    _, found = await search(ldap, f"(member={escape_filter_chars(named)})", attributes=["member"], by=ECONOMIST)
    assert {name: texts(each)["member"] for name, each in found.items()} == {committee: [named]}
    _, found = await search(ldap, "(uid=directrice.budget@economie.gouv.tg)", attributes=["memberOf"], by=ECONOMIST)
    # What holds a group of hers is hers as well, one level up.
    ruled = f"cn=Tout le Trésor,ou=Économie,{BASE}"
    assert sorted(texts(found[DIRECTOR])["memberOf"]) == sorted([named, committee, ruled])
    director = "directrice.budget@economie.gouv.tg"
    assert await names(ldap, f"(memberOf={escape_filter_chars(named)})", by=ECONOMIST) == [director]
    assert await names(ldap, f"(memberOf={committee.upper()})", by=ECONOMIST) == [director]
    assert sorted(await names(ldap, f"(memberOf={ruled})", by=ECONOMIST)) == [ECONOMIST, director]
    assert await names(ldap, "(memberOf=nonsense)", by=ECONOMIST) == []
    # It is operational: not among all attributes, as with others' servers.
    _, found = await search(ldap, f"(uid={director})", attributes=["*"], by=ECONOMIST)
    assert "memberOf" not in found[DIRECTOR]
    assert await ldap.run(lambda c: c.compare(named, "member", DIRECTOR), ECONOMIST) is True


async def test_groups_of_another_ministry_do_not_exist(
    stack: Stack, people: People, ldap: Ldap, administrator: Person
) -> None:
    land = people.land
    await group(stack, administrator, "Cellule", land.treasury.id, people.director.id)
    await group(stack, administrator, "Nationale", "", people.director.id, people.clerk.id)
    await settled(ldap, 2)
    named = f"cn=Cellule,{TREASURY}"
    for wanted in ("(cn=cellule)", "(objectClass=groupOfNames)", f"(member={DIRECTOR})", "(description=*)"):
        assert named not in (await search(ldap, wanted))[1], wanted
    for base in (named, f"cn=Aucune,{TREASURY}"):
        result, found = await search(ldap, "(objectClass=*)", base=base, scope=ldap3.BASE)
        assert (result, found) == ("noSuchObject", {})
    assert await names(ldap, f"(memberOf={named})") == []
    _, found = await search(ldap, "(cn=nationale)", attributes=["member"])
    # Of the whole administration's group, the members of the own ministry.
    assert [name.partition(",")[0] for name in texts(found[f"cn=Nationale,{BASE}"])["member"]] == [
        "uid=commis@sante.gouv.tg"
    ]
    result, found = await search(ldap, "(uid=directrice*)", attributes=["memberOf"])
    assert found == {DIRECTOR: {}}


async def test_functions_are_found_with_who_holds_them(
    stack: Stack, people: People, ldap: Ldap, administrator: Person
) -> None:
    wanted = functions.Function(
        address="budget@economie.gouv.tg", title="Directeur du budget", unit_id=people.land.treasury.id,
        holder_ids=[people.director.id],
    )  # fmt: skip
    await stack.cli.functions.CreateFunction(functions.CreateFunctionRequest(function=wanted), **administrator.said)
    await settled(ldap, 1, AGENT)
    named = f"cn=budget@economie.gouv.tg,{TREASURY}"
    for asked in ("(mail=budget@economie.gouv.tg)", "(cn=directeur du budget)", "(objectClass=organizationalRole)"):
        _, found = await search(ldap, asked, attributes=["*"])
        assert texts(found[named]) == {
            "objectClass": ["top", "organizationalRole", "extensibleObject"], "ou": ["Trésor"], "o": ["Économie"],
            "cn": ["Directeur du budget", "budget@economie.gouv.tg"], "mail": ["budget@economie.gouv.tg"],
            "roleOccupant": [DIRECTOR],
        }  # fmt: skip
    result, found = await search(ldap, "(objectClass=*)", base=named, scope=ldap3.BASE, attributes=["entryUUID"])
    assert (result, list(found)) == ("success", [named])
    one = await search(ldap, "(objectClass=*)", base=TREASURY, scope=ldap3.LEVEL)
    assert named in one[1]


class _Key(univ.Sequence):
    componentType = namedtype.NamedTypes(  # noqa: N815 - as pyasn1 has it
        namedtype.NamedType("attributeType", univ.OctetString()),
        namedtype.OptionalNamedType(
            "orderingRule", univ.OctetString().subtype(implicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatSimple, 0))
        ),
        namedtype.DefaultedNamedType(
            "reverseOrder",
            univ.Boolean(False).subtype(implicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatSimple, 1)),
        ),
    )


def sorting(*keys: str, critical: bool = True) -> tuple[str, bool, bytes]:
    """A control as another codec writes it: attributes, "-" before one from the highest, ":rule" behind it."""
    listed = univ.SequenceOf(componentType=_Key())
    for place, key in enumerate(keys):
        name, _, rule = key.removeprefix("-").partition(":")
        each = _Key()
        each["attributeType"] = name
        if rule:
            each["orderingRule"] = rule
        if key.startswith("-"):
            each["reverseOrder"] = True
        listed[place] = each
    return SORT, critical, encoder.encode(listed)


async def in_order(
    ldap: Ldap, control: tuple[str, bool, bytes], wanted: str = "(objectClass=person)", size: int = 0
) -> Any:
    """The result, the addresses in the order of the answer, and what came of sorting."""

    def act(connection: ldap3.Connection) -> Any:
        connection.search(BASE, "(objectClass=person)", attributes=["uid"], controls=[control], size_limit=size)
        found = [each["attributes"]["uid"][0] for each in connection.response if each["type"] == "searchResEntry"]
        raw = connection.result.get("controls", {}).get(SORTED, {})
        # SEQUENCE { ENUMERATED, ...
        code = raw["value"][4] if raw else None
        return connection.result["description"], found, code

    return await ldap.run(act, AGENT)


async def test_results_come_in_the_order_that_is_asked_for(people: People, ldap: Ldap) -> None:
    result, found, code = await in_order(ldap, sorting("uid"))
    assert (result, code) == ("success", 0)
    assert found == sorted(found)
    assert (await in_order(ldap, sorting("-uid")))[1] == found[::-1]
    assert (await in_order(ldap, sorting("uid:caseIgnoreOrderingMatch")))[1] == found
    assert (await in_order(ldap, sorting("uid:2.5.13.2")))[1] == found
    result, first, code = await in_order(ldap, sorting("uid"), size=2)
    assert (result, first, code) == ("sizeLimitExceeded", found[:2], 0)
    # Who has none comes last, from the highest first (RFC 2891 §2.2).
    titled = (await in_order(ldap, sorting("title", "uid")))[1]
    assert titled[:2] == ["commis@sante.gouv.tg", "directrice.budget@economie.gouv.tg"]
    assert (await in_order(ldap, sorting("-title", "uid")))[1][-2:] == titled[1::-1]
    for wrong, said in (("nonsense", 16), ("jpegPhoto", 18), ("uid:booleanMatch", 18)):
        result, found, code = await in_order(ldap, sorting(wrong))
        assert (result, found, code) == ("unavailableCriticalExtension", [], said), wrong
        result, found, code = await in_order(ldap, sorting(wrong, critical=False))
        assert (result, len(found), code) == ("success", 7, said), wrong
    for broken in (b"", b"\x30\x00", b"\x30\x80", b"\x04\x01x", sorting(*["uid"] * 6)[2]):
        assert (await in_order(ldap, (SORT, True, broken)))[0] == "protocolError", broken


async def test_pages_keep_the_order(people: People, ldap: Ldap) -> None:
    def act(connection: ldap3.Connection) -> list[str]:
        found, cookie = [], b""
        while True:
            page = paged_search_control(True, 2, cookie)
            connection.search(BASE, "(objectClass=person)", attributes=["uid"], controls=[sorting("-uid"), page])
            found += [each["attributes"]["uid"][0] for each in connection.response if each["type"] == "searchResEntry"]
            cookie = connection.result["controls"]["1.2.840.113556.1.4.319"]["value"]["cookie"]
            if not cookie:
                return found

    found = await ldap.run(act, AGENT)
    assert len(found) == 7
    assert found == sorted(found, reverse=True)


async def test_a_photo_is_answered_where_it_is_asked_for_by_name(stack: Stack, people: People, ldap: Ldap) -> None:
    written = BytesIO()
    Image.new("RGB", (300, 300), "navy").save(written, "PNG")
    agent = people.land.economy_agent
    await set_photo(stack, agent, agent, written.getvalue())
    wanted = f"(&(uid={ECONOMIST})(jpegPhoto=*))"

    async def there() -> bool:
        return await names(ldap, wanted) == [ECONOMIST]

    await until(there)
    _, found = await search(ldap, wanted, attributes=["cn", "jpegPhoto"])
    [[photo]] = [each["jpegPhoto"] for each in found.values()]
    assert Image.open(BytesIO(photo)).size == (192, 192)
    for attributes in (["*"], ["*", "+"], ["cn"]):
        _, found = await search(ldap, wanted, attributes=attributes)
        assert all("jpegPhoto" not in each for each in found.values())
    _, found = await search(ldap, "(objectClass=person)", attributes=["jpegPhoto"])
    assert sum("jpegPhoto" in each for each in found.values()) == 1
    assert await names(ldap, "(jpegPhoto=x)") == []
    await stack.database["blobs"].delete_many({})
    _, found = await search(ldap, wanted, attributes=["cn", "jpegPhoto"])
    assert [sorted(each) for each in found.values()] == [["cn"]]
