"""An administration of any size, made of syllables: nobody's names, but as many different ones as people have."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.ids import new_id
from services.directory.domain.accounts import ADMINISTRATOR, Account, Credential, Profile, RoleGrant
from services.directory.domain.units import DIRECTORATE, MINISTRY, OFFICE, Unit
from services.directory.usecases.context import Directory

MINISTRIES, DIRECTORATES, OFFICES = 40, 3, 3
_SYLLABLES = (
    "ko fi a me gn ran do gbe ya o ab la se na kou ma wo ti le bi sa ga dze ku me tse vi de su ka lo pa".split()
)
_TITLES = (
    "Directeur", "Chef de service", "Chef de bureau", "Secrétaire", "Comptable", "Agent", "Inspecteur des impôts",
    "Infirmière", "Enseignant", "Conseillère technique",
)  # fmt: skip
_BATCH = 1000


@dataclass
class Population:
    """Who there is, and what they are called."""

    offices: list[Unit]
    accounts: list[Account]


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize()


async def _open(directory: Directory, name: str, kind: str, above: Unit | None = None) -> Unit:
    own = new_id()
    unit = Unit(own, name, kind, (*(above.path if above is not None else ()), own))
    while not await directory.units.insert(unit, [], await directory.tree.refresh()):
        pass
    return unit


async def _units(directory: Directory, chance: random.Random) -> list[Unit]:
    offices = []
    for first in range(MINISTRIES):
        ministry = await _open(directory, f"Ministère {first + 1} de {_name(chance)} et de {_name(chance)}", MINISTRY)
        for second in range(DIRECTORATES):
            named = f"Direction {second + 1} de {_name(chance)}"
            directorate = await _open(directory, named, DIRECTORATE, ministry)
            for third in range(OFFICES):
                offices.append(await _open(directory, f"Bureau {third + 1} {_name(chance)}", OFFICE, directorate))
    return offices


def _account(number: int, chance: random.Random, office: Unit, given: str, family: str, encoded: str) -> Account:
    now = datetime.now(UTC)
    digits = f"{number:06}"
    return Account(
        id=new_id(),
        address=f"{given.lower()}.{family.lower()}{number}@ministere.gouv.tg",
        display_name=f"{given} {family}",
        created_at=now,
        changed_at=now,
        unit_path=office.path,
        staff_number=f"M{digits}",
        profile=Profile(
            given_name=given,
            family_name=family,
            title=chance.choice(_TITLES),
            place="Lomé",
            phone=f"+228 22 {digits[:2]} {digits[2:4]} {digits[4:]}",
            mobile=f"+228 90 {digits[:2]} {digits[2:4]} {digits[4:]}",
        ),
        roles=() if number else (RoleGrant(ADMINISTRATOR),),
        credential=Credential(new_id(), encoded) if encoded else None,
    )


async def populate(directory: Directory, count: int, password: str) -> Population:
    """Accounts spread over 40 ministries; the first has a password and administers all."""
    chance = random.Random(count)
    offices = await _units(directory, chance)
    given, family = [_name(chance) for _ in range(2_500)], [_name(chance) for _ in range(12_000)]
    encoded = await directory.hasher.hash(password)
    accounts: list[Account] = []
    for number in range(count):
        names = chance.choice(given), chance.choice(family)
        accounts.append(_account(number, chance, chance.choice(offices), *names, "" if number else encoded))
    for first in range(0, count, _BATCH):
        batch: Sequence[Account] = accounts[first : first + _BATCH]
        refused = await directory.accounts.insert_many([(account, []) for account in batch])
        assert not refused, refused
    return Population(offices, accounts)
