"""Activation letters on paper: prepared within the asker's units, sealed until printed, each code good once."""

import io
import json

import pypdf
import pytest
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import letters_pb2 as letters

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, TooManyRequests, Unauthenticated
from chassis.rpc.client import translated
from services.directory.usecases.activation_letters import prepare_letters
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_one_time_codes import NEW, activate, issue

READY, FAILED = letters.LETTER_BATCH_STATE_READY, letters.LETTER_BATCH_STATE_FAILED
NAME = "Kœssi Ɖogbé Ŋ ɖɛɣŋɔʋ"
ACTIVATION = 1


async def bare(stack: Stack, by: Person, address: str, unit: str, name: str = NAME) -> pb.Account:
    """An account that has no password yet."""
    wanted = pb.Account(address=address, display_name=name, unit_id=unit)
    return await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=wanted), **by.said)


async def create(stack: Stack, by: Person, unit: str = "", *accounts: str) -> letters.LetterBatch:
    request = letters.CreateLettersRequest(unit_id=unit, account_ids=accounts)
    return await stack.cli.letters.CreateLetters(request, **by.said)


async def prepared(stack: Stack, by: Person, unit: str = "", *accounts: str) -> letters.LetterBatch:
    batch = await create(stack, by, unit, *accounts)
    await prepare_letters(stack.directory)
    return await stack.cli.letters.GetLetters(letters.GetLettersRequest(id=batch.id), **by.said)


async def download(stack: Stack, by: Person, batch: letters.LetterBatch) -> list[str]:
    """The text of each page."""
    whole = b""
    with translated():
        async for piece in stack.cli.letters.DownloadLetters(letters.DownloadLettersRequest(id=batch.id), **by.said):
            assert piece.content_type == "application/pdf"
            whole += piece.data
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(whole)).pages]


def code_on(page: str) -> str:
    lines = page.splitlines()
    return next(line for line in lines if len(line) == 19 and line.count("-") == 3)


async def test_each_agent_without_a_password_has_a_page_and_its_code_activates_once(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    one = await bare(stack, by, "un@economie.gouv.tg", land.treasury.id)
    two = await bare(stack, by, "deux@economie.gouv.tg", land.economy.id, "Deuxième Agent")
    suspended = await bare(stack, by, "trois@economie.gouv.tg", land.economy.id)
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=suspended.id), **by.said)
    batch = await prepared(stack, by, land.economy.id)
    assert (batch.state, batch.letters, batch.more) == (READY, 2, False)
    pages = await download(stack, by, batch)
    assert len(pages) == 2
    page = next(each for each in pages if one.address in each)
    for said in (NAME, "Économie", "Trésor", "http://localhost:8080/activate", "valable jusqu’au", "In English"):
        assert said in page, page
    await activate(stack, code_on(page).upper())
    assert (await stack.log_in(one.address, NEW)).access_token
    with pytest.raises(Unauthenticated):
        await activate(stack, code_on(page), "another entirely new one")
    # Whoever has a password needs no letter any more.
    again = await prepared(stack, by, land.economy.id)
    assert again.letters == 1
    assert two.address in (await download(stack, by, again))[0]


