"""`workspace deadletters`: an operator sees what failed and why, has it tried again, or gives it up."""

from workspace.directory.v1 import events_pb2

from chassis.documents import ensure_indexes
from chassis.events import fact
from chassis.events.failures import INDEXES, Failures
from tests.cli.conftest import Land, Person, Stack, Workspace
from tests.directory.conftest import PASSWORD


async def bury(stack: Stack, number: int) -> str:
    """A fact that its handler gave up after the only try it had."""
    await ensure_indexes(stack.database, INDEXES)
    message = events_pb2.SessionRevoked(account_id=f"account{number}")
    entry = fact(message, subject=f"session{number}", version=1)
    failures = Failures(stack.database, schedule=[0.0])
    about = {"id": entry["id"], "type": "session_revoked", "subject": f"session{number}"}
    body = entry["body"].encode()
    await failures.keep("directory.digest", body, ValueError(f"poison {number}"), about=about)
    letter = f"directory.digest:{entry['id']}"
    found = await stack.database["failures"].find_one({"_id": letter})
    await failures.failed_again(found, ValueError(f"poison {number}"), hopeless=True)
    return letter


async def test_dead_letters_are_listed_explained_replayed_and_discarded(
    stack: Stack, run: Workspace, operator: Person
) -> None:
    letters = [await bury(stack, number) for number in range(3)]
    of = ("--service", "directory")
    listed = await run("deadletters", "list", *of, "--json")
    assert [letter["id"] for letter in listed.json()] == sorted(letters)
    assert "ValueError: poison 0" in (await run("deadletters", "list", *of)).out
    explained = (await run("deadletters", "explain", letters[1], *of, "--json")).json()
    assert "ValueError: poison 1" in explained["traceback"]
    assert '"account1"' in explained["body"]
    assert (await run("deadletters", "discard", letters[0], *of)).code == 0
    assert (await run("deadletters", "discard", letters[0], *of)).code == 1
    assert (await run("deadletters", "replay", letters[1], *of)).out == "1 replayed\n"
    assert (await run("deadletters", "replay", letters[1], *of)).code == 1
    assert (await run("deadletters", "replay", "--all", *of)).out == "1 replayed\n"
    assert (await run("deadletters", "list", *of, "--json")).json() == []
    assert await stack.database["failures"].count_documents({"state": "waiting"}) == 2


async def test_dead_letters_are_for_the_national_administrator(stack: Stack, run: Workspace, land: Land) -> None:
    await bury(stack, 1)
    await run("login", land.economy_administrator.account.address, typed=f"{PASSWORD}\n")
    for words in (("list",), ("explain", "x"), ("replay", "--all"), ("discard", "x")):
        assert (await run("deadletters", *words, "--service", "directory")).code == 1
