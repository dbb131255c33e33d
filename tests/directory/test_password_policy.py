"""Which passwords are refused: common ones, what is known of their owner, those of before."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import InvalidInput
from services.directory.domain import passwords
from tests.directory.conftest import PASSWORD, Land, Person, Stack


@pytest.mark.parametrize(
    "password",
    [
        "motdepasse123", "Motdepasse2024!", "azertyuiop12", "AZERTYUIOP123", "qwertyuiop12", "password1234",
        "administrateur", "Administrateur1", "Bonjour2024!!", "soleil soleil", "lome togo 2024", "TogoLomé2025!",
        "République1960", "ministère2024", "économie-togo", "aaaabbbbcccc", "123456789012", "abcdefghijkl",
        "27041960 1960", "gouv.tg gouv.tg", "travailliberte", "P@ssw0rd1234", "jetaime12345",
    ],
)  # fmt: skip
def test_common_passwords_are_refused_in_french_and_english(password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        passwords.accepted(password, "agent@gouv.tg", "new_password")
    assert refusal.value.fields == {"new_password": "too easy"}


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery", "le coq chante sous la pluie d'acier", "Lomé, été à midi", "xk7Qz-9vLp2m",
        "trois girafes boivent du bissap", "été" * 3 + "-Zg7!kq",
    ],
)  # fmt: skip
def test_passphrases_are_accepted(password: str) -> None:
    assert passwords.accepted(password, "agent@gouv.tg") == password


@pytest.mark.parametrize(
    "password", ["tresorier.principal", "Greffière Zinsou", "zinsou-greffiere", "MS-0777-MS-0777", "conservation1"]
)
def test_what_is_known_of_the_owner_is_refused(password: str) -> None:
    known = ("Greffière Zinsou", "MS-0777", "Conservation foncière")
    with pytest.raises(InvalidInput):
        passwords.accepted(password, "tresorier.principal@finances.gouv.tg", known=known)


async def set_own(stack: Stack, person: Person, current: str, new: str) -> Person:
    request = pb.SetPasswordRequest(current_password=current, new_password=new)
    await stack.gateway.accounts.SetPassword(request, **person.said)
    return Person(person.account, await stack.log_in(person.account.address, new))


async def test_a_new_password_is_none_of_the_last_five(stack: Stack, land: Land) -> None:
    person, used = land.economy_agent, [PASSWORD]
    for number in range(5):
        with pytest.raises(InvalidInput) as refusal:
            await set_own(stack, person, used[-1], used[-1])
        assert refusal.value.fields == {"new_password": "used before"}
        used.append(f"entirely new one, number {number}")
        person = await set_own(stack, person, used[-2], used[-1])
    for earlier in used[1:]:
        with pytest.raises(InvalidInput):
            await set_own(stack, person, used[-1], earlier)
    assert (await set_own(stack, person, used[-1], PASSWORD)).session.access_token


async def test_the_ministrys_name_is_no_password_of_its_agents(stack: Stack, land: Land, administrator: Person) -> None:
    unit = await stack.unit(administrator, "Hydrocarbures raffinés", pb.UNIT_KIND_DIRECTORATE, land.economy.id)
    agent = await stack.person(administrator, "hydro@economie.gouv.tg", unit.id)
    request = pb.SetPasswordRequest(id=agent.account.id, new_password="hydrocarbures raffines")
    with pytest.raises(InvalidInput):
        await stack.cli.accounts.SetPassword(request, **land.economy_administrator.said)


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=300))
def test_whatever_is_typed_is_accepted_or_refused_naming_the_field(password: str) -> None:
    named: dict[str, str] = {}
    try:
        assert passwords.possible(passwords.accepted(password, "agent@gouv.tg"))
    except InvalidInput as refusal:
        named = refusal.fields
    assert named.keys() <= {"password"}
