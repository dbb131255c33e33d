"""`workspace dns-report`."""

import click
from workspace.mail.v1 import reports_pb2 as pb

from cli.connection import connected
from cli.failures import command
from cli.output import as_json, plain, show, show_one

SENDERS = [
    "address",
    "messages",
    "unproven",
    "dkim_messages",
    "spf_messages",
    "quarantined_messages",
    "rejected_messages",
]
FAILURES = ["result", "server", "sessions", "organisations"]


@click.command("dns-report")
@click.argument("domain")
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True, help="Reports of so many days.")
@as_json
@command
async def dns_report(domain: str, days: int, in_json: bool) -> None:
    """Show what others reported of the mail domain DOMAIN: who sends in its name, and how servers reach ours by TLS."""
    async with connected("mail") as mail:
        found = await mail.domain_reports.GetDomainReport(pb.GetDomainReportRequest(domain=domain, days=days))
    if in_json:
        show_one(plain(found), in_json=True)
        return
    counted = f"{found.reports} from {', '.join(found.organisations)}" if found.reports else "none"
    show_one(
        {
            "reports": counted,
            "letters": f"{found.messages}, {found.proven_messages} of them proven",
            "TLS sessions": f"{found.tls_sessions}, and {found.tls_failed_sessions} that failed",
        },
        in_json=False,
    )
    if found.senders:
        rows = [{**plain(each), "unproven": each.messages - each.proven_messages} for each in found.senders]
        show(rows, SENDERS, in_json=False)
    if found.tls_failures:
        show([plain(each) for each in found.tls_failures], FAILURES, in_json=False)
