"""What goes wrong, as one line and an exit code."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import NoReturn, ParamSpec

import click

from chassis.errors import (
    ApprovalRequired,
    SecondFactorRequired,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WorkspaceError,
)

P = ParamSpec("P")


class Refused(click.ClickException):
    """The service said no, or a part of what was asked was not done."""

    exit_code = 1


class WrongUsage(click.ClickException):
    """The command line, a file or the surroundings do not fit."""

    exit_code = 2


class Unreachable(click.ClickException):
    """Nobody answers."""

    exit_code = 3


def explained(error: WorkspaceError) -> str:
    """An error in one line, with the fields that it names."""
    line = error.detail
    # A challenge is half a login: it stays off the terminal and out of whatever records it.
    if error.fields and not isinstance(error, SecondFactorRequired):
        line += " (" + ", ".join(f"{field}: {wrong}" for field, wrong in error.fields.items()) + ")"
    if isinstance(error, TooManyRequests) and error.retry_after:
        line += f"; try again in {error.retry_after:.0f} s"
    if isinstance(error, ApprovalRequired):
        line += "; see `workspace approval`"
    if isinstance(error, Unauthenticated):
        line += "; try `workspace login`"
    return " ".join(line.split())


def fail(error: WorkspaceError) -> NoReturn:
    if isinstance(error, Unavailable):
        raise Unreachable(f"cannot reach the service: {explained(error)}") from error
    raise Refused(explained(error)) from error


def command(run: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Run a coroutine as a command."""

    @functools.wraps(run)
    def whole(*args: P.args, **kwargs: P.kwargs) -> None:
        async def within() -> None:
            await run(*args, **kwargs)

        try:
            asyncio.run(within())
        except WorkspaceError as error:
            fail(error)

    return whole
