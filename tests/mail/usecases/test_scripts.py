"""An account's Sieve scripts: names, limits, which one is active, and that they go with the account."""

import asyncio
import json
from datetime import date, timedelta

import pytest

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound
from services.mail.domain.rules import Rules, Vacation
from services.mail.domain.rules_script import sieve_of
from services.mail.domain.scripts import (
    MANAGED,
    MOST,
    TOGETHER,
    NoRoomForScript,
    ScriptActive,
    Scripts,
    TooManyScripts,
    script_name,
)
from services.mail.domain.sieve import MAX_SCRIPT
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.personal_data import export_personal_data
from services.mail.usecases.rules import put_rules
from services.mail.usecases.scripts import activate_script, delete_script, get_script, list_scripts, rename_script
from tests.mail.house import House

KEEP = b"keep;\r\n"


async def have(house: House, owner: str, *names: str) -> None:
    seen = await house.mail.store.scripts.of(owner)
    kept = Scripts(seen.version, seen.active, {**seen.sources, **dict.fromkeys(names, KEEP)})
    assert await house.mail.store.scripts.keep(owner, seen, kept)


async def test_one_script_at_most_is_active_and_delivery_reads_that_one(house: House, owner: str) -> None:
    store = house.mail.store.scripts
    assert await store.active(owner) is None
    await have(house, owner, "tri", "absence")
    assert await store.active(owner) is None
    await activate_script(house.mail, owner, "tri")
    first = await store.active(owner)
    assert first is not None
    assert (first.name, first.source) == ("tri", KEEP)
    await activate_script(house.mail, owner, "absence")
    second = await store.active(owner)
    assert second is not None
    assert (second.name, second.version) == ("absence", first.version + 1)
    with pytest.raises(NotFound):
        await activate_script(house.mail, owner, "autre")
    assert (await list_scripts(house.mail, owner)).active == "absence"
    await activate_script(house.mail, owner, "")
    assert await store.active(owner) is None
    assert await store.active("01JSOMEBODYELSE") is None


async def test_the_active_script_is_renamed_and_not_deleted(house: House, owner: str) -> None:
    await have(house, owner, "tri", "absence")
    await activate_script(house.mail, owner, "tri")
    with pytest.raises(ScriptActive):
        await delete_script(house.mail, owner, "tri")
    with pytest.raises(AlreadyExists):
        await rename_script(house.mail, owner, "tri", "absence")
    await rename_script(house.mail, owner, "tri", "Tri du bureau")
    active = await house.mail.store.scripts.active(owner)
    assert active is not None
    assert active.name == "Tri du bureau"
    await delete_script(house.mail, owner, "absence")
    for act in (delete_script(house.mail, owner, "absence"), rename_script(house.mail, owner, "absence", "x")):
        with pytest.raises(NotFound):
            await act
    with pytest.raises(NotFound):
        await get_script(house.mail, owner, "absence")
    assert await get_script(house.mail, owner, "Tri du bureau") == KEEP


async def test_changes_at_once_are_all_kept(house: House, owner: str) -> None:
    names = [f"n{number}" for number in range(5)]
    await have(house, owner, *names)
    await asyncio.gather(*(rename_script(house.mail, owner, name, f"{name} bis") for name in names))
    assert (await list_scripts(house.mail, owner)).sources.keys() == {f"{name} bis" for name in names}


def test_limits_of_number_and_size() -> None:
    full = Scripts(sources={f"n{number}": KEEP for number in range(MOST)})
    with pytest.raises(TooManyScripts):
        full.put("new", KEEP)
    assert full.put("n0", b"stop;").source("n0") == b"stop;"
    pieces = {f"n{number}": bytes(MAX_SCRIPT) for number in range(TOGETHER // MAX_SCRIPT)}
    for name, size in (("new", 1), ("n0", MAX_SCRIPT + 1)):
        with pytest.raises(NoRoomForScript):
            Scripts(sources=pieces).put(name, bytes(size))
    assert Scripts(sources=pieces).put("n0", bytes(MAX_SCRIPT)).sources == pieces


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00", "a\x7fb", "a\u0085b", "a\u2028b", "a\u2029", "x" * 129])
async def test_names_that_cannot_be_shown_are_refused(house: House, owner: str, name: str) -> None:
    with pytest.raises(InvalidInput):
        script_name(name)
    with pytest.raises(InvalidInput):
        await get_script(house.mail, owner, name)


def test_a_name_is_the_same_however_its_accents_are_written() -> None:
    assert script_name("re\u0301ponse") == script_name("r\u00e9ponse")
    assert script_name("é" * 128) == "é" * 128


async def test_the_script_of_the_rules_is_changed_by_them_alone(house: House, owner: str) -> None:
    await have(house, owner, MANAGED, "tri")
    for act in (
        delete_script(house.mail, owner, MANAGED),
        rename_script(house.mail, owner, MANAGED, "mien"),
        rename_script(house.mail, owner, "tri", MANAGED),
    ):
        with pytest.raises(Forbidden):
            await act
    assert await get_script(house.mail, owner, MANAGED) == KEEP


async def test_scripts_are_a_persons_data_and_go_with_the_account(house: House, owner: str) -> None:
    await have(house, owner, "tri", "absence")
    await have(house, "01JSOMEBODYELSE", "tri")
    off = Vacation(False, "Absent", "Je reviens.", date(2026, 8, 1))
    await put_rules(house.mail, owner, Rules(vacation=off))
    await activate_script(house.mail, owner, "tri")
    await export_personal_data(house.mail, "r1", owner)
    (notice,) = await house.database["notices"].find({"pending": 1}).to_list(5)
    told = json.loads(json.loads(notice["outbox"][0]["body"])["data"]["document"])
    assert told["scripts"] == [
        {"name": "absence", "active": False, "script": "keep;\r\n"},
        {"name": "tri", "active": True, "script": "keep;\r\n"},
        {"name": MANAGED, "active": False, "script": sieve_of(Rules(), ()).decode()},
    ]
    assert told["rules"]["vacation"]["text"] == "Je reviens."
    assert told["rules"]["vacation"]["first"] == "2026-08-01"
    await begin_erasure(house.mail, owner)
    # Looked at until nothing was found.
    for _ in range(2):
        assert await erase_due(house.mail) == 1
        house.clock.advance(seconds=timedelta(minutes=11).total_seconds())
    assert await erase_due(house.mail) == 0
    assert await house.database["scripts"].count_documents({"_id": owner}) == 0
    with pytest.raises(NotFound):
        await rename_script(house.mail, owner, "tri", "x")
    assert (await list_scripts(house.mail, "01JSOMEBODYELSE")).sources == {"tri": KEEP}
