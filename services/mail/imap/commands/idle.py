"""IDLE (RFC 2177): told of changes as they happen, until DONE."""

import asyncio

from services.mail.imap.codec.commands import Idle
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.session import Session, State

# Changes that come together are told together.
GATHER_SECONDS = 0.05


async def idle(session: Session, _: Idle) -> bytes:
    changed = asyncio.Event()
    session.wake = changed.set
    heard = {session.owner, session.selected.owner if session.selected is not None else session.owner}
    deaf = [session.listen(each, changed.set) for each in heard]
    done = asyncio.ensure_future(session.wire.line())
    try:
        session.wire.write(b"+ idling\r\n")
        await session.sync(expunges=True)
        await session.wire.flush()
        while not done.done() and session.state is not State.LEAVING:
            waiting = asyncio.ensure_future(changed.wait())
            try:
                await asyncio.wait((done, waiting), return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
            if changed.is_set():
                await asyncio.sleep(GATHER_SECONDS)
                changed.clear()
                await session.sync(expunges=True)
                await session.wire.flush()
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
