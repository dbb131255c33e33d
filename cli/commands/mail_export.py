"""`workspace mail export`."""

from pathlib import Path

import click

from cli.connection import connected
from cli.failures import command
from cli.output import as_json, show_one
from cli.taking import take_maildirs, take_mboxes


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format", "kind", type=click.Choice(["maildir", "mbox"]), default="maildir", show_default=True,
    help="A Maildir or an mbox file for each folder.",
)  # fmt: skip
@as_json
@command
async def export(folder: Path, kind: str, in_json: bool) -> None:
    """Take a copy of your whole mail into FOLDER, flags and dates with it.

    The same command again takes what is new (maildir), or everything anew (mbox).
    """
    async with connected("mail") as mail:
        take = take_maildirs if kind == "maildir" else take_mboxes
        taken = await take(mail, folder, _watch)
    show_one({"folders": taken.folders, "letters": taken.letters, "there_already": taken.there}, in_json=in_json)


def _watch(name: str, letters: int) -> None:
    click.echo(f"{name}: {letters}", err=True)
