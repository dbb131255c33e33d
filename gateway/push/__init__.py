"""Live events for the clients of one account, over WebSocket."""

from gateway.push.endpoint import PushEndpoint

__all__ = ["PushEndpoint"]
