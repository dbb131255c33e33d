"""One verb, one file. A handler takes the session and its command, and gives the answer."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from services.mail.managesieve.codec import commands as verbs
from services.mail.managesieve.commands.authenticate import authenticate
from services.mail.managesieve.commands.capability import capability
from services.mail.managesieve.commands.checkscript import checkscript
from services.mail.managesieve.commands.deletescript import deletescript
from services.mail.managesieve.commands.getscript import getscript
from services.mail.managesieve.commands.havespace import havespace
from services.mail.managesieve.commands.listscripts import listscripts
from services.mail.managesieve.commands.logout import logout
from services.mail.managesieve.commands.noop import noop
from services.mail.managesieve.commands.putscript import putscript
from services.mail.managesieve.commands.renamescript import renamescript
from services.mail.managesieve.commands.setactive import setactive
from services.mail.managesieve.commands.starttls import starttls
from services.mail.managesieve.commands.unauthenticate import unauthenticate
from services.mail.managesieve.session import Session, State

Handler: TypeAlias = Callable[[Session, Any], Awaitable[bytes]]

_ANY = frozenset((State.STRANGER, State.LOGGED_IN))
_STRANGER = frozenset((State.STRANGER,))
_LOGGED_IN = frozenset((State.LOGGED_IN,))

# In which states each command is allowed (RFC 5804 §1.8, §2).
HANDLERS: dict[type[verbs.Command], tuple[Handler, frozenset[State]]] = {
    verbs.Capability: (capability, _ANY),
    verbs.Noop: (noop, _ANY),
    verbs.Logout: (logout, _ANY),
    verbs.StartTls: (starttls, _STRANGER),
    verbs.Authenticate: (authenticate, _STRANGER),
    verbs.Unauthenticate: (unauthenticate, _LOGGED_IN),
    verbs.HaveSpace: (havespace, _LOGGED_IN),
    verbs.PutScript: (putscript, _LOGGED_IN),
    verbs.CheckScript: (checkscript, _LOGGED_IN),
    verbs.ListScripts: (listscripts, _LOGGED_IN),
    verbs.SetActive: (setactive, _LOGGED_IN),
    verbs.GetScript: (getscript, _LOGGED_IN),
    verbs.DeleteScript: (deletescript, _LOGGED_IN),
    verbs.RenameScript: (renamescript, _LOGGED_IN),
}
