"""What an organiser's messages do to an attendee's calendar (RFC 5546 §3.2.2, §3.2.4, §3.2.5)."""

from services.calendar.domain.itip.changes import organised
from services.calendar.domain.itip.outcomes import (
    Cancelled,
    Created,
    Foretold,
    Ignored,
    NeedsRefresh,
    ProposalDeclined,
    Published,
    Refused,
    Updated,
)
from services.calendar.domain.itip.receive import received
from tests.calendar.itip.scheduling import (
    NOW,
    ONE,
    ORGANIZER,
    OWNER,
    THREE,
    TWO,
    at,
    attendee,
    by_method,
    component,
    inside,
    kept,
    outside,
    override,
    take,
    text,
    thing,
)

DAILY = "RRULE:FREQ=DAILY;COUNT=5"
ACCEPTED = (attendee(ONE, ";PARTSTAT=ACCEPTED"), TWO)
OWN = (
    "TRANSP:TRANSPARENT",
    "CATEGORIES:Urgent",
    "X-MOZ-LASTACK:20261129T070000Z",
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT10M\r\nEND:VALARM",
)


def test_an_invitation_is_new_and_nobody_has_answered_it_for_its_recipient() -> None:
    message = thing(component(*OWN[1:], people=ACCEPTED), method="REQUEST")
    outcome = take(None, message, ONE)
    assert isinstance(outcome, Created)
    kept_as = text(outcome.object)
    assert "METHOD" not in kept_as
    assert "PARTSTAT=NEEDS-ACTION" in kept_as
    # Others' alarms and marks are not taken over.
    assert "VALARM" not in kept_as
    assert "CATEGORIES" not in kept_as


def test_an_update_leaves_what_is_the_attendees_own() -> None:
    mine = thing(component(*OWN, people=ACCEPTED))
    outcome = take(mine, thing(component(summary="Budget 2027", dtstamp="20261129T080000Z"), method="REQUEST"), ONE)
    assert isinstance(outcome, Updated)
    assert not outcome.rescheduled
    for line in (*OWN[:3], "BEGIN:VALARM", "SUMMARY:Budget 2027", "PARTSTAT=ACCEPTED"):
        assert line in text(outcome.object)


def test_another_time_asks_again_and_leaves_alarms() -> None:
    mine = thing(component(*OWN, people=ACCEPTED))
    outcome = take(
        mine, thing(component(start="20261207T150000", sequence="1", people=ACCEPTED), method="REQUEST"), ONE
    )
    assert isinstance(outcome, Updated)
    assert outcome.rescheduled
    assert "PARTSTAT=ACCEPTED" not in text(outcome.object)
    assert "BEGIN:VALARM" in text(outcome.object)


def test_an_instance_is_changed_alone_and_one_can_be_invited_to_it_alone() -> None:
    moved = thing(override("20261208", start="20261208T150000", sequence="1"), method="REQUEST")
    mine = thing(component(DAILY, people=ACCEPTED))
    outcome = take(mine, moved, ONE)
    assert isinstance(outcome, Updated)
    assert len(outcome.object.override_nodes) == 1
    assert "PARTSTAT=ACCEPTED" in outcome.object.master_node.octets().decode()
    assert "PARTSTAT=NEEDS-ACTION" in outcome.object.override_nodes[0].octets().decode()
    alone = take(None, moved, ONE)
    assert isinstance(alone, Created)
    assert alone.object.master_node is None


def test_a_request_for_the_series_that_drops_earlier_instances_drops_them() -> None:
    mine = thing(component(DAILY), override("20261208", start="20261208T150000"))
    outcome = take(mine, thing(component(DAILY, sequence="1"), method="REQUEST"), ONE)
    assert isinstance(outcome, Updated)
    assert outcome.object.override_nodes == ()


def test_instances_without_me_are_not_mine() -> None:
    message = thing(component(DAILY), override("20261208", people=(TWO,)), method="REQUEST")
    outcome = take(None, message, ONE)
    assert isinstance(outcome, Created)
    assert outcome.object.override_nodes == ()


