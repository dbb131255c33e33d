"""What is told of our servers."""

from gateway.edges.pages.desk import Servers

NAME, SHORT_NAME = "Administration publique du Togo", "gouv.tg"

__all__ = ["NAME", "SHORT_NAME", "Servers", "split"]


def split(place: str) -> tuple[str, int]:
    """Host and port of "host:port"."""
    host, _, port = place.rpartition(":")
    return host, int(port)
