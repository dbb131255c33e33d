"""Accounts and units as those name them who give something to either."""

from collections.abc import Callable
from typing import Any

import click

from cli.commands.accounts import id_of
from cli.connection import connected
from cli.tree import Tree


def holder(function: Callable[..., Any]) -> Callable[..., Any]:
    """The argument WHO, and what says that it is a unit."""
    of_unit = click.option("--unit", "of_unit", is_flag=True, help='WHO is a unit: "Ministère/Direction", or its id.')
    return click.argument("who")(of_unit(function))


async def holder_id(who: str, of_unit: bool) -> str:
    async with connected() as directory:
        return await Tree(directory).unit_id(who) if of_unit else await id_of(directory, who)
