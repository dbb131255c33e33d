"""One verb, one file. A handler takes the session and its command, and gives the tagged answer without its tag."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from services.mail.imap.codec import commands as verbs
from services.mail.imap.codec import metadata as metadata_verbs
from services.mail.imap.codec import quota as quota_verbs
from services.mail.imap.commands.acl import delete_acl, get_acl, list_rights, my_rights, set_acl
from services.mail.imap.commands.authenticate import authenticate
from services.mail.imap.commands.capability import capability
from services.mail.imap.commands.close import close, unselect
from services.mail.imap.commands.compress import compress
from services.mail.imap.commands.copy import copy
from services.mail.imap.commands.create import create
from services.mail.imap.commands.delete import delete
from services.mail.imap.commands.enable import enable
from services.mail.imap.commands.expunge import expunge
from services.mail.imap.commands.fetch import fetch
from services.mail.imap.commands.identify import identify
from services.mail.imap.commands.idle import idle
from services.mail.imap.commands.list import list_, lsub
from services.mail.imap.commands.login import login
from services.mail.imap.commands.logout import logout
from services.mail.imap.commands.metadata import get_metadata, set_metadata
from services.mail.imap.commands.move import move
from services.mail.imap.commands.namespace import namespace
from services.mail.imap.commands.noop import noop
from services.mail.imap.commands.quota import get_quota, get_quota_root, set_quota
from services.mail.imap.commands.rename import rename
from services.mail.imap.commands.search import search
from services.mail.imap.commands.select import select
from services.mail.imap.commands.sort import sort
from services.mail.imap.commands.starttls import starttls
from services.mail.imap.commands.status import status
from services.mail.imap.commands.store import store
from services.mail.imap.commands.subscribe import subscribe
from services.mail.imap.commands.thread import thread
from services.mail.imap.session import Session, State

Handler: TypeAlias = Callable[[Session, Any], Awaitable[bytes]]

_ANY = frozenset((State.STRANGER, State.LOGGED_IN, State.SELECTED))
_STRANGER = frozenset((State.STRANGER,))
_LOGGED_IN = frozenset((State.LOGGED_IN, State.SELECTED))
_SELECTED = frozenset((State.SELECTED,))

# In which states each command is allowed (RFC 3501 §6).
HANDLERS: dict[type[verbs.Command], tuple[Handler, frozenset[State]]] = {
    verbs.Capability: (capability, _ANY),
    verbs.Noop: (noop, _ANY),
    verbs.Logout: (logout, _ANY),
    verbs.Id: (identify, _ANY),
    verbs.StartTls: (starttls, _STRANGER),
    verbs.Login: (login, _STRANGER),
    verbs.Authenticate: (authenticate, _STRANGER),
    verbs.Enable: (enable, _LOGGED_IN),
    verbs.Compress: (compress, _LOGGED_IN),
    verbs.Namespace: (namespace, _LOGGED_IN),
    metadata_verbs.GetMetadata: (get_metadata, _LOGGED_IN),
    metadata_verbs.SetMetadata: (set_metadata, _LOGGED_IN),
    quota_verbs.GetQuota: (get_quota, _LOGGED_IN),
    quota_verbs.GetQuotaRoot: (get_quota_root, _LOGGED_IN),
    quota_verbs.SetQuota: (set_quota, _LOGGED_IN),
    verbs.List: (list_, _LOGGED_IN),
    verbs.Lsub: (lsub, _LOGGED_IN),
    verbs.Status: (status, _LOGGED_IN),
    verbs.Create: (create, _LOGGED_IN),
    verbs.Delete: (delete, _LOGGED_IN),
    verbs.Rename: (rename, _LOGGED_IN),
    verbs.Subscribe: (subscribe, _LOGGED_IN),
    verbs.Select: (select, _LOGGED_IN),
    verbs.SetAcl: (set_acl, _LOGGED_IN),
    verbs.DeleteAcl: (delete_acl, _LOGGED_IN),
    verbs.GetAcl: (get_acl, _LOGGED_IN),
    verbs.ListRights: (list_rights, _LOGGED_IN),
    verbs.MyRights: (my_rights, _LOGGED_IN),
    verbs.Idle: (idle, _LOGGED_IN),
    verbs.Check: (noop, _SELECTED),
    verbs.Close: (close, _SELECTED),
    verbs.Unselect: (unselect, _SELECTED),
    verbs.Expunge: (expunge, _SELECTED),
    verbs.Search: (search, _SELECTED),
    verbs.Sort: (sort, _SELECTED),
    verbs.Thread: (thread, _SELECTED),
    verbs.Fetch: (fetch, _SELECTED),
    verbs.Store: (store, _SELECTED),
    verbs.Copy: (copy, _SELECTED),
    verbs.Move: (move, _SELECTED),
}
