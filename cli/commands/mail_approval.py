"""`workspace mail approval`."""

from typing import Any, BinaryIO

import click
from workspace.mail.v1 import letter_approvals_pb2 as pb

from cli.connection import connected
from cli.failures import command
from cli.output import as_json, plain, show, show_one
from cli.paging import every

_COLUMNS = ["id", "sent_by", "recipients", "subject", "rules", "expires_at"]


@click.group("approval")
def approval() -> None:
    """Letters that a rule on what may leave holds until you, or others whom the rule's unit names, approve them."""


@approval.command("list")
@as_json
@command
async def list_(in_json: bool) -> None:
    """List what waits for your decision."""
    async with connected("mail") as mail:
        found = await every(mail.letter_approvals.ListAwaitingLetters, pb.ListAwaitingLettersRequest(), "letters")
    show([_row(letter, in_json) for letter in found], _COLUMNS, in_json=in_json)


@approval.command("show")
@click.argument("letter")
@as_json
@command
async def show_(letter: str, in_json: bool) -> None:
    """Show LETTER: who wrote it, to whom, what is attached, and which rules are about it."""
    async with connected("mail") as mail:
        found = await mail.letter_approvals.GetAwaitingLetter(pb.GetAwaitingLetterRequest(id=letter))
    show_one(_row(found, in_json), in_json=in_json)


@approval.command("read")
@click.argument("letter")
@click.argument("file", type=click.File("wb"), default="-")
@command
async def read(letter: str, file: BinaryIO) -> None:
    """Write LETTER itself to FILE, or to standard output. The audit log keeps that you read it."""
    async with connected("mail") as mail:
        request = pb.GetAwaitingLetterSourceRequest(id=letter)
        async for body in mail.letter_approvals.GetAwaitingLetterSource(request):
            file.write(body.data)


@approval.command("approve")
@click.argument("letter")
@click.option("--reason", default="", help="Why, for the audit log and the sender.")
@command
async def approve(letter: str, reason: str) -> None:
    """Let LETTER leave."""
    async with connected("mail") as mail:
        request = pb.ApproveLetterRequest(id=letter, reason=reason)
        found = await mail.letter_approvals.ApproveLetter(request)
    missing = ", ".join(found.missing_unit_ids)
    click.echo(f"approved; it still waits for {missing}" if missing else "approved; it leaves")


@approval.command("refuse")
@click.argument("letter")
@click.option("--reason", required=True, help="Why; the sender reads it.")
@command
async def refuse(letter: str, reason: str) -> None:
    """Keep LETTER from leaving: its sender has it among the drafts again."""
    async with connected("mail") as mail:
        await mail.letter_approvals.RefuseLetter(pb.RefuseLetterRequest(id=letter, reason=reason))
    click.echo("refused")


def _row(letter: pb.AwaitingLetter, in_json: bool) -> dict[str, Any]:
    row: dict[str, Any] = plain(letter)
    if not in_json:
        row["rules"] = ", ".join(each.name for each in letter.rules if each.holds)
        row["recipients"] = ", ".join(letter.recipients)
        if letter.attachments:
            row["attachments"] = ", ".join(f"{each.filename} ({each.content_type})" for each in letter.attachments)
    return row
