"""`workspace letters`: a PDF that only its maker reads, and one line for what cannot be printed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pypdf
import pytest

from services.directory.usecases.activation_letters import prepare_letters
from tests.cli.conftest import Land, Person, Stack, Workspace
from tests.directory.test_letters import bare


@pytest.fixture
async def worker(stack: Stack) -> AsyncIterator[None]:
    """Prepares letters as directory's worker does."""

    async def work() -> None:
        while True:
            await prepare_letters(stack.directory)
            await asyncio.sleep(0.05)

    working = asyncio.create_task(work())
    yield
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_letters_are_printed_into_a_file_of_ones_own(
    stack: Stack, run: Workspace, operator: Person, land: Land, worker: None, tmp_path: Path
) -> None:
    output = tmp_path / "lettres.pdf"
    await bare(stack, operator, "un@economie.gouv.tg", land.treasury.id)
    await bare(stack, operator, "deux@economie.gouv.tg", land.economy.id)
    printed = await run("letters", "Économie/Trésor", "-o", str(output))
    assert (printed.code, printed.out) == (0, f"letters: 1 in {output}\n"), printed.err
    assert output.stat().st_mode & 0o777 == 0o600
    (page,) = pypdf.PdfReader(output).pages
    assert "un@economie.gouv.tg" in page.extract_text()
    named = await run("letters", "--account", "deux@economie.gouv.tg", "-o", str(output))
    assert named.code == 0, named.err
    assert "deux@economie.gouv.tg" in pypdf.PdfReader(output).pages[0].extract_text()


async def test_what_cannot_be_printed_is_one_line(
    run: Workspace, operator: Person, land: Land, worker: None, tmp_path: Path
) -> None:
    output = str(tmp_path / "lettres.pdf")
    assert (await run("letters", "-o", output)).code == 2
    for words in (("--account", "personne@economie.gouv.tg"), ("--account", "agent@economie.gouv.tg")):
        refused = await run("letters", *words, "-o", output)
        assert (refused.code, refused.err.count("\n")) == (1, 1), refused.err
    empty = await run("letters", "Santé", "-o", output)
    assert (empty.code, empty.out) == (0, "letters: 0\n"), empty.err
    assert not (tmp_path / "lettres.pdf").exists()
