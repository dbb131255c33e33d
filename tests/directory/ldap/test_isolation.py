"""LDAP, probed attribute by attribute as another ministry's people would.

What the national address book shows every agent of who is listed is written down here; an attribute that is not in
the table fails. Nothing else is found by any filter, nor read, nor told to exist.
"""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ldap3
import pytest
from ldap3.utils.conv import escape_filter_chars
from ulid import ULID
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import organisation_pb2 as organisation

from services.directory.ldap import schema
from services.directory.ldap.collectives import CollectiveView
from services.directory.ldap.views import PersonView, UnitView
from tests.directory.conftest import PASSWORD, Land, Person, Stack
from tests.directory.ldap.conftest import BASE, Ldap
from tests.directory.walking import World, world_of

# What every agent reads of people and units that are listed; of people, only who administers them; of the server
# itself, anybody; what nobody has, so that no filter by it finds anybody.
EVERYBODYS, ADMINISTRATORS, SERVERS, NOBODYS = "everybody", "administrators", "the server's", "nobody"
MINISTRYS = "the own ministry"
ATTRIBUTES = {
    **dict.fromkeys((
        "objectClass", "uid", "cn", "sn", "givenName", "displayName", "mail", "telephoneNumber", "mobile", "title",
        "ou", "o", "dc", "l", "businessCategory", "departmentNumber", "employeeType", "preferredLanguage", "entryUUID",
        "entryDN", "createTimestamp", "modifyTimestamp", "structuralObjectClass", "hasSubordinates",
        "subschemaSubentry", "roleOccupant", "jpegPhoto",
    ), EVERYBODYS),
    # Of groups: whoever sees the group's unit, of its members those that it sees.
    **dict.fromkeys(("member", "memberOf", "description"), MINISTRYS),
    "employeeNumber": ADMINISTRATORS,
    **dict.fromkeys((
        "namingContexts", "supportedLDAPVersion", "supportedControl", "supportedExtension", "supportedFeatures",
        "supportedSASLMechanisms", "attributeTypes", "objectClasses", "vendorName",
    ), SERVERS),
    **dict.fromkeys((
        "initials", "street", "st", "postalCode", "postalAddress", "physicalDeliveryOfficeName",
        "facsimileTelephoneNumber", "homePhone", "pager",
    ), NOBODYS),
}  # fmt: skip
PROFILE = {
    "given_name": "Prénom-{}", "family_name": "Famille-{}", "title": "Poste-{}", "grade": "Grade-{}",
    "place": "Lieu-{}", "phone": "+228 22 00 {}", "mobile": "+228 90 00 {}", "language": "fr",
}  # fmt: skip


@dataclass
class Probed:
    """The world, and accounts that are not listed, each for a reason of its own; all in health's units."""

    world: World
    unlisted: dict[str, pb.Account]
    hidden_unit: pb.Unit
    retired: str


@pytest.fixture
async def probed(stack: Stack, land: Land, administrator: Person) -> Probed:
    world = await world_of(stack, administrator, land)
    request = pb.CreateUnitRequest(
        unit=pb.Unit(name="Service réservé", kind=pb.UNIT_KIND_OFFICE, parent_id=land.health.id)
    )
    unit = await stack.cli.units.CreateUnit(request, **administrator.said)
    hiding = pb.UpdateUnitRequest(unit=pb.Unit(id=unit.id, hidden=True))
    hiding.update_mask.paths.append("hidden")
    await stack.cli.units.UpdateUnit(hiding, **administrator.said)
    unlisted = {
        why: await _opened(stack, administrator, number, unit.id if why == "unit" else land.health.id)
        for number, why in enumerate(("hidden", "suspended", "unit"), 4711)
    }
    await stack.update(administrator, pb.Account(id=unlisted["hidden"].id, hidden=True), "hidden")
    suspending = pb.SuspendAccountRequest(id=unlisted["suspended"].id)
    await stack.cli.accounts.SuspendAccount(suspending, **administrator.said)
    old = await stack.person(administrator, "ancienne.adresse@sante.gouv.tg", land.health.id)
    changing = organisation.ChangeAddressRequest(id=old.account.id, address="nouvelle.adresse@sante.gouv.tg")
    await stack.cli.organisation.ChangeAddress(changing, **administrator.said)
    return Probed(world, unlisted, unit, old.account.address)


