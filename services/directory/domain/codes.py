"""Secrets that people read, print and type: random characters that nobody mistakes for one another.

The alphabet is Crockford's base 32: no I, L, O or U. What is typed for them is read as what it looks like; case,
spaces and hyphens do not count.
"""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# 130 bits: guessing is hopeless, so that a keyed hash without a work factor is enough to keep it.
APP_PASSWORD = 26
# 80 bits, for one use and some days.
ONE_TIME = 16
# 50 bits, behind the password and the lockout.
RECOVERY = 10
# Six digits, mailed, behind a session and the lockout.
_GROUP = {APP_PASSWORD: 5, ONE_TIME: 4, RECOVERY: 5}
_TYPED = str.maketrans({"o": "0", "i": "1", "l": "1", " ": "", "-": "", "\u2010": "", "\u2011": "", "\u2013": ""})
_MOST_TYPED = 80


def made(length: int) -> str:
    """A new one, in the form that is kept."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def shown(code: str) -> str:
    """In groups, as people read it."""
    size = _GROUP.get(len(code), 4)
    return "-".join(code[at : at + size] for at in range(0, len(code), size))


def read(typed: str, length: int) -> str | None:
    """What somebody typed, in the form that is kept; None when it cannot be such a code."""
    if len(typed) > _MOST_TYPED:
        return None
    code = typed.strip().lower().translate(_TYPED)
    return code if len(code) == length and all(character in ALPHABET for character in code) else None
