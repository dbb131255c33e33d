"""`workspace help-desk`: credentials and sessions of agents who have lost something."""

from typing import Any

import click
from workspace.directory.v1 import credentials_pb2 as pb

from cli.commands.accounts import id_of
from cli.connection import connected
from cli.failures import command
from cli.output import as_json, plain, show, show_one

account_ = click.argument("account")


@click.group("help-desk")
def help_desk() -> None:
    """Help agents who have lost a password, a second factor or a device. ACCOUNT is an address or an id."""


@help_desk.command("code")
@account_
@click.option("--activation", is_flag=True, help="For an account that has no password yet; good for 30 days.")
@as_json
@command
async def code(account: str, activation: bool, in_json: bool) -> None:
    """Show a code, once, with which ACCOUNT chooses a new password; good for a day."""
    purpose = pb.CODE_PURPOSE_ACTIVATION if activation else pb.CODE_PURPOSE_RESET
    async with connected() as directory:
        request = pb.IssueCodeRequest(account_id=await id_of(directory, account), purpose=purpose)
        issued = await directory.credentials.IssueCode(request)
    show_one(plain(issued), in_json=in_json)


@help_desk.command("reset-factors")
@account_
@command
async def reset_factors(account: str) -> None:
    """Take all second factors from ACCOUNT; its password is needed all the same."""
    async with connected() as directory:
        await directory.credentials.ResetFactors(pb.ResetFactorsRequest(account_id=await id_of(directory, account)))
    click.echo(f"{account} has no second factor any more")


@help_desk.command("sessions")
@account_
@as_json
@command
async def sessions(account: str, in_json: bool) -> None:
    """List where ACCOUNT is logged in."""
    async with connected() as directory:
        request = pb.ListAccountSessionsRequest(account_id=await id_of(directory, account))
        found = await directory.credentials.ListAccountSessions(request)
    rows: list[dict[str, Any]] = [plain(each) for each in found.sessions]
    show(rows, ["user_agent", "remote_address", "created_at", "last_seen_at", "id"], in_json=in_json)


@help_desk.command("end-sessions")
@account_
@click.option("--session", default="", help="Only this one; all of them without.")
@click.option("--app-passwords", is_flag=True, help="Revoke the app passwords of programs and devices as well.")
@command
async def end_sessions(account: str, session: str, app_passwords: bool) -> None:
    """Log ACCOUNT out, everywhere within seconds."""
    async with connected() as directory:
        request = pb.RevokeAccountSessionsRequest(
            account_id=await id_of(directory, account), session_id=session, app_passwords=app_passwords
        )
        await directory.credentials.RevokeAccountSessions(request)
    click.echo(f"{account} is logged out" if not session else "the session has ended")
