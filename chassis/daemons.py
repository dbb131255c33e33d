"""The daemons that look at messages and files, where they listen: a "host:port", or the path of a socket."""

import asyncio

# As a setting: "host:port" or the path of a socket; empty: there is none.
PLACE = r"^(/.+|[A-Za-z0-9.:\[\]-]+:[0-9]{1,5})?$"
CONNECT_SECONDS = 5.0


async def connect_daemon(place: str, most_said: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """`most_said`: octets that it may say in one piece. Raises `OSError` or `TimeoutError`."""
    async with asyncio.timeout(CONNECT_SECONDS):
        if place.startswith("/"):
            return await asyncio.open_unix_connection(place, limit=most_said)
        host, _, port = place.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=most_said)