def test_what_is_stale_or_repeated_changes_nothing() -> None:
    mine = thing(component(sequence="2", dtstamp="20261129T080000Z"))
    lower = thing(component(sequence="1", dtstamp="20261130T080000Z", start="20261207T150000"), method="REQUEST")
    older = thing(component(sequence="2", dtstamp="20261129T070000Z", summary="Avant"), method="REQUEST")
    same = thing(component(sequence="2", dtstamp="20261129T080000Z"), method="REQUEST")
    assert take(mine, lower, ONE) == Ignored("stale")
    assert take(mine, older, ONE) == Ignored("stale")
    assert take(mine, same, ONE) == Ignored("repeated")
    assert take(mine, thing(component(sequence="1"), method="CANCEL"), ONE) == Ignored("stale")


def test_a_cancellation_stays_visible() -> None:
    outcome = take(thing(component(*OWN)), thing(component(sequence="1"), method="CANCEL"), ONE)
    assert isinstance(outcome, Cancelled)
    assert "STATUS:CANCELLED" in text(outcome.object)
    assert "SUMMARY:Budget" in text(outcome.object)


def test_a_cancelled_instance_leaves_the_series() -> None:
    bare = "BEGIN:VEVENT\r\nUID:reunion-1\r\nDTSTAMP:20261129T080000Z\r\nSEQUENCE:1\r\n" + (
        f"ORGANIZER:mailto:{ORGANIZER}\r\nRECURRENCE-ID:20261208T090000Z\r\nEND:VEVENT"
    )
    outcome = take(thing(component(DAILY)), thing(bare, method="CANCEL"), ONE)
    assert isinstance(outcome, Cancelled)
    assert outcome.recurrence_ids == ("20261208T090000Z",)
    assert "STATUS:CANCELLED" not in outcome.object.master_node.octets().decode()
    assert "SUMMARY:Budget" in outcome.object.override_nodes[0].octets().decode()


def test_an_instance_and_all_after_it() -> None:
    off = override("20261209", sequence="1").replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;")
    mine = thing(component(DAILY), override("20261208"), override("20261210"))
    outcome = take(mine, thing(off, method="CANCEL"), ONE)
    assert isinstance(outcome, Cancelled)
    assert "RRULE:FREQ=DAILY;UNTIL=20261209T085959Z" in text(outcome.object)
    assert len(outcome.object.override_nodes) == 1
    elsewhere = off.replace("20261209T09", "20261209T10")
    assert take(mine, thing(elsewhere, method="CANCEL"), ONE) == Ignored("no_such_instance")
    first = take(mine, thing(off.replace("20261209", "20261207"), method="CANCEL"), ONE)
    assert isinstance(first, Cancelled)
    assert first.object.master_node is not None
    assert first.object.master_node.value("STATUS") == "CANCELLED", "from the first one on is all of it"
    over = thing(component(DAILY, "RDATE;TZID=Africa/Lome:20270301T090000"))
    later = take(over, thing(off.replace("20261209", "20270301"), method="CANCEL"), ONE)
    assert isinstance(later, Cancelled)
    assert f"{DAILY}\r\n" in text(later.object), "which had ended before"


def test_a_cancellation_that_comes_first_is_kept_against_its_invitation() -> None:
    foretold = take(None, thing(component(sequence="1"), method="CANCEL"), ONE)
    assert isinstance(foretold, Foretold)
    assert take(foretold.object, thing(component(), method="REQUEST"), ONE) == Ignored("stale")
    again = take(foretold.object, thing(component(sequence="2"), method="REQUEST"), ONE)
    assert isinstance(again, Updated)
    assert again.rescheduled
    assert "CANCELLED" not in text(again.object)


