"""`workspace mail`."""

import click

from cli.commands.mail_queue import queue
from cli.commands.mail_quota import quota


@click.group("mail")
def mail() -> None:
    """What operators see of mail, and do to it."""


mail.add_command(queue)
mail.add_command(quota)
