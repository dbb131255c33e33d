"""Compare (RFC 4511 §4.10): whether an entry has a value."""

from services.directory.ldap import entries
from services.directory.ldap.codec import responses
from services.directory.ldap.codec.filters import Compares
from services.directory.ldap.codec.requests import Compare
from services.directory.ldap.matching import test_of
from services.directory.ldap.schema import known
from services.directory.ldap.session import Refused, Session
from services.directory.ldap.tree import Place

_ANSWER = 0x6F


def compare(session: Session, message_id: int, request: Compare) -> None:
    directory = entries.seen_by(session)
    node = entries.found(directory, request.name)
    if node.place is Place.ROOT:
        view = entries.root_of(session.options, secure=session.wire.secure)
    else:
        found = entries.SCHEMA_VIEW if node.place is Place.SCHEMA else directory.view(node)
        if found is None:
            raise Refused(responses.NO_SUCH_OBJECT)
        view = found
    attribute = known(request.attribute)
    values = view.values(attribute.name) if attribute is not None else ()
    if attribute is None or not values:
        raise Refused(responses.NO_SUCH_ATTRIBUTE)
    test = test_of(Compares(attribute.name, "=", request.value), attribute)
    same = test is not None and test(values)
    code = responses.COMPARE_TRUE if same else responses.COMPARE_FALSE
    session.wire.write(responses.result(message_id, _ANSWER, code))
