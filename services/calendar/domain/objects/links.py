"""Which addresses are given out as links: nothing that a browser would run."""

from urllib.parse import urlsplit

SHOWN = frozenset({"http", "https", "mailto", "tel"})
OF_FILES = frozenset({"http", "https"})
OF_MEETINGS = frozenset({"https"})


def safe_link(text: str, schemes: frozenset[str] = SHOWN) -> str:
    """The link as it stands, or nothing."""
    plain = text.strip()
    if len(plain) > 2000 or any(each <= " " or each == "\x7f" for each in plain):
        return ""
    try:
        parts = urlsplit(plain)
    except ValueError:
        return ""
    if parts.scheme.lower() not in schemes:
        return ""
    return plain if parts.netloc or parts.scheme.lower() not in OF_FILES else ""
