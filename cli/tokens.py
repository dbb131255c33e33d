"""The operator's tokens: WORKSPACE_TOKEN, or a file of the operator's own, refreshed when they are about to expire."""

import fcntl
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Unauthenticated

# Refresh a little before the end: a long command shall not meet it half way.
AHEAD_SECONDS = 60


@dataclass(frozen=True)
class Tokens:
    """What a login answered, and until when the access token is good."""

    access_token: str
    refresh_token: str
    expires_at: float

    @classmethod
    def of(cls, session: pb.Session) -> "Tokens":
        return cls(session.access_token, session.refresh_token, time.time() + session.expires_in)


def token_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "workspace" / "token"


def save(tokens: Tokens) -> None:
    """Replace the file in one step; only its owner may read it, from its first octet on."""
    path = token_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".token.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(tokens), file)
    fresh.replace(path)


def forget() -> None:
    token_file().unlink(missing_ok=True)


def _load() -> Tokens:
    try:
        found = json.loads(token_file().read_text("utf-8"))
        return Tokens(str(found["access_token"]), str(found["refresh_token"]), float(found["expires_at"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unauthenticated("You are not logged in") from error


async def access_token(refresh: Callable[[str], Awaitable[pb.Session]]) -> str:
    """A token that is good now. Raises `Unauthenticated`."""
    given = os.environ.get("WORKSPACE_TOKEN")
    if given:
        return given
    if _load().expires_at > time.time() + AHEAD_SECONDS:
        return _load().access_token
    with _alone():
        # Another command may have refreshed meanwhile; a refresh token that is used twice ends the session.
        tokens = _load()
        if tokens.expires_at <= time.time() + AHEAD_SECONDS:
            tokens = Tokens.of(await refresh(tokens.refresh_token))
            save(tokens)
    return tokens.access_token


@contextmanager
def _alone() -> Iterator[None]:
    lock = token_file().with_name("token.lock")
    with os.fdopen(os.open(lock, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
