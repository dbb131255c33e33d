"""Codes of authenticator applications (RFC 6238): six digits, thirty seconds, SHA-1, which all applications know."""

import hmac
import io
from datetime import datetime
from urllib.parse import quote

import pyotp
import segno

STEP_SECONDS = 30
# Clocks of telephones differ: the step before and the step after are taken too.
STEPS_AROUND = 1


def new_secret() -> str:
    """160 bits in base 32 (RFC 4226 §4)."""
    return pyotp.random_base32(32)


def uri(secret: str, address: str, issuer: str) -> str:
    """otpauth://, as applications read it."""
    label = f"{quote(issuer)}:{quote(address)}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer)}&digits=6&period={STEP_SECONDS}"


def picture(text: str) -> str:
    """A QR code of it: an SVG document that scales."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", border=4, omitsize=True, xmldecl=False, title="Code QR", light="#fff"
    )
    return drawn.getvalue().decode("utf-8")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code it is; None when it is of none around now."""
    typed = code.replace(" ", "")
    if len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return None
    machine, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    found = None
    # All are compared, whichever fits.
    for step in range(present - STEPS_AROUND, present + STEPS_AROUND + 1):
        if hmac.compare_digest(machine.generate_otp(step), typed):
            found = step
    return found
