"""Mail's processes as operators start them: killed, started again, stopped."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.certificates import LOCALHOST, Authority
from deploy.local.standins import ObjectStore, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS_IN = 30.0


def mail_environment(
    authority: Authority, documents_url: str, database: str, objects: ObjectStore, **settings: str
) -> dict[str, str]:
    """The environment of a mail process that listens on ports of its own; directory is away unless it is named."""
    own, public = authority.of("mail"), authority.of(LOCALHOST)
    told = {
        "ops_listen": f"127.0.0.1:{free_port()}",
        "smtp_listen": f"127.0.0.1:{free_port()}",
        "submission_listen": f"127.0.0.1:{free_port()}",
        "mongodb_url": documents_url,
        "mongodb_database": database,
        "bucket": database.replace("_", "-"),
        "s3_endpoint": objects.endpoint,
        "s3_access_key": objects.access_key,
        "s3_secret_key": objects.secret_key,
        "service_keys": f"k1:{base64.b64encode(bytes(32)).decode()}",
        "tls_ca": str(authority.certificate),
        "tls_certificate": str(own.certificate),
        "tls_key": str(own.key),
        "public_certificate": str(public.certificate),
        "public_key": str(public.key),
        "directory_rpc": f"127.0.0.1:{free_port()}",
        "hostname": "mx.gouv.tg",
        # Whom a test plays is not asked of DNS, unless it is about that.
        "trusted_networks": "127.0.0.0/8",
        "drain_seconds": "2",
        **settings,
    }
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("WORKSPACE_")}
    return {
        **surroundings,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}",
        **{f"WORKSPACE_{name.upper()}": value for name, value in told.items()},
    }


async def answers(address: str, within: float = STARTS_IN) -> None:
    """Wait until somebody listens there."""
    host, _, port = address.rpartition(":")
    async with asyncio.timeout(within):
        while True:  # another process is what is waited for
            try:
                _, writer = await asyncio.open_connection(host, int(port))
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


@asynccontextmanager
async def started(
    kind: str, environment: dict[str, str], stderr: int = asyncio.subprocess.DEVNULL
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.mail", kind, env=environment, cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL, stderr=stderr,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
