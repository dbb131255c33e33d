"""Server side sorting of results (RFC 2891)."""

from collections.abc import Sequence

from services.directory.ldap.codec import responses
from services.directory.ldap.codec.ber import Malformed
from services.directory.ldap.codec.requests import SORT, Control, SortKey, sort_keys
from services.directory.ldap.order import Order
from services.directory.ldap.schema import RULES, known
from services.directory.ldap.session import Refused

# Entries that are held to be sorted.
MOST_SORTED = 5_000


def order_of(controls: Sequence[Control]) -> Order | None:
    """What a client wants; None without such a control. Raises `Refused` where it insists on what cannot be."""
    control = next((each for each in controls if each.oid == SORT), None)
    if control is None:
        return None
    try:
        wanted = sort_keys(control)
    except Malformed as error:
        raise Refused(responses.PROTOCOL_ERROR, "Not a control of sorting") from error
    order = _order(wanted)
    if order.code and control.critical:
        refused = Refused(responses.UNAVAILABLE_CRITICAL_EXTENSION, f"Not sorted by {order.wrong}")
        refused.controls = (order.control(),)
        raise refused
    return order


def _order(wanted: Sequence[SortKey]) -> Order:
    keys = []
    for each in wanted:
        attribute = known(each.attribute)
        if attribute is None:
            return Order((), each.attribute, responses.NO_SUCH_ATTRIBUTE)
        # The ordering rules of ours are named like the equality rules that they go with.
        rule = each.rule.lower().replace("ordering", "")
        if not attribute.comparable or (rule and RULES.get(rule) != attribute.kind):
            return Order((), each.attribute, responses.INAPPROPRIATE_MATCHING)
        keys.append((attribute, each.reverse))
    return Order(tuple(keys))
