"""What servers of protocols over sockets share: the connection's octets, the listeners, and who is connected."""

from chassis.sockets.connection import SocketConnection
from chassis.sockets.server import Limits, SocketServer
from chassis.sockets.tally import Tally

__all__ = ["Limits", "SocketConnection", "SocketServer", "Tally"]
