"""Paths and parameters of MAIL and RCPT (RFC 5321 §4.1.2), addresses in UTF-8 included (RFC 6531 §3.3)."""

import re

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_domain
from services.mail.smtp.codec.reply import Refused

# Quoted strings may hold any printable character, even a bracket.
_PATH = re.compile(r'[ ]?<((?:"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"|[^"<>\x00-\x20\x7f])*)>(?:[ ]+(.*))?')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,255}}$){_LABEL}(?:\.{_LABEL})*")
_LITERAL = re.compile(r"\[[A-Za-z0-9:.]{2,64}\]")
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\U0010ffff-]{1,64}|\"(?:[^\"\\\x00-\x1f\x7f]|\\[ -~]){0,62}\""
)
MAX_LOCAL = 64
MAX_PATH = 254


def path_and_parameters(keyword: str, argument: str) -> tuple[str, dict[str, str]]:
    """`FROM:<a@b> SIZE=10` as ("a@b", {"SIZE": "10"}). Raises `Refused` (501 or 555)."""
    if argument[: len(keyword)].upper() != keyword:
        raise Refused(501, "5.5.4", f"Syntax: {keyword}<address>")
    found = _PATH.fullmatch(argument[len(keyword) :].rstrip(" "))
    if found is None:
        raise Refused(501, "5.1.3", "Malformed address")
    parameters: dict[str, str] = {}
    for item in (found[2] or "").split():
        parameter = _PARAMETER.fullmatch(item)
        if parameter is None or parameter[1].upper() in parameters:
            raise Refused(501, "5.5.4", "Malformed parameter")
        parameters[parameter[1].upper()] = parameter[2] or ""
    return found[1], parameters


def reverse_path(path: str) -> str:
    """The sender's address, empty for a bounce. Raises `Refused`."""
    if not path:
        return path
    if path.startswith("@"):
        raise Refused(550, "5.7.1", "Source routes are not accepted")
    local, at, domain = _parts(path)
    path = f"{local}{at}{domain}"
    sound = at and len(path.encode()) <= MAX_PATH and _is_local(local)
    if not sound or not (_DOMAIN.fullmatch(domain) or _LITERAL.fullmatch(domain)):
        raise Refused(553, "5.1.7", "Malformed sender address")
    return path


def forward_path(path: str) -> str:
    """A recipient's address. Raises `Refused`; what asks us to pass a message on by a route is relaying."""
    local, at, domain = _parts(path)
    if path.startswith("@") or "@" in local.strip('"') or "%" in local or "!" in local:
        raise Refused(550, "5.7.1", "Source routes are not accepted")
    if path.lower() == "postmaster":
        return path
    path = f"{local}{at}{domain}"
    if not at or len(path.encode()) > MAX_PATH or not _is_local(local) or not _DOMAIN.fullmatch(domain):
        raise Refused(553, "5.1.3", "Malformed recipient address")
    return path


def _parts(path: str) -> tuple[str, str, str]:
    """Local part, "@", domain; a domain in UTF-8 as its A-labels, which every server knows (RFC 5891 §4.2)."""
    local, at, domain = path.rpartition("@")
    try:
        return local, at, domain if domain.isascii() else mail_domain(domain)
    except InvalidInput:
        return local, at, domain


def _is_local(local: str) -> bool:
    return _LOCAL.fullmatch(local) is not None and len(local.encode()) <= MAX_LOCAL
