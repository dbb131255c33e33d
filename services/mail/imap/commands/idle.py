"""IDLE (RFC 2177): told of changes as they happen, until DONE."""

import asyncio

import structlog

from services.mail.imap.codec.commands import Idle
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.session import Session, State

log = structlog.get_logger(__name__)

# Changes that come together are told together.
GATHER_SECONDS = 0.05
# Who has heard nothing for so long is likely to wait on, and takes less room from then on.
REST_SECONDS = 20.0


async def idle(session: Session, _: Idle) -> bytes:
    changed = asyncio.Event()
    session.wake = changed.set
    heard = {session.owner, session.selected.owner if session.selected is not None else session.owner}
    deaf = [session.listen(each, changed.set) for each in heard]
    done = asyncio.ensure_future(session.wire.line())
    try:
        session.wire.write(b"+ idling\r\n")
        await _tell(session)
        while not done.done() and session.state is not State.LEAVING:
            await _wait(session, done, changed)
            if changed.is_set():
                await asyncio.sleep(GATHER_SECONDS)
                changed.clear()
                await _tell(session)
        if session.state is State.LEAVING:
            return b""
        if (await done or b"").upper() != b"DONE":
            raise BadSyntax("Expected DONE")
        return b"OK Done"
    finally:
        for stop in deaf:
            stop()
        session.wake = None
        done.cancel()


async def _wait(session: Session, done: "asyncio.Future[bytes | None]", changed: asyncio.Event) -> None:
    """Until the client ends it or something may have changed."""
    waiting = asyncio.ensure_future(changed.wait())
    try:
        over, _ = await asyncio.wait((done, waiting), timeout=REST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not over:
            if session.selected is not None:
                session.selected.rest()
            await asyncio.wait((done, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if session.selected is not None:
        session.selected.wake()


async def _tell(session: Session) -> None:
    """What happened. Whoever waits goes on waiting while the database is away, and is woken by the next comparison of
    cursors: thousands that begin anew at once would be no help to it."""
    try:
        await session.sync(expunges=True)
    except ConnectionError:
        raise
    except Exception as error:  # the database's; the session itself is as it was
        log.warning("idle_not_told", error=str(error))
    await session.wire.flush()
