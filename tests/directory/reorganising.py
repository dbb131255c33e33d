"""How tests move, merge and dissolve units."""

from typing import Any

from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import organisation_pb2 as o

from services.directory.usecases.follow_moves import follow_moves
from tests.directory.conftest import Person, Stack


async def move(stack: Stack, by: Person, unit: str, parent: str, **more: Any) -> o.Reorganisation:
    request = o.MoveUnitRequest(id=unit, parent_id=parent, **more)
    return await stack.cli.organisation.MoveUnit(request, **by.said)


async def merge(stack: Stack, by: Person, unit: str, into: str, **more: Any) -> o.Reorganisation:
    request = o.MergeUnitsRequest(id=unit, into_id=into, **more)
    return await stack.cli.organisation.MergeUnits(request, **by.said)


async def dissolve(stack: Stack, by: Person, unit: str, successor: str = "", **more: Any) -> o.Reorganisation:
    request = o.DissolveUnitRequest(id=unit, successor_id=successor, **more)
    return await stack.cli.organisation.DissolveUnit(request, **by.said)


async def addresses(stack: Stack, by: Person, unit: str = "") -> list[str]:
    answer = await stack.cli.accounts.ListAccounts(pb.ListAccountsRequest(unit_id=unit), **by.said)
    return [account.address for account in answer.accounts]


async def settle(stack: Stack) -> None:
    """What the worker's timer does until nothing is open."""
    for _ in range(20):
        stack.clock.pass_by(seconds=10)
        await follow_moves(stack.directory)
        if not await stack.directory.moves.opened(1):
            return
    raise AssertionError("it does not end")
