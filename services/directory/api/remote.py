"""Where a person's client connects from, as the gateway says it."""

from typing import Any

from chassis.rpc import REMOTE_ADDRESS, calling_service

USER_AGENT = "workspace-user-agent"


def remote_address(context: Any) -> str:
    """The client's network address; only the gateway is believed, and others are their own clients."""
    return _said(context, REMOTE_ADDRESS)[:64]


def user_agent(context: Any) -> str:
    """What the client calls itself, for its owner to recognise it by."""
    return _said(context, USER_AGENT)


def _said(context: Any, key: str) -> str:
    if calling_service() != "gateway":
        return ""
    return str(dict(context.invocation_metadata() or ()).get(key, ""))