async def test_a_new_letter_voids_the_one_before(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    account = await bare(stack, by, "un@economie.gouv.tg", land.treasury.id)
    first = code_on((await download(stack, by, await prepared(stack, by, "", account.id)))[0])
    second = code_on((await download(stack, by, await prepared(stack, by, "", account.id)))[0])
    with pytest.raises(Unauthenticated):
        await activate(stack, first)
    await issue(stack, by, account, ACTIVATION)
    with pytest.raises(Unauthenticated):
        await activate(stack, second)
    third = code_on((await download(stack, by, await prepared(stack, by, "", account.id)))[0])
    stack.clock.pass_by(days=31)
    with pytest.raises(Unauthenticated):
        await activate(stack, third)


async def test_pages_are_sealed_forgotten_soon_and_their_makers_alone(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by = land.economy_administrator
    account = await bare(stack, by, "un@economie.gouv.tg", land.treasury.id)
    batch = await prepared(stack, by, land.treasury.id)
    (page,) = await download(stack, by, batch)
    kept = []
    for name in await stack.database.list_collection_names():
        kept += [json.dumps(each, default=str) async for each in stack.database[name].find({})]
    assert not [text for text in kept if code_on(page) in text or code_on(page).replace("-", "") in text]
    assert not [text for text in kept if "%PDF" in text]
    for other in (land.health_administrator, administrator):
        with pytest.raises(NotFound):
            await stack.cli.letters.GetLetters(letters.GetLettersRequest(id=batch.id), **other.said)
        with pytest.raises(NotFound):
            await download(stack, other, batch)
    await stack.keep_acts()
    acts = [each["act"] async for each in stack.database["audit"].find({"targets": {"$in": [batch.id, account.id]}})]
    assert {"create_letters", "issue_activation_letter", "print_letters"} <= set(acts)
    stack.clock.pass_by(minutes=61)
    with pytest.raises(NotFound):
        await download(stack, by, batch)


async def test_letters_are_of_ones_own_units(stack: Stack, land: Land, administrator: Person) -> None:
    by = land.economy_administrator
    theirs = await bare(stack, land.health_administrator, "un@sante.gouv.tg", land.health.id)
    own = await bare(stack, by, "un@economie.gouv.tg", land.treasury.id)
    with pytest.raises(NotFound):
        await create(stack, by, land.health.id)
    with pytest.raises(NotFound):
        await create(stack, by, "", own.id, theirs.id)
    with pytest.raises(Forbidden):
        await create(stack, land.economy_agent, land.treasury.id)
    desk = await stack.person(administrator, "assistance@economie.gouv.tg", land.economy.id)
    desk.account.roles.add(role=pb.ROLE_HELP_DESK, unit_id=land.treasury.id)
    await stack.update(administrator, desk.account, "roles")
    desk = Person(desk.account, await stack.log_in(desk.account.address))
    with pytest.raises(Forbidden):
        await create(stack, desk, land.economy.id)
    batch = await prepared(stack, desk, land.treasury.id)
    assert batch.letters == 1
    # A role that is taken away meanwhile prints nothing.
    waiting = await create(stack, desk, land.treasury.id)
    del desk.account.roles[:]
    await stack.update(administrator, desk.account, "roles")
    await prepare_letters(stack.directory)
    found = await stack.database["letter_batches"].find_one({"_id": waiting.id})
    assert (found["state"], found["letters"]) == ("ready", 0)


async def test_what_cannot_be_printed_is_refused(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    for unit, accounts in (("", ()), (land.economy.id, (land.economy_agent.account.id,)), ("", ["x"] * 501)):
        with pytest.raises((InvalidInput, NotFound)):
            await create(stack, by, unit, *accounts)
    with pytest.raises(InvalidInput):
        await create(stack, by, "", *(f"x{n}" for n in range(501)))
    with pytest.raises(PreconditionFailed):
        await create(stack, by, "", land.economy_agent.account.id)
    empty = await prepared(stack, by, land.treasury.id)
    assert (empty.state, empty.letters) == (READY, 0)
    with pytest.raises(PreconditionFailed):
        await download(stack, by, empty)
    for _ in range(3):
        waiting = await create(stack, by, land.treasury.id)
    with pytest.raises(TooManyRequests):
        await create(stack, by, land.treasury.id)
    with pytest.raises(PreconditionFailed):
        await download(stack, by, waiting)


async def test_whoever_dies_in_the_middle_is_followed_by_somebody_who_begins_anew(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    await bare(stack, by, "un@economie.gouv.tg", land.treasury.id)
    batch = await create(stack, by, land.treasury.id)
    assert await stack.directory.batches.claim(stack.clock()) is not None  # and is killed
    await prepare_letters(stack.directory)
    asked = letters.GetLettersRequest(id=batch.id)
    assert (await stack.cli.letters.GetLetters(asked, **by.said)).state == letters.LETTER_BATCH_STATE_PREPARING
    stack.clock.pass_by(minutes=11)
    await prepare_letters(stack.directory)
    stack.clock.pass_by(minutes=-11)
    done = await stack.cli.letters.GetLetters(asked, **by.said)
    assert (done.state, done.letters) == (READY, 1)
    await activate(stack, code_on((await download(stack, by, done))[0]))
