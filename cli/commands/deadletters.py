"""`workspace deadletters`."""

import click
from workspace.operations.v1 import operations_pb2 as pb

from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one

of_service = click.option("--service", default="mail", show_default=True, help="Whose dead letters.")


@click.group("deadletters")
def deadletters() -> None:
    """Facts that a service could not digest, after its last try."""


@deadletters.command("list")
@of_service
@as_json
@command
async def list_(service: str, in_json: bool) -> None:
    """List them, by id."""
    found: list[pb.DeadLetter] = []
    token = ""
    async with connected(service) as api:
        while True:
            request = pb.ListDeadLettersRequest(page_size=500, page_token=token)
            answer = await api.dead_letters.ListDeadLetters(request)
            found.extend(answer.dead_letters)
            token = answer.next_page_token
            if not token:
                break
    columns = ["id", "queue", "type", "subject", "tries", "last_failed_at", "error"]
    show([plain(letter) for letter in found], columns, in_json=in_json)


@deadletters.command("explain")
@click.argument("letter")
@of_service
@as_json
@command
async def explain(letter: str, service: str, in_json: bool) -> None:
    """Show all that is known of LETTER: the message as it came, and the trace of its last failure."""
    async with connected(service) as api:
        found = await api.dead_letters.GetDeadLetter(pb.GetDeadLetterRequest(id=letter))
    show_one(plain(found), in_json=in_json)


@deadletters.command("replay")
@click.argument("letter", default="")
@click.option("--all", "whole", is_flag=True, help="All of them.")
@of_service
@command
async def replay(letter: str, whole: bool, service: str) -> None:
    """Have LETTER tried again, after the cause is gone."""
    if bool(letter) == whole:
        raise WrongUsage("name one letter, or say --all")
    async with connected(service) as api:
        answer = await api.dead_letters.ReplayDeadLetters(pb.ReplayDeadLettersRequest(id=letter))
    click.echo(f"{answer.replayed} replayed")


@deadletters.command("discard")
@click.argument("letter")
@of_service
@command
async def discard(letter: str, service: str) -> None:
    """Give LETTER up for good."""
    async with connected(service) as api:
        await api.dead_letters.DiscardDeadLetter(pb.DiscardDeadLetterRequest(id=letter))
    click.echo("discarded")
