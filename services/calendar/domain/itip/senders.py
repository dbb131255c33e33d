"""Who may say what (RFC 5546 §6.1): a message counts as somebody's only where its way here proves it."""

from services.calendar.domain.itip.outcomes import Sender
from services.calendar.domain.itip.people import replaced
from services.calendar.domain.itip.series import Series
from services.calendar.domain.objects.addresses import Address, Resolver, address_of, domain_of, is_mail, uri_of, who
from services.calendar.domain.objects.lines import Line, made


def proven(sender: Sender, address: Address) -> bool:
    """Whether the sender is the owner of an address."""
    if not address or address not in sender.addresses:
        return False
    return sender.inside or sender.dmarc or domain_of(address) in sender.proven_domains


def sent_by(line: Line) -> Address:
    return address_of(line.param("SENT-BY"))


def speaks_for(sender: Sender, line: Line, known: Line | None, *, colleagues: bool) -> tuple[bool, Address]:
    """Whether the sender is the person of a line, or whom that person lets write (SENT-BY); and who did, in that case.

    Inside, whom somebody may speak for is among the sender's addresses already: a name in a message gives no rights.
    From outside, SENT-BY has to be who proves to have sent it, and one that `known` (what is stored of that person)
    names already; where `colleagues` says so, one of the same domain will do, and is named."""
    if proven(sender, who(line)):
        return True, ""
    by = sent_by(line)
    if sender.inside or not proven(sender, by):
        return False, ""
    named = known is not None and sent_by(known) == by
    return named or (colleagues and domain_of(by) == domain_of(who(line))), by


def resolve_people(series: Series, resolve: Resolver | None) -> bool:
    """Writes mail addresses for principals (`/principals/…`, `urn:uuid:…`) where `resolve` knows them. False where the
    organiser is one that nobody knows: the message is nobody's then."""
    known = True
    for node in series.nodes():
        for line in [each for each in node.lines if each.name in ("ORGANIZER", "ATTENDEE")]:
            address = who(line)
            if is_mail(address):
                continue
            found = resolve(address) if resolve is not None and address else None
            if found and is_mail(found):
                replaced(node, line, made(line.name, uri_of(found), dict(line.params)))
            elif line.name == "ORGANIZER":
                known = False
    return known
