"""The commands, one file a verb."""

from collections.abc import Awaitable, Callable

from services.mail.smtp.commands.auth import auth
from services.mail.smtp.commands.bdat import bdat
from services.mail.smtp.commands.data import data
from services.mail.smtp.commands.ehlo import ehlo, helo
from services.mail.smtp.commands.help import help_
from services.mail.smtp.commands.lhlo import lhlo
from services.mail.smtp.commands.mail import mail
from services.mail.smtp.commands.noop import noop
from services.mail.smtp.commands.quit import quit_
from services.mail.smtp.commands.rcpt import rcpt
from services.mail.smtp.commands.rset import rset
from services.mail.smtp.commands.starttls import starttls
from services.mail.smtp.commands.vrfy import vrfy
from services.mail.smtp.connection import Connection

COMMANDS: dict[str, Callable[[Connection, str], Awaitable[None]]] = {
    "AUTH": auth,
    "BDAT": bdat,
    "DATA": data,
    "EHLO": ehlo,
    "HELO": helo,
    "HELP": help_,
    "MAIL": mail,
    "NOOP": noop,
    "QUIT": quit_,
    "RCPT": rcpt,
    "RSET": rset,
    "STARTTLS": starttls,
    "VRFY": vrfy,
}
# RFC 2033 §4.1: LHLO instead of HELO and EHLO. Nobody logs in there.
LMTP_COMMANDS = {
    "LHLO": lhlo,
    **{verb: command for verb, command in COMMANDS.items() if verb not in {"AUTH", "EHLO", "HELO"}},
}
