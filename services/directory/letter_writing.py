"""A letter as a message (RFC 5322): plain text, so that it is read everywhere and loads nothing.

`letters.toml` holds the words, French first: whoever reads one may know the other language only.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("letters.toml")


def written(
    letter_id: str, kind: str, to: str, said: Mapping[str, str], sender: tuple[str, str], now: datetime
) -> bytes:
    """The octets of a letter to `to`; `sender` is its author's name and address.

    However often it is tried, it has one Message-ID. Raises KeyError for a kind that nobody wrote.
    """
    name, address = sender
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = _words()[kind]["subject"]
    message["Date"] = now
    message["Message-ID"] = f"<{letter_id.lower()}@{address.rpartition('@')[2]}>"
    # RFC 3834 §5; and what other systems look at before they answer.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = "fr, en"
    message.set_content(_text(kind, name, said), cte="quoted-printable")
    return message.as_bytes()


def _text(kind: str, platform: str, said: Mapping[str, str]) -> str:
    words, end = _words()[kind], _words()["end"]
    bodies = [words["fr"].format(**said), "* * *", words["en"].format(**said)]
    return "\n\n".join([*bodies, f"-- \n{platform}\n{end['fr']} / {end['en']}"]) + "\n"


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
