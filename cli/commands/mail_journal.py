"""`workspace mail journal`."""

import click
from workspace.mail.v1 import journals_pb2 as pb

from cli.commands.holders import holder_id
from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one

_COLUMNS = ("id", "about", "to", "told", "opened_by", "opened_at")


@click.group("journal")
def journal() -> None:
    """Journals: an archive gets a report of every letter that some accounts receive or send, with who got it."""


@journal.command("open")
@click.argument("to", nargs=-1, required=True)
@click.option("--account", default="", help="The address that it is about.")
@click.option("--unit", default="", help="The unit that it is about, with all below it.")
@click.option("--domain", default="", help="The mail domain that it is about.")
@click.option("--told", is_flag=True, help="Those whose letters are reported may know.")
@as_json
@command
async def open_(to: tuple[str, ...], account: str, unit: str, domain: str, told: bool, in_json: bool) -> None:
    """Begin a journal for the addresses TO: functions with mailboxes of their own, or archives elsewhere."""
    if bool(account) + bool(unit) + bool(domain) != 1:
        raise WrongUsage("name an account, a unit or a domain")
    unit_id = await holder_id(unit, of_unit=True) if unit else ""
    request = pb.OpenJournalRequest(address=account, unit_id=unit_id, domain=domain, to=to, told=told)
    async with connected("mail") as mail:
        show_one(plain(await mail.journals.OpenJournal(request)), in_json=in_json)


@journal.command("list")
@as_json
@command
async def list_(in_json: bool) -> None:
    """List the journals about what you administer."""
    async with connected("mail") as mail:
        found = await mail.journals.ListJournals(pb.ListJournalsRequest())
    show([plain(each) for each in found.journals], _COLUMNS, in_json=in_json)


@journal.command("end")
@click.argument("journal_id", metavar="JOURNAL")
@as_json
@command
async def end(journal_id: str, in_json: bool) -> None:
    """End JOURNAL. What came before is still reported."""
    async with connected("mail") as mail:
        show_one(plain(await mail.journals.EndJournal(pb.EndJournalRequest(id=journal_id))), in_json=in_json)
