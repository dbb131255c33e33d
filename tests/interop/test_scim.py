"""scim2-tester against the whole stack: every check that it knows, by what the service says of itself."""

import asyncio

from scim2_tester import Status, check_server

from tests.directory.scim_client import scim_client
from tests.e2e.clients import Agent
from tests.running import RunningStack


async def test_scim2_tester_finds_nothing_wrong(stack: RunningStack) -> None:
    token = await Agent(stack, "administrateur@gouv.tg").token()
    with scim_client(str(stack.local["http"]), token) as client:
        results = await asyncio.to_thread(check_server, client)
    wrong = [(each.status.name, each.title, each.reason) for each in results if each.status is not Status.SUCCESS]
    assert wrong == []
    tried = {f"{each.resource_type}.{each.title}" for each in results}
    checks = ("object_creation", "object_replacement", "check_add_attribute", "check_remove_attribute")
    assert {f"{kind}.{check}" for kind in ("User", "Group") for check in checks} <= tried