async def _opened(stack: Stack, by: Person, number: int, unit: str) -> pb.Account:
    profile = pb.Profile(**{name: text.format(number) for name, text in PROFILE.items()})
    account = pb.Account(
        address=f"reserve{number}@sante.gouv.tg", aliases=[f"autre{number}@sante.gouv.tg"], profile=profile,
        display_name=f"Réservé {number}", unit_id=unit, staff_number=f"MS-{number}",
    )  # fmt: skip
    return await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=account), **by.said)


def test_every_attribute_is_in_the_table() -> None:
    assert ATTRIBUTES.keys() == {each.name for each in schema.ATTRIBUTES}
    read = {name for name, whose in ATTRIBUTES.items() if whose in (EVERYBODYS, MINISTRYS, ADMINISTRATORS)}
    assert {*PersonView.attributes, *UnitView.attributes, *CollectiveView.attributes} <= read


def _values(account: pb.Account, unit_name: str) -> dict[str, str]:
    """What an entry of this account would hold."""
    profile = account.profile
    return {
        "uid": account.address, "cn": account.display_name, "sn": profile.family_name, "givenName": profile.given_name,
        "displayName": account.display_name, "mail": account.aliases[0], "telephoneNumber": profile.phone,
        "mobile": profile.mobile, "title": profile.title, "ou": unit_name, "l": profile.place,
        "departmentNumber": account.unit_id, "employeeType": profile.grade, "employeeNumber": account.staff_number,
        "entryUUID": str(uuid.UUID(bytes=ULID.from_str(account.id).bytes)), "preferredLanguage": "fr",
        "entryDN": f"uid={account.address},ou={unit_name},ou=Santé,{BASE}", "description": account.display_name,
        "objectClass": "inetOrgPerson",
    }  # fmt: skip


def _filters(name: str, value: str) -> Iterator[str]:
    text = escape_filter_chars(value)
    yield f"({name}={text})"
    yield f"({name}={text[:6]}*)"
    yield f"({name}=*{text[-4:]})"
    yield f"({name}~={text})"
    yield f"({name}:=*)"
    yield f"({name}>={text})"
    yield f"({name}=*)"
    yield f"(!({name}={text}x))"


def _found(connection: ldap3.Connection, wanted: str, base: str = BASE, **more: Any) -> tuple[str, dict[str, Any]]:
    connection.search(base, wanted, more.pop("scope", ldap3.SUBTREE), attributes=["*", "+"], **more)
    answers = [each for each in connection.response or [] if each["type"] == "searchResEntry"]
    shown = {each["dn"]: {name: list(values) for name, values in each["raw_attributes"].items()} for each in answers}
    return connection.result["description"], shown


async def test_who_is_not_listed_is_found_by_no_attribute_whoever_asks(probed: Probed, ldap: Ldap) -> None:
    accounts = list(probed.unlisted.values())
    marks = [
        mark for each in accounts for mark in (each.address, each.aliases[0], each.display_name, each.staff_number)
    ]
    marks += [
        probed.hidden_unit.name,
        probed.hidden_unit.id,
        probed.retired,
        probed.world.victim.group_name,
    ]

    def act(connection: ldap3.Connection) -> list[str]:
        wrong = []
        asked = {
            text for each in accounts for pair in _values(each, "Service réservé").items() for text in _filters(*pair)
        }
        asked |= {f"({name}=*)" for name in ATTRIBUTES} | {f"(mail={probed.retired})", "(cn=Groupe*)"}
        for text in sorted(asked):
            _, shown = _found(connection, text)
            wrong += [f"{text}: {mark}" for mark in marks if mark in str(_plain(shown))]
        return wrong

    for who in ("administrator", "agent"):
        assert await ldap.run(act, probed.world.walkers[who].account.address) == []


def _plain(shown: dict[str, Any]) -> dict[str, Any]:
    return {
        dn: {name: [value.decode("utf-8", "replace") for value in values] for name, values in each.items()}
        for dn, each in shown.items()
    }


