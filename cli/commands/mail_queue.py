"""`workspace mail queue`."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from workspace.mail.v1 import queue_pb2 as pb

from chassis.errors import WorkspaceError
from cli.connection import Connection, connected
from cli.failures import Refused, WrongUsage, command, explained
from cli.output import as_json, plain, show, show_one
from cli.paging import every

COLUMNS = ["id", "sender", "domain", "recipient_count", "age", "attempts", "state", "last_answer"]
_SPANS = {"m": "minutes", "h": "hours", "d": "days"}


@click.group("queue")
def queue() -> None:
    """Letters that wait to leave for other domains. Nothing of what they say is shown."""


def _span(_: click.Context, __: click.Parameter, given: str) -> timedelta | None:
    if not given:
        return None
    found = re.fullmatch(r"(\d{1,5})([mhd])", given)
    if found is None:
        raise click.BadParameter("a number and m, h or d: 90m, 4h, 2d")
    return timedelta(**{_SPANS[found[2]]: int(found[1])})


def _chosen(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options by which letters are chosen."""
    for option in (
        click.option("--held", is_flag=True, help="Only what is held."),
        click.option("--older", default="", callback=_span, help="Only what was accepted longer ago: 90m, 4h, 2d."),
        click.option("--sender", default="", help="Only of this sender."),
        click.option("--domain", default="", help="Only to this domain."),
    ):
        function = option(function)
    return function


def _request(domain: str, sender: str, older: timedelta | None, held: bool) -> pb.ListQueueEntriesRequest:
    request = pb.ListQueueEntriesRequest(domain=domain, sender=sender, held=held)
    if older is not None:
        request.accepted_before.FromDatetime(datetime.now(UTC) - older)
    return request


def _row(entry: pb.QueueEntry) -> dict[str, Any]:
    age = datetime.now(UTC) - entry.accepted_at.ToDatetime(UTC)
    state = "held" if entry.held_by else "trying" if entry.trying else "waiting"
    return {**plain(entry), "age": _age(age), "state": state}


def _age(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 120:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"


@queue.command("list")
@_chosen
@as_json
@command
async def list_(domain: str, sender: str, older: timedelta | None, held: bool, in_json: bool) -> None:
    """List what waits, by id."""
    async with connected("mail") as mail:
        found = await every(mail.queue.ListQueueEntries, _request(domain, sender, older, held), "entries")
    show([_row(entry) for entry in found], COLUMNS, in_json=in_json)


@queue.command("destinations")
@as_json
@command
async def destinations(in_json: bool) -> None:
    """List how much waits for each domain, the most first."""
    async with connected("mail") as mail:
        found = await mail.queue.ListQueueDestinations(pb.ListQueueDestinationsRequest())
    show([plain(each) for each in found.destinations], ["domain", "entries", "held", "oldest_at"], in_json=in_json)


@queue.command("show")
@click.argument("letter")
@as_json
@command
async def show_(letter: str, in_json: bool) -> None:
    """Show LETTER with its recipients, and what was last said of each."""
    async with connected("mail") as mail:
        found = await mail.queue.GetQueueEntry(pb.GetQueueEntryRequest(id=letter))
    show_one(_row(found), in_json=in_json)


Act = Callable[[Connection, str], Awaitable[Any]]


async def _each(
    letters: tuple[str, ...], domain: str, sender: str, older: timedelta | None, held: bool, done: str, act: Act
) -> None:
    """Do something to letters that are named, or to all that are chosen; what is refused does not keep the others."""
    if bool(letters) == bool(domain or sender or older or held):
        raise WrongUsage("name letters, or choose them by --domain, --sender, --older, --held")
    refused = 0
    async with connected("mail") as mail:
        if not letters:
            found = await every(mail.queue.ListQueueEntries, _request(domain, sender, older, held), "entries")
            letters = tuple(entry.id for entry in found)
        for letter in letters:
            try:
                await act(mail, letter)
            except WorkspaceError as error:
                refused += 1
                click.echo(f"{letter}: {explained(error)}", err=True)
    click.echo(f"{len(letters) - refused} {done}")
    if refused:
        raise Refused(f"{refused} not {done}")


@queue.command("hold")
@click.argument("letters", nargs=-1)
@_chosen
@command
async def hold(letters: tuple[str, ...], domain: str, sender: str, older: timedelta | None, held: bool) -> None:
    """Keep LETTERS from leaving until they are released."""
    await _each(
        letters, domain, sender, older, held, "held",
        lambda mail, letter: mail.queue.HoldQueueEntry(pb.HoldQueueEntryRequest(id=letter)),
    )  # fmt: skip


@queue.command("release")
@click.argument("letters", nargs=-1)
@_chosen
@command
async def release(letters: tuple[str, ...], domain: str, sender: str, older: timedelta | None, held: bool) -> None:
    """Let held LETTERS leave."""
    held = held or bool(domain or sender or older)
    await _each(
        letters, domain, sender, older, held, "released",
        lambda mail, letter: mail.queue.ReleaseQueueEntry(pb.ReleaseQueueEntryRequest(id=letter)),
    )  # fmt: skip


@queue.command("retry")
@click.argument("letters", nargs=-1)
@_chosen
@command
async def retry(letters: tuple[str, ...], domain: str, sender: str, older: timedelta | None, held: bool) -> None:
    """Try LETTERS now, whenever their next try is due."""
    await _each(
        letters, domain, sender, older, held, "to be tried",
        lambda mail, letter: mail.queue.RetryQueueEntry(pb.RetryQueueEntryRequest(id=letter)),
    )  # fmt: skip


@queue.command("drop")
@click.argument("letters", nargs=-1)
@_chosen
@click.option("--tell/--quietly", "tell", required=True, help="Whether senders get a report that it was not delivered.")
@command
async def drop(
    letters: tuple[str, ...], domain: str, sender: str, older: timedelta | None, held: bool, tell: bool
) -> None:
    """Take LETTERS out of the queue for good."""
    await _each(
        letters, domain, sender, older, held, "dropped",
        lambda mail, letter: mail.queue.DropQueueEntry(pb.DropQueueEntryRequest(id=letter, tell_sender=tell)),
    )  # fmt: skip
