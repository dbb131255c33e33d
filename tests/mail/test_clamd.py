"""A message is shown to clamd while it passes; a daemon of the test's own speaks its protocol."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chassis import clamd
from chassis.clamd import Clamd
from chassis.errors import Forbidden, TooLarge, Unavailable
from services.mail.usecases import store_source
from tests.mail.clam import EICAR, Daemon, listening
from tests.mail.house import House, chunked, letter


@pytest.mark.parametrize("where", [lambda _: None, lambda folder: folder / "clamd"])
async def test_what_is_clean_passes_and_what_is_not_is_refused(
    house: House, tmp_path: Path, where: Callable[[Path], Path | None]
) -> None:
    daemon = Daemon()
    async with listening(daemon, where(tmp_path)) as place:
        mail = replace(house.mail, malware=Clamd(place))
        clean = letter(body="Bonjour." * 1000)
        content = await store_source(mail, chunked(clean))
        assert content.size == len(clean)
        assert daemon.shown == [clean]
        with pytest.raises(Forbidden, match="Eicar-Test-Signature"):
            await store_source(mail, chunked(letter(body=EICAR.decode())))


async def test_a_daemon_that_is_away_or_says_nothing_of_use_lets_nothing_pass(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clamd, "VERDICT_SECONDS", 0.5)
    for daemon in (Daemon(silent=True), Daemon(answer=b"out of memory ERROR\0"), Daemon(answer=b"x" * 10_000)):
        async with listening(daemon) as place:
            with pytest.raises(Unavailable):
                await store_source(replace(house.mail, malware=Clamd(place)), chunked(letter()))
    with pytest.raises(Unavailable):
        await store_source(replace(house.mail, malware=Clamd(place)), chunked(letter()))


async def test_what_it_is_not_told_to_look_at_is_too_large(house: House) -> None:
    async with listening(Daemon(most=100_000)) as place:
        with pytest.raises(TooLarge):
            await store_source(replace(house.mail, malware=Clamd(place)), chunked(letter(body="x" * 3_000_000), 50_000))
