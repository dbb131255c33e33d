"""Commands about calendars, as somebody runs them."""

import json
from typing import Any

from chassis.identity import Identity
from deploy.local.certificates import Authority
from tests.calendar.conftest import Api
from tests.terminal import Ended, workspace


class Terminal:
    """The commands of a group, of one account. Directory is nowhere: units and accounts are given by their ids."""

    def __init__(self, api: Api, authority: Authority, who: Identity, group: str) -> None:
        own = authority.of("cli")
        self._group = group
        self._environment = {
            "WORKSPACE_CALENDAR": f"127.0.0.1:{api.port}", "WORKSPACE_DIRECTORY": "127.0.0.1:9",
            "WORKSPACE_TOKEN": api.token(who), "WORKSPACE_TLS_CA": str(authority.certificate),
            "WORKSPACE_TLS_CERTIFICATE": str(own.certificate), "WORKSPACE_TLS_KEY": str(own.key),
        }  # fmt: skip

    async def __call__(self, *words: str, typed: str = "") -> Ended:
        return await workspace(self._group, *words, environment=self._environment, typed=typed)

    async def told(self, *words: str) -> Any:
        ended = await self(*words, "--json")
        assert ended.code == 0, ended
        return json.loads(ended.out)