def test_more_instances_are_added_or_the_whole_is_asked_for() -> None:
    more = thing(component(start="20261220T150000", sequence="1", location="Salle 9"), method="ADD")
    outcome = take(thing(component(DAILY, people=ACCEPTED)), more, ONE)
    assert isinstance(outcome, Updated)
    assert "RDATE;TZID=Africa/Lome:20261220T150000" in text(outcome.object)
    assert "LOCATION:Salle 9" in outcome.object.override_nodes[0].octets().decode()
    unknown = take(None, more, ONE)
    assert isinstance(unknown, NeedsRefresh)
    assert [(each.method, each.recipients) for each in unknown.messages] == [("REFRESH", (ORGANIZER,))]
    assert take(outcome.object, more, ONE) == Ignored("stale")


def test_an_instance_that_is_not_of_the_series_asks_for_the_whole() -> None:
    odd = thing(override("20270108", sequence="1"), method="REQUEST")
    assert isinstance(take(thing(component(DAILY)), odd, ONE), NeedsRefresh)


def test_what_is_published_goes_into_no_calendar_by_itself() -> None:
    assert isinstance(take(None, thing(component(people=()), method="PUBLISH"), ONE, THREE), Published)


def test_a_proposal_that_is_declined_changes_nothing() -> None:
    said = thing(component("COMMENT:Non", people=(ONE,)), method="DECLINECOUNTER")
    assert take(thing(component()), said, ONE) == ProposalDeclined("Non")


def test_only_the_organiser_of_what_is_stored_speaks() -> None:
    for method in ("REQUEST", "CANCEL", "ADD", "DECLINECOUNTER"):
        said = thing(component(sequence="1"), method=method)
        assert take(thing(component()), said, ONE, by=THREE) == Refused("spoofed")
        assert received(None, said, outside(ORGANIZER, dmarc=False), frozenset({ONE}), NOW) == Refused("spoofed")
    theirs = component(sequence="1", **{"organizer;cn=chef": f"mailto:{THREE}"})
    assert take(thing(component()), thing(theirs, method="REQUEST"), ONE, by=THREE) == Refused("another_organizer")
    assert take(thing(component()), thing(theirs, method="CANCEL"), ONE, by=THREE) == Refused("another_organizer")


def test_from_outside_dmarc_or_a_proven_domain_makes_the_author() -> None:
    said = thing(component(**{"organizer;cn=chef": f"mailto:{THREE}"}), method="REQUEST")
    assert isinstance(received(None, said, outside(THREE), frozenset({ONE}), NOW), Created)
    proven = type(outside(THREE))(frozenset({THREE}), proven_domains=frozenset({"example.org"}))
    assert isinstance(received(None, said, proven, frozenset({ONE}), NOW), Created)


def test_who_writes_for_another() -> None:
    by = "secretariat@example.org"
    sent = component(
        **{"organizer;cn=chef": "", f'organizer;sent-by="mailto:{by}"': f"mailto:{THREE}"},
    ).replace(f'SENT-BY="MAILTO:{by.upper()}"', f'SENT-BY="mailto:{by}"')
    outcome = received(None, thing(sent, method="REQUEST"), outside(by), frozenset({ONE}), NOW)
    assert isinstance(outcome, Created)
    assert outcome.sent_by == by
    # Inside, a name in a message gives no rights; from outside neither does one of another domain, nor a new one later.
    assert received(None, thing(sent, method="REQUEST"), inside(by), frozenset({ONE}), NOW) == Refused("spoofed")
    mine = thing(component(**{"organizer;cn=chef": f"mailto:{THREE}"}))
    later = thing(sent.replace("DURATION", "SEQUENCE:1\r\nDURATION"), method="CANCEL")
    assert received(mine, later, outside(by), frozenset({ONE}), NOW) == Refused("spoofed")
    assert isinstance(received(outcome.object, later, outside(by), frozenset({ONE}), NOW), Cancelled)


