"""`workspace mail` as an operator runs it, against the api of a test."""

from chassis.identity import Identity
from deploy.local.certificates import Authority
from tests.mail.api.conftest import Api
from tests.terminal import workspace


class CommandLine:
    """Commands that begin with the same words, by one account. The directory is nowhere: units and groups are given by
    their ids."""

    def __init__(self, api: Api, authority: Authority, account: Identity, *words: str) -> None:
        own = authority.of("cli")
        self._words = ["mail", *words]
        self._environment = {
            "WORKSPACE_MAIL": f"127.0.0.1:{api.port}", "WORKSPACE_DIRECTORY": "127.0.0.1:9",
            "WORKSPACE_TOKEN": account.token, "WORKSPACE_TLS_CA": str(authority.certificate),
            "WORKSPACE_TLS_CERTIFICATE": str(own.certificate), "WORKSPACE_TLS_KEY": str(own.key),
        }  # fmt: skip

    async def __call__(self, *words: str, given: str = "", code: int = 0) -> str:
        """All that one says, as a process of its own; `given` is its standard input."""
        ended = await workspace(*self._words, *words, environment=self._environment, typed=given)
        assert ended.code == code, ended
        return ended.out + ended.err

    async def several(self, *commands: list[str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """How each ends and all that it says, one after another."""
        ended = [await workspace(*self._words, *words, environment=self._environment) for words in commands]
        return tuple(each.code for each in ended), tuple(each.out + each.err for each in ended)
