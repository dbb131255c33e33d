"""`workspace letters`: activation letters to print, for the agents of a unit or for some accounts."""

import asyncio
import os
from pathlib import Path

import click
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import letters_pb2 as pb

from chassis.rpc import translated
from cli.connection import Connection, connected
from cli.failures import Refused, command
from cli.tree import Tree

ASK_SECONDS = 1.0


@click.command("letters")
@click.argument("unit", default="")
@click.option("--account", "addresses", multiple=True, metavar="ADDRESS", help="Of this account; may be repeated.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF file.")
@command
async def letters(unit: str, addresses: tuple[str, ...], output: Path) -> None:
    """Print activation letters: for each account of UNIT that has no password yet, or for the accounts given.

    UNIT is a path such as "Ministère/Direction". Each letter is a page, with a code that is good for 30 days and
    replaces the one of an earlier letter. The file lets people in: print it, hand the letters out, delete it.
    """
    if bool(unit) == bool(addresses):
        raise click.UsageError("give a UNIT, or accounts by --account")
    async with connected() as directory:
        batch = await _ready(directory, await directory.letters.CreateLetters(await _asked(directory, unit, addresses)))
        if batch.state == pb.LETTER_BATCH_STATE_FAILED:
            raise Refused(f"the letters could not be prepared: {batch.error}")
        if batch.letters:
            await _download(directory, batch, output)
    click.echo(f"letters: {batch.letters}" + (f" in {output}" if batch.letters else ""))
    if batch.more:
        click.echo("there are more accounts to activate: run this again once these are handed out", err=True)


async def _asked(directory: Connection, unit: str, addresses: tuple[str, ...]) -> pb.CreateLettersRequest:
    if unit:
        return pb.CreateLettersRequest(unit_id=await Tree(directory).unit_id(unit))
    ids = []
    for address in addresses:
        found = await directory.accounts.ListAccounts(directory_pb2.ListAccountsRequest(address=address))
        if not found.accounts:
            raise Refused(f"there is no account {address}")
        ids.append(found.accounts[0].id)
    return pb.CreateLettersRequest(account_ids=ids)


async def _ready(directory: Connection, batch: pb.LetterBatch) -> pb.LetterBatch:
    while batch.state == pb.LETTER_BATCH_STATE_PREPARING:
        await asyncio.sleep(ASK_SECONDS)
        batch = await directory.letters.GetLetters(pb.GetLettersRequest(id=batch.id))
    return batch


async def _download(directory: Connection, batch: pb.LetterBatch, output: Path) -> None:
    """Into a file that nobody else may read."""
    pages = bytearray()
    with translated():
        async for piece in directory.letters.DownloadLetters(pb.DownloadLettersRequest(id=batch.id)):
            pages += piece.data
    with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pages)