async def test_who_is_not_listed_does_not_exist_by_name_either(probed: Probed, ldap: Ldap) -> None:
    reserved = probed.hidden_unit.name
    places = {
        **{
            f"uid={each.address},ou=Santé,{BASE}": f"uid=personne@sante.gouv.tg,ou=Santé,{BASE}"
            for each in probed.unlisted.values()
        },
        f"ou={reserved},ou=Santé,{BASE}": f"ou=Service absent,ou=Santé,{BASE}",
        f"uid={probed.unlisted['unit'].address},ou={reserved},ou=Santé,{BASE}": f"uid=x@y.tg,ou=Santé,{BASE}",
        f"uid={probed.retired},ou=Santé,{BASE}": f"uid=personne@sante.gouv.tg,ou=Santé,{BASE}",
    }  # fmt: skip

    def act(connection: ldap3.Connection) -> list[str]:
        wrong = []
        for theirs, nobodys in places.items():
            for scope in (ldap3.BASE, ldap3.LEVEL, ldap3.SUBTREE):
                answers = [_found(connection, "(objectClass=*)", base, scope=scope) for base in (theirs, nobodys)]
                if answers[0] != answers[1] or answers[0] != ("noSuchObject", {}):
                    wrong.append(f"{theirs}: {answers}")
            for attribute in ATTRIBUTES:
                told = []
                for base in (theirs, nobodys):
                    connection.compare(base, attribute, "x")
                    told.append((connection.result["description"], connection.result["dn"]))
                if told[0] != told[1]:
                    wrong.append(f"{theirs} {attribute}: {told}")
        return wrong

    for who in ("administrator", "agent"):
        assert await ldap.run(act, probed.world.walkers[who].account.address) == []


async def test_what_is_not_everybodys_of_who_is_listed_is_not_told_by_any_filter(probed: Probed, ldap: Ldap) -> None:
    """Of the victim, who is listed: its staff number by equality, beginning, end, order, likeness and absence."""
    world = probed.world
    protected = {"employeeNumber": (world.victim.staff_number, world.twin.staff_number)}
    assert protected.keys() == {name for name, whose in ATTRIBUTES.items() if whose == ADMINISTRATORS}

    def act(connection: ldap3.Connection) -> list[str]:
        wrong = []
        _, shown = _found(connection, f"(uid={world.victim.address})")
        [(name, entry)] = shown.items()
        wrong += [f"shows {each}" for each in entry if ATTRIBUTES.get(each) != EVERYBODYS]
        for attribute, (value, other) in protected.items():
            oid = next(each.oid for each in schema.ATTRIBUTES if each.name == attribute)
            for spelled in (attribute, attribute.upper(), oid):
                for theirs, nobodys in zip(_filters(spelled, value), _filters(spelled, other), strict=True):
                    whole, twin = (f"(&(uid={world.victim.address}){text})" for text in (theirs, nobodys))
                    told = _found(connection, whole)
                    # Who has no such value passes every negation, and nothing else.
                    if told != _found(connection, twin) or bool(told[1]) != theirs.startswith("(!"):
                        wrong.append(f"{whole} tells")
                connection.search(name, "(objectClass=*)", ldap3.BASE, attributes=[spelled])
                wrong += [f"{spelled} is read" for each in connection.response if each.get("raw_attributes")]
            connection.compare(name, attribute, value)
            wrong += ["compare tells"] if connection.result["description"] != "noSuchAttribute" else []
        return wrong

    for person in world.walkers.values():
        assert await ldap.run(act, person.account.address) == []


async def test_the_control_its_own_administrator_does_see_it(probed: Probed, ldap: Ldap) -> None:
    victim = probed.world.victim

    def act(connection: ldap3.Connection) -> Any:
        return _plain(_found(connection, f"(employeeNumber={victim.staff_number})")[1])

    shown = await ldap.run(act, "admin@sante.gouv.tg", PASSWORD)
    assert [each["employeeNumber"] for each in shown.values()] == [[victim.staff_number]]
    assert await asyncio.wait_for(ldap.run(act, "admin@economie.gouv.tg", PASSWORD), 20) == {}
