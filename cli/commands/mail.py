"""`workspace mail`."""

import click

from cli.commands.mail_approval import approval
from cli.commands.mail_export import export
from cli.commands.mail_import import import_
from cli.commands.mail_journal import journal
from cli.commands.mail_leaving import leaving
from cli.commands.mail_matter import matter
from cli.commands.mail_moderation import moderation
from cli.commands.mail_queue import queue
from cli.commands.mail_quota import quota
from cli.commands.mail_receipts import receipts
from cli.commands.mail_restore import restore
from cli.commands.mail_retention import retention


@click.group("mail")
def mail() -> None:
    """Your mail, brought and taken; and what operators see of all mail."""


_COMMANDS = (
    import_, export, restore, queue, quota, retention, leaving, approval, matter, journal, moderation,
    receipts,
)  # fmt: skip
for command in _COMMANDS:
    mail.add_command(command)
