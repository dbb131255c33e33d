"""Accounts and units as those name them who give something to either."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from cli.commands.accounts import id_of
from cli.connection import connected
from cli.failures import WrongUsage
from cli.tree import Tree


def holder(function: Callable[..., Any]) -> Callable[..., Any]:
    """The argument WHO, and what says that it is a unit."""
    of_unit = click.option("--unit", "of_unit", is_flag=True, help='WHO is a unit: "Ministère/Direction", or its id.')
    return click.argument("who")(of_unit(function))


def wished(given: Mapping[str, int | None], *, clear: bool) -> dict[str, int]:
    """What is named of what may be given. Raises `WrongUsage` for nothing, unless all is taken away."""
    found = {field: value for field, value in given.items() if value is not None}
    if not found and not clear:
        raise WrongUsage("nothing is named that WHO should be given")
    return found


def held(of: str, found: Any, fields: Sequence[str]) -> dict[str, Any]:
    """What holds for an account or a unit, as a row: each field with whose it is."""
    origins = {each.field: "unit" if each.unit_id else "account" for each in found.origins}
    row = {field: f"{getattr(found.holds, field)} ({origins.get(field, 'settings')})" for field in fields}
    return {"of": of, **row}


async def holder_id(who: str, of_unit: bool) -> str:
    async with connected() as directory:
        return await Tree(directory).unit_id(who) if of_unit else await id_of(directory, who)
