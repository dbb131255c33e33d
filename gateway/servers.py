"""Where mail programs and telephones find our servers, and how these are called."""

from dataclasses import dataclass

NAME, SHORT_NAME = "Administration publique du Togo", "gouv.tg"


@dataclass(frozen=True)
class Servers:
    """Each a "host:port" or a URL; empty where it is not served."""

    imaps: str = ""
    submission: str = ""
    ldaps: str = ""
    dav: str = ""
    managesieve: str = ""


def split(place: str) -> tuple[str, int]:
    """Host and port of "host:port"."""
    host, _, port = place.rpartition(":")
    return host, int(port)
