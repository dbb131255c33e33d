"""From a message to its answer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from chassis.errors import WorkspaceError
from chassis.telemetry import COMMAND, measured
from services.directory.ldap.codec import responses
from services.directory.ldap.codec.ber import Malformed
from services.directory.ldap.codec.filters import FilterTooLarge
from services.directory.ldap.codec.requests import (
    PAGED_RESULTS,
    SORT,
    Bind,
    Compare,
    Envelope,
    Extended,
    Request,
    Search,
    Write,
)
from services.directory.ldap.operations import search as searching
from services.directory.ldap.operations.bind import bind
from services.directory.ldap.operations.compare import compare
from services.directory.ldap.operations.extended import extended
from services.directory.ldap.session import Refused, Session

log = structlog.get_logger(__name__)
# Asks for references as entries (RFC 3296): there are none, so that it is heeded whatever one does.
_MANAGE_REFERENCES = "2.16.840.1.113730.3.4.2"
_READ_ONLY = "The address book is read here, and written elsewhere"


def at_once(session: Session, envelope: Envelope) -> bool:
    """Answer what needs no waiting; False for the rest. Raises `Malformed`."""
    with _answering(session, envelope):
        request = _opened(envelope)
        if isinstance(request, Search):
            plan = searching.small(session, envelope.message_id, request, envelope.controls)
            if plan is None:
                return False
            with measured(COMMAND, "ldap search"):
                searching.answer(session, plan)
        elif isinstance(request, Compare):
            compare(session, envelope.message_id, request)
        elif isinstance(request, Write):
            raise Refused(responses.UNWILLING, _READ_ONLY)
        else:
            return False
    return True


async def run(session: Session, envelope: Envelope) -> None:
    """Answer what takes its time."""
    with _answering(session, envelope):
        request = _opened(envelope)
        if isinstance(request, Search):
            with measured(COMMAND, "ldap search"):
                await searching.search(session, envelope.message_id, request, envelope.controls)
        elif isinstance(request, Bind):
            with measured(COMMAND, "ldap bind"):
                await bind(session, envelope.message_id, request)
        elif isinstance(request, Extended):
            await extended(session, envelope.message_id, request)


def _opened(envelope: Envelope) -> Request:
    request = envelope.request()
    for control in envelope.controls:
        of_search = control.oid in (PAGED_RESULTS, SORT) and isinstance(request, Search)
        known = of_search or control.oid == _MANAGE_REFERENCES
        if control.critical and not known:
            raise Refused(responses.UNAVAILABLE_CRITICAL_EXTENSION, "That control is not known here")
    return request


@contextmanager
def _answering(session: Session, envelope: Envelope) -> Iterator[None]:
    """Whatever goes wrong becomes the operation's result, but for what is no message at all."""

    def refuse(code: int, text: str, matched: str = "", controls: tuple[bytes, ...] = ()) -> None:
        if envelope.answer_tag:
            said = responses.result(
                envelope.message_id, envelope.answer_tag, code, text, matched=matched, controls=controls
            )
            session.wire.write(said)

    try:
        yield
    except Refused as refused:
        refuse(refused.code, refused.text, refused.matched, refused.controls)
    except FilterTooLarge:
        refuse(responses.ADMIN_LIMIT, "The filter is too large")
    except (Malformed, ConnectionError, asyncio.CancelledError):
        raise
    except WorkspaceError as error:
        refuse(responses.UNAVAILABLE, error.detail)
    except Exception:  # one operation's mistake ends no connection
        log.exception("ldap_operation_failed", operation=envelope.tag)
        refuse(responses.OTHER, "That went wrong here")
