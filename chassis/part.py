"""What a process is made of."""


class Part:
    """Something a process is made of: a server, a client, a subscription. Override what it needs."""

    name: str = "part"

    async def start(self) -> None:
        """Come up. Raise when a dependency is away: the process tries again with back-off."""

    async def ready(self) -> bool:
        """Whether it can do its work now."""
        return True

    async def drain(self) -> None:
        """Take nothing new; finish what is under way."""

    async def stop(self) -> None:
        """Release everything."""
