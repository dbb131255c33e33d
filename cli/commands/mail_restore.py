"""`workspace mail restore`."""

from datetime import UTC, datetime
from typing import Any

import click
from google.protobuf.timestamp_pb2 import Timestamp
from workspace.mail.v1 import recovery_pb2 as pb

from chassis.errors import OverQuota
from cli.connection import connected
from cli.failures import Refused, WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.paging import every

_MOST = 100
_COLUMNS = ("id", "deleted_at", "mailbox", "from", "subject", "kept_until")
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command("restore")
@click.argument("ids", nargs=-1)
@click.option("--since", type=_MOMENT, help="Put back all that was deleted since then (UTC).")
@click.option("--before", type=_MOMENT, help="Only what was deleted before then (UTC).")
@click.option("--account", default="", help="Whose mail it is, with --since; your own otherwise.")
@as_json
@command
async def restore(
    ids: tuple[str, ...], since: datetime | None, before: datetime | None, account: str, in_json: bool
) -> None:
    """Put back deleted letters, each where it was: those of IDS, or all of a time.

    Without either, what you deleted and can have back is listed. What another account deleted is put back unseen, by an
    administrator of its unit.
    """
    if (ids and (since or before)) or ((account or before) and not since):
        raise WrongUsage("name letters, or a time by --since; --account and --before go with --since")
    try:
        if since:
            show_one({"restored": await _period(account, since, before)}, in_json=in_json)
        elif ids:
            show_one({"restored": await _some(ids)}, in_json=in_json)
        else:
            show(await _listed(), _COLUMNS, in_json=in_json)
    except OverQuota as error:
        raise Refused(f"{error}: make or give more room, and go on by the same command") from error


async def _listed() -> list[dict[str, Any]]:
    async with connected("mail") as mail:
        found = await every(mail.recovery.ListRecoverable, pb.ListRecoverableRequest(), "messages")
    return [plain(each) for each in found]


async def _some(ids: tuple[str, ...]) -> int:
    done = 0
    async with connected("mail") as mail:
        for start in range(0, len(ids), _MOST):
            request = pb.RestoreMessagesRequest(ids=ids[start : start + _MOST])
            done += len((await mail.recovery.RestoreMessages(request)).restored)
    return done


async def _period(account: str, since: datetime, before: datetime | None) -> int:
    request = pb.RestorePeriodRequest(address=account, deleted_from=_stamp(since))
    # What is deleted from now on is not meant, or it would never end.
    request.deleted_before.CopyFrom(_stamp(before or datetime.now(UTC)))
    done: int = 0
    async with connected("mail") as mail:
        while True:
            answer = await mail.recovery.RestorePeriod(request)
            done += int(answer.restored)
            if not answer.more:
                return done


def _stamp(moment: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(moment.replace(tzinfo=UTC))
    return found
