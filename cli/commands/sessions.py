"""`workspace login`, `logout`, `first-administrator`."""

import os
import sys

import click
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import SecondFactorRequired
from cli import tokens
from cli.connection import Connection, connected
from cli.failures import WrongUsage, command

TOTP_DIGITS = 6
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


def read_password(from_input: bool, *, new: bool, called: str = "Password") -> str:
    """A password, asked for without showing it, or the next line of standard input."""
    if not from_input and sys.stdin.isatty():
        return str(click.prompt(called, hide_input=True, confirmation_prompt=new))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise WrongUsage("no password on standard input")
    return password


@click.command()
@click.argument("address")
@from_stdin
@command
async def login(address: str, password_stdin: bool) -> None:
    """Log in as ADDRESS; the tokens go into ~/.config/workspace/token.

    Where a second factor follows, a code of the authenticator application or a recovery code is asked for; it is the
    second line of --password-stdin then.
    """
    password = read_password(password_stdin, new=False)
    async with connected(anonymous=True) as directory:
        request = pb.CreateSessionRequest(address=address, password=password)
        try:
            session = await directory.sessions.CreateSession(request)
        except SecondFactorRequired as further:
            session = await _confirmed(directory, further, password_stdin)
        tokens.save(tokens.Tokens.of(session))
    click.echo(f"logged in as {address}")


async def _confirmed(directory: Connection, further: SecondFactorRequired, from_input: bool) -> pb.Session:
    methods = further.fields.get("methods", "").split()
    if not {"totp", "recovery_code"}.intersection(methods):
        raise WrongUsage("the account has passkeys only, which a terminal cannot ask for; make recovery codes first")
    typed = "".join(read_password(from_input, new=False, called="Code").split())
    request = pb.ConfirmSessionRequest(challenge=further.fields["challenge"])
    if len(typed) == TOTP_DIGITS and typed.isdigit():
        request.code = typed
    else:
        request.recovery_code = typed
    session: pb.Session = await directory.sessions.ConfirmSession(request)
    return session


@click.command()
@command
async def logout() -> None:
    """End the session and forget its tokens."""
    async with connected() as directory:
        await directory.sessions.DeleteSession(pb.DeleteSessionRequest())
    tokens.forget()
    click.echo("logged out")


@click.command("first-administrator")
@click.argument("address")
@click.option("--name", required=True, help="The name that people see.")
@from_stdin
@command
async def first_administrator(address: str, name: str, password_stdin: bool) -> None:
    """Make the national administrator ADDRESS, once in the life of an installation.

    The one-time secret comes from WORKSPACE_FIRST_ADMINISTRATOR_SECRET, or is asked for.
    """
    secret = os.environ.get("WORKSPACE_FIRST_ADMINISTRATOR_SECRET") or str(
        click.prompt("One-time secret", hide_input=True)
    )
    request = pb.CreateFirstAdministratorRequest(
        secret=secret, address=address, password=read_password(password_stdin, new=True), display_name=name
    )
    async with connected(anonymous=True) as directory:
        account = await directory.accounts.CreateFirstAdministrator(request)
    click.echo(f"{account.address} is the national administrator; go on with `workspace login {account.address}`")