def test_who_is_not_invited_has_nothing_put_into_its_calendar() -> None:
    assert take(None, thing(component(people=()), method="REQUEST"), ONE) == Refused("not_invited")
    assert take(None, thing(component(people=(TWO,)), method="REQUEST"), ONE) == Refused("not_invited")
    assert take(None, thing(component(people=(TWO, ORGANIZER)), method="REQUEST"), ORGANIZER) == Refused("not_invited")


def test_an_organiser_that_is_a_path_is_found_or_refused() -> None:
    for path in (
        "/principals/chef/",
        "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        "https://gouv.tg/principals/chef",
    ):
        said = thing(component(**{"organizer;cn=chef": path}), method="REQUEST")
        assert take(None, said, ONE) == Refused("principal")
        found = received(None, said, inside(ORGANIZER), frozenset({ONE}), NOW, resolve={path: ORGANIZER}.get)
        assert isinstance(found, Created)
        assert f"mailto:{ORGANIZER}" in text(found.object)
    nobody = thing(component(**{"organizer;cn=chef": ""}), method="REQUEST")
    assert take(None, nobody, ONE) == Refused("no_organizer")


def test_an_alias_beside_the_address_stays_and_nobody_has_answered_for_either() -> None:
    alias = "premier@sante.gouv.tg"
    said = thing(component(people=(ONE, alias)), method="REQUEST")
    outcome = received(None, said, inside(ORGANIZER), frozenset({ONE, alias}), NOW)
    assert isinstance(outcome, Created)
    kept_as = [line for line in text(outcome.object).split("\r\n") if line.startswith("ATTENDEE")]
    assert [(line.partition(":mailto:")[2], "PARTSTAT=NEEDS-ACTION" in line) for line in kept_as] == [
        (ONE, True), (alias, True),
    ]  # fmt: skip


def test_other_things_are_no_invitations() -> None:
    busy = "BEGIN:VFREEBUSY\r\nUID:x\r\nDTSTAMP:20261129T070000Z\r\nEND:VFREEBUSY"
    assert take(None, thing(busy, method="REQUEST"), ONE) == Refused("component")
    assert take(None, thing(component(), method="INVITE"), ONE) == Refused("method")
    assert take(thing(component(uid="autre")), thing(component(), method="REQUEST"), ONE) == Refused("uid")
    no_start = component().replace("DTSTART;TZID=Africa/Lome:20261207T090000\r\n", "")
    assert take(None, thing(no_start, method="CANCEL"), ONE) == Ignored("unknown")


def test_what_an_organiser_sends_arrives_as_it_was_meant() -> None:
    first = organised(None, thing(component(DAILY)), OWNER, at(0))
    copy = take(None, by_method(first.messages)["REQUEST", ONE], ONE)
    assert isinstance(copy, Created)
    second = organised(first.stored, thing(component(DAILY), override("20261208", people=(TWO,))), OWNER, at(1))
    gone = take(copy.object, by_method(second.messages)["CANCEL", ONE], ONE)
    assert isinstance(gone, Cancelled)
    again = organised(second.stored, thing(component(DAILY), override("20261208", summary="Retour")), OWNER, at(2))
    back = take(gone.object, by_method(again.messages)["REQUEST", ONE], ONE)
    assert isinstance(back, Updated)
    assert "SUMMARY:Retour" in text(back.object)
    assert kept(again.stored, component(DAILY)).override_nodes == ()


def test_of_a_whole_series_each_takes_what_is_for_them() -> None:
    """As programs send it that tell everybody all of it."""
    whole = thing(
        component(DAILY, people=(ONE,)),
        override("20261208", people=(ONE, TWO)),
        override("20261209", people=(TWO,)),
        method="REQUEST",
    )
    first, second = take(None, whole, ONE), take(None, whole, TWO)
    assert isinstance(first, Created)
    assert isinstance(second, Created)
    assert "EXDATE;TZID=Africa/Lome:20261209T090000" in text(first.object)
    assert len(first.object.override_nodes) == 1
    assert (second.object.master_node, len(second.object.override_nodes)) == (None, 2)
    assert take(None, whole, THREE) == Refused("not_invited")
