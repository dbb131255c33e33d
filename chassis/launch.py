"""From `python -m services.<svc> <kind>` to a running process."""

import importlib
import os
import sys
import warnings
from collections.abc import Sequence

# What answers by gRPC and HTTP has uvloop's event loop, which takes a third less of CPU over a call. Servers of other
# protocols begin TLS in the middle of a connection by what asyncio's own loop is made of.
_UPON_UVLOOP = frozenset({"api", "http"})


def _choose_eventlet() -> None:
    """Workers are nameko's: eventlet on asyncio's loop, so that they run the same coroutines as the other processes."""
    os.environ["EVENTLET_HUB"] = "asyncio"
    # Known; and logs hold lines of JSON only.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()


def launch(package: str, kinds: Sequence[str]) -> None:
    """Run the kind of process named by the command line.

    `package` (such as "services.mail") has `settings.Settings` and `bootstrap`, which has a coroutine function of
    each kind's name: `async def api(settings) -> Process`.
    """
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        sys.stderr.write(f"usage: python -m {package} {'|'.join(kinds)}\n")
        raise SystemExit(2)
    kind = sys.argv[1]
    if kind == "worker":
        _choose_eventlet()
    from pymongo.errors import PyMongoError

    from chassis import settings as environment
    from chassis.errors import WorkspaceError
    from chassis.telemetry import setup

    settings = environment.load(importlib.import_module(f"{package}.settings").Settings)
    setup(package.rpartition(".")[2], kind, settings)
    wire = getattr(importlib.import_module(f"{package}.bootstrap"), kind)

    async def live() -> str:
        """What keeps the process from being put together; empty when it has run."""
        try:
            process = await wire(settings)
        except (WorkspaceError, PyMongoError, ValueError, OSError) as error:
            return str(error) or type(error).__name__
        await process.run()
        return ""

    if kind == "worker":
        from eventlet.asyncio import spawn_for_awaitable

        trouble = spawn_for_awaitable(live()).wait()
    elif kind in _UPON_UVLOOP:
        import uvloop

        trouble = uvloop.run(live())
    else:
        import asyncio

        trouble = asyncio.run(live())
    if trouble:
        environment.stop(f"settings: {trouble}")
