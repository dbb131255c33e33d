"""How many clients are connected."""

from prometheus_client import Gauge

SOCKETS = Gauge("workspace_push_sockets", "Open WebSockets")
