"""Scripts of accounts that are suspended: of agents who left, or whose password was stolen."""

import pytest

from services.mail.domain.envelope import Result
from tests.mail.sieve.conftest import OTHER, OUTSIDE, Scripted, written


@pytest.mark.parametrize(
    "script",
    [
        f'redirect "{OUTSIDE}";',
        f'redirect "{OTHER}";',
        f'require ["copy", "enotify"]; redirect :copy "{OUTSIDE}"; notify "mailto:{OUTSIDE}";',
        'require "vacation"; vacation "Absent";',
        'require "reject"; reject "Non";',
        "discard;",
    ],
)
async def test_whoever_left_forwards_answers_and_discards_nothing(scripted: Scripted, script: str) -> None:
    await scripted.script(script)
    scripted.house.people.suspended = {scripted.owner}
    assert (await scripted.receive(written("Après"))).result is Result.DELIVERED
    assert await scripted.subjects() == ["Après"]
    assert await scripted.queued() == []
    assert await scripted.messages(owner="01JSECOND") == await scripted.messages(owner="01JCHEF") == []


async def test_scripts_run_again_for_who_is_restored(scripted: Scripted) -> None:
    await scripted.script(f'redirect "{OUTSIDE}";')
    scripted.house.people.suspended = {scripted.owner}
    await scripted.receive(written("Avant"))
    scripted.house.people.suspended = set()
    await scripted.receive(written("Après"))
    assert await scripted.subjects() == ["Avant"]
    assert len(await scripted.queued()) == 1
