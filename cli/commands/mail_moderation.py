"""`workspace mail moderation`."""

from typing import BinaryIO

import click
from workspace.mail.v1 import lists_pb2 as pb

from cli.commands.groups import group_id
from cli.connection import connected
from cli.failures import command
from cli.output import as_json, plain, show, show_one
from cli.paging import every

_COLUMNS = ["id", "list_address", "sender", "subject", "expires_at"]


@click.group("moderation")
def moderation() -> None:
    """Letters to distribution lists that wait for you, or other moderators, to decide; those of yours that wait; who
    moderates a list."""


@moderation.command("list")
@as_json
@command
async def list_(in_json: bool) -> None:
    """List what waits for your decision."""
    async with connected("mail") as mail:
        found = await every(mail.moderation.ListModeratedLetters, pb.ListModeratedLettersRequest(), "letters")
    show([plain(letter) for letter in found], _COLUMNS, in_json=in_json)


@moderation.command("show")
@click.argument("letter")
@as_json
@command
async def show_(letter: str, in_json: bool) -> None:
    """Show who wrote LETTER, to which list, and until when it waits."""
    async with connected("mail") as mail:
        found = await mail.moderation.GetModeratedLetter(pb.GetModeratedLetterRequest(id=letter))
    show_one(plain(found), in_json=in_json)


@moderation.command("read")
@click.argument("letter")
@click.argument("file", type=click.File("wb"), default="-")
@command
async def read(letter: str, file: BinaryIO) -> None:
    """Write LETTER itself to FILE, or to standard output. The audit log keeps that you read it."""
    async with connected("mail") as mail:
        async for body in mail.moderation.GetModeratedLetterSource(pb.GetModeratedLetterSourceRequest(id=letter)):
            file.write(body.data)


@moderation.command("accept")
@click.argument("letter")
@command
async def accept(letter: str) -> None:
    """Give LETTER to the members."""
    async with connected("mail") as mail:
        await mail.moderation.AcceptModeratedLetter(pb.AcceptModeratedLetterRequest(id=letter))
    click.echo("accepted")


@moderation.command("reject")
@click.argument("letter")
@click.option("--reason", required=True, help="Why; the sender reads it.")
@command
async def reject(letter: str, reason: str) -> None:
    """Keep LETTER from the members, and tell its sender why."""
    async with connected("mail") as mail:
        await mail.moderation.RejectModeratedLetter(pb.RejectModeratedLetterRequest(id=letter, reason=reason))
    click.echo("rejected")


@moderation.command("discard")
@click.argument("letter")
@command
async def discard(letter: str) -> None:
    """Keep LETTER from the members, and tell its sender nothing."""
    async with connected("mail") as mail:
        await mail.moderation.DiscardModeratedLetter(pb.DiscardModeratedLetterRequest(id=letter))
    click.echo("discarded")


@moderation.command("own")
@as_json
@command
async def own(in_json: bool) -> None:
    """List letters of yours that wait for the moderators of lists."""
    async with connected("mail") as mail:
        found = await mail.moderation.ListOwnModeratedLetters(pb.ListOwnModeratedLettersRequest())
    show([plain(letter) for letter in found.letters], _COLUMNS, in_json=in_json)


@moderation.command("withdraw")
@click.argument("letter")
@command
async def withdraw(letter: str) -> None:
    """Take back LETTER, one of yours that waits: the members do not get it."""
    async with connected("mail") as mail:
        await mail.moderation.WithdrawModeratedLetter(pb.WithdrawModeratedLetterRequest(id=letter))
    click.echo("withdrawn")


@moderation.command("policy")
@click.argument("group")
@click.option("--moderator", "moderators", multiple=True, help="An address that decides; may be repeated; said whole.")
@click.option(
    "--moderated",
    type=click.Choice(["nobody", "members", "unit", "platform"]),
    help="Whose letters wait, of those who do not write freely.",
)
@click.option(
    "--outside",
    type=click.Choice(["closed", "moderated", "open"]),
    help="What becomes of letters from outside: refused, waiting all, or only those that are not proven or are junk.",
)
@as_json
@command
async def policy(
    group: str, moderators: tuple[str, ...], moderated: str | None, outside: str | None, in_json: bool
) -> None:
    """Show who moderates GROUP, given by name or id; with --moderated, say it, and what becomes of letters from
    outside: where nothing is said of them it is closed to them."""
    if (moderators or outside) and moderated is None:
        raise click.UsageError("say --moderated too: whose letters wait for them")
    async with connected() as directory:
        wanted = await group_id(directory, group)
    async with connected("mail") as mail:
        if moderated is None:
            found = await mail.list_policies.GetListPolicy(pb.GetListPolicyRequest(list_id=wanted))
        else:
            given = pb.ListPolicyGiven(moderators=moderators, moderated=moderated, outside=outside or "")
            found = await mail.list_policies.SetListPolicy(pb.SetListPolicyRequest(list_id=wanted, given=given))
    row = plain(found)
    if not in_json:  # for people each thing that was said has a line, with its name
        row |= row.pop("given", {})
    show_one(row, in_json=in_json)
