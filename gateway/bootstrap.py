"""How the gateway is put together; the only place that does."""

from chassis.authority import Authority
from chassis.events import Notifications
from chassis.identity import Revocations, TokenVerifier
from chassis.lifecycle import Process
from chassis.revocation_feed import RevocationFeed
from chassis.rpc import RpcClient
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings
from gateway.upstreams import services


async def http(settings: Settings) -> Process:
    """Speaks HTTP and WebSocket to clients."""
    addresses = {
        "directory": settings.directory_rpc,
        "mail": settings.mail_rpc,
        "calendar": settings.calendar_rpc,
    }
    clients = {name: RpcClient(settings, name, address, services(name)) for name, address in addresses.items()}
    channels = {name: client.channel for name, client in clients.items()}
    authority = Authority(clients["directory"])
    revocations = Revocations(authority.revocations)
    verifier = TokenVerifier(authority.keys, revocations)
    notifications = Notifications(settings.broker_url, sources=tuple(addresses))
    server = HttpServer(settings, lambda: build_app(settings, channels, verifier, revocations, notifications))
    feed = RevocationFeed(revocations, notifications)
    return Process(settings, *clients.values(), revocations, notifications, feed, server)
