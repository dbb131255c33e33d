"""`workspace mail import`."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from chassis.errors import OverQuota
from cli.bringing import Progress, bring, count
from cli.failures import Refused, WrongUsage, command
from cli.output import as_json, show, show_one
from cli.sources import (
    ImapPlace,
    ImapSource,
    Letter,
    SourceLost,
    Unreadable,
    archive,
    folders,
    is_maildir,
    maildir,
    mbox,
)

PASSWORD = "WORKSPACE_IMPORT_PASSWORD"  # noqa: S105 - the name of a variable
SHOWN_FAILURES = 20


@click.command("import")
@click.argument("source")
@click.option("--account", default="", help="Whose mail it is; your own otherwise.")
@click.option("--folder", default="INBOX", show_default=True, help="Where letters of a file without folders go.")
@click.option("--user", default="", help="Who logs in at the other server.")
@click.option("--ca", default="", help="Authority that the other server's certificate is of, where not the system's.")
@click.option("--dry-run", is_flag=True, help="Only count what is there.")
@as_json
@command
async def import_(source: str, account: str, folder: str, user: str, ca: str, dry_run: bool, in_json: bool) -> None:
    """Bring mail from SOURCE: an mbox file, a Maildir, a folder of them as `export` makes it, an archive of Google
    Takeout (zip or tar), or another server, from which the account's own folders come.

    A server is named imaps://host or imaps://host:port; its password is asked for, or is in WORKSPACE_IMPORT_PASSWORD.
    What was broken off goes on where it was when the same command is given again: nothing comes twice.
    """
    try:
        with _opened(source, folder, user, ca) as (letters, named):
            if dry_run:
                found = await count(letters)
                rows = [{"folder": each, "letters": found[each]} for each in found]
                show(rows, ["folder", "letters"], in_json=in_json)
                return
            progress = await bring(letters, account, named, _watch)
    except Unreadable as error:
        raise Refused(f"{source}: {error}") from error
    except SourceLost as error:
        raise Refused(f"{error}; go on by the same command") from error
    except OverQuota as error:
        raise Refused(f"{error}: give more room, and go on by the same command") from error
    _tell(progress, in_json)


@contextmanager
def _opened(source: str, folder: str, user: str, ca: str) -> Iterator[tuple[Iterator[Letter], str]]:
    """What is in a source, and what it is called in the audit log."""
    if source.startswith(("imap://", "imaps://")):
        try:
            parts = urlsplit(source)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise WrongUsage(f"{source} names no server: {error}") from error
        if not host or not user:
            raise WrongUsage("name the server as imaps://host, and who logs in by --user")
        plain = parts.scheme == "imap"
        if plain and host not in ("localhost", "127.0.0.1", "::1"):
            raise WrongUsage("without TLS (imap://) only a server on this machine is read")
        password = os.environ.get(PASSWORD) or click.prompt(f"Password of {user}", hide_input=True, err=True)
        place = ImapPlace(host, port or (143 if plain else 993), user, password, plain, ca)
        with closing(ImapSource(place)) as server:
            yield iter(server), str(place)
        return
    path = Path(source)
    if path.is_dir():
        yield (maildir(path, folder) if is_maildir(path) else folders(path)), path.name
        return
    if not path.is_file():
        raise WrongUsage(f"there is no {source}")
    packed = path.suffix.lower() in (".zip", ".tar", ".tgz", ".gz", ".xz", ".bz2")
    yield (archive(path, folder) if packed else mbox(path, folder)), path.name


def _watch(progress: Progress) -> None:
    failed = f", {len(progress.failures)} failed" if progress.failures else ""
    click.echo(f"{progress.folder}: {progress.seen} looked at, {progress.brought} brought{failed}", err=True)


def _tell(progress: Progress, in_json: bool) -> None:
    failures = progress.failures
    told = {
        "looked_at": progress.seen,
        "brought": progress.brought,
        "there_already": progress.there,
        "octets": progress.octets,
        "failed": failures if in_json else len(failures),
    }
    show_one(told, in_json=in_json)
    if failures and not in_json:
        for line in failures[:SHOWN_FAILURES]:
            click.echo(line, err=True)
    if failures:
        raise Refused(f"{len(failures)} letters were not taken; the others were")
