"""`workspace sample`."""

import csv
import sys

import click

from cli.sample import rows


@click.group("sample")
def sample() -> None:
    """Files to try the platform with; nobody in them exists."""


@sample.command("accounts")
@click.argument("count", type=click.IntRange(1, 200_000), default=2000)
@click.option("--ministries", type=click.IntRange(1, 99), default=40, show_default=True)
def accounts(count: int, ministries: int) -> None:
    """Print a roster of COUNT accounts for `workspace import`."""
    csv.writer(sys.stdout, delimiter=";", lineterminator="\n").writerows(rows(count, ministries))
