"""`workspace dns`."""

import click
from workspace.mail.v1 import domains_pb2 as pb

from cli.connection import connected
from cli.failures import command
from cli.output import as_json, show

COLUMNS = ["state", "type", "name", "value"]


def _rows(found: pb.ListDomainRecordsResponse) -> list[dict[str, str]]:
    return [
        {
            "state": pb.RecordState.Name(each.state).removeprefix("RECORD_STATE_").lower(),
            "type": each.type,
            "name": each.name,
            "value": each.value,
            "purpose": each.purpose,
        }
        for each in found.records
    ]


@click.command("dns")
@click.argument("domain")
@click.option("--rotate", is_flag=True, help="Make new signing keys; those before sign until DNS has the new ones.")
@click.option("--zone", is_flag=True, help="Print what is missing as a zone file has it, and nothing else.")
@as_json
@command
async def dns(domain: str, rotate: bool, zone: bool, in_json: bool) -> None:
    """Show what the mail domain DOMAIN should have in DNS, and whether it has it: MX, SPF, DKIM, DMARC and more."""
    async with connected("mail") as mail:
        found: pb.ListDomainRecordsResponse
        if rotate:
            found = await mail.domain_records.RotateSigningKeys(pb.RotateSigningKeysRequest(domain=domain))
        else:
            found = await mail.domain_records.ListDomainRecords(pb.ListDomainRecordsRequest(domain=domain))
    rows = _rows(found)
    if zone:
        lacking = [row for row in rows if row["state"] in {"missing", "different", "unknown"}]
        click.echo("\n".join(f"{row['name']}. 3600 IN {row['type']} {row['value']}" for row in lacking))
        return
    show(rows, COLUMNS, in_json=in_json)
