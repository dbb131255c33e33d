"""`workspace`: administer the platform from a terminal.

Exit codes: 0 done, 1 refused by the service, 2 wrong usage, 3 the service cannot be reached.
"""

import click

from cli.commands.accounts import accounts
from cli.commands.approvals import approvals
from cli.commands.audit import audit
from cli.commands.calendar import calendar
from cli.commands.clients import clients
from cli.commands.deadletters import deadletters
from cli.commands.dns import dns
from cli.commands.dns_report import dns_report
from cli.commands.domains import domains
from cli.commands.functions import functions
from cli.commands.groups import groups
from cli.commands.helping import help_desk
from cli.commands.importing import depart, export_accounts, import_accounts, jobs
from cli.commands.letters import letters
from cli.commands.mail import mail
from cli.commands.personal import personal_data
from cli.commands.reorganisations import units
from cli.commands.rooms import rooms
from cli.commands.sample import sample
from cli.commands.sessions import first_administrator, login, logout
from cli.commands.status import status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Administer the workspace.

    The services' addresses come from WORKSPACE_DIRECTORY (and WORKSPACE_MAIL, ...) or from the local stack's var
    folder; certificates from WORKSPACE_TLS_CA, WORKSPACE_TLS_CERTIFICATE and WORKSPACE_TLS_KEY or from var/tls.
    """


for command in (
    login,
    logout,
    first_administrator,
    units,
    accounts,
    domains,
    dns,
    dns_report,
    functions,
    groups,
    approvals,
    clients,
    import_accounts,
    export_accounts,
    depart,
    jobs,
    letters,
    mail,
    calendar,
    rooms,
    help_desk,
    personal_data,
    status,
    deadletters,
    audit,
    sample,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
