"""The letter beside a message, in French and English."""

import pytest

from services.calendar.domain.itip.answers import attended
from services.calendar.domain.itip.changes import organised
from services.calendar.domain.itip.phrases import ENGLISH, FRENCH
from services.calendar.domain.itip.proposals import counter_for, decline_counter, refresh_for
from services.calendar.domain.itip.rule_words import rule_words
from services.calendar.domain.itip.series import series_of
from services.calendar.domain.itip.words import letter_for
from services.calendar.domain.objects.lines import made
from tests.calendar.itip.scheduling import ONE, OWNER, TWO, at, attendee, component, kept, messages_for, override, thing

WEEKLY = "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270201T090000Z"
PLACE = ("LOCATION:Salle 1", "CONFERENCE;VALUE=URI:https://visio.gouv.tg/budget")


def test_an_invitation_says_who_when_where_how_often_and_by_which_link() -> None:
    message = messages_for(None, thing(component(WEEKLY, *PLACE)), OWNER, at(0))[0]
    letter = letter_for(message, "Direction du budget")
    assert letter.subject == "Invitation : Budget"
    french, english = letter.text.split("—\n")[0], letter.text.split("—\n")[1]
    for said in (
        "Direction du budget vous invite.",
        "Date : lundi 7 décembre 2026, 09:00 – 10:00 (Africa/Lome, UTC+00:00)",
        "Lieu : Salle 1",
        "Visioconférence : https://visio.gouv.tg/budget",
        "Répétition : chaque semaine, le lundi, jusqu'au lundi 1er février 2027",
    ):
        assert said in french
    for said in (
        "invites you",
        "Monday 7 December 2026, 09:00 – 10:00",
        "every week, on Monday, until Monday 1 February",
    ):
        assert said in english


@pytest.mark.parametrize(
    ("rule", "french", "english"),
    [
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;COUNT=4",
            "toutes les 2 semaines, le lundi, le mercredi et le vendredi, 4 fois",
            "every 2 weeks, on Monday, Wednesday and Friday, 4 times",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "chaque mois, le dernier jour", "every month, on the last day"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "chaque mois, le 1er et le 15", "every month, on day 1 and day 15"),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "chaque année, en février, le 29",
            "every year, in February, on day 29",
        ),
        ("FREQ=MONTHLY;BYDAY=-2FR", "chaque mois, selon une règle particulière", "every month, by a special rule"),
        (
            "FREQ=MONTHLY;BYDAY=1MO,3MO",
            "chaque mois, le premier lundi et le troisième lundi",
            "every month, on the first Monday and the third Monday",
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "chaque mois, le vendredi, selon une règle particulière",
            "every month, on Friday, by a special rule",
        ),
    ],
)
def test_rules_in_words(rule: str, french: str, english: str) -> None:
    node = thing(component()).nodes[0]
    assert (rule_words(rule, node, FRENCH), rule_words(rule, node, ENGLISH)) == (french, english)


def test_a_change_says_what_changed_and_what_it_was() -> None:
    before = kept(None, component())
    after = thing(component(start="20261208T143000", location="Salle 2"))
    letter = letter_for(messages_for(before, after, OWNER, at(1))[0], "Chef")
    assert letter.subject == "Modification / Updated : Budget"
    assert "Ce qui change : la date ou l'heure, le lieu." in letter.text
    assert "Date : mardi 8 décembre 2026, 14:30 – 15:30" in letter.text
    assert "auparavant : lundi 7 décembre 2026, 09:00 – 10:00" in letter.text


def test_a_cancelled_day() -> None:
    days = component().replace("DTSTART;TZID=Africa/Lome:20261207T090000", "DTSTART;VALUE=DATE:20261207")
    before = kept(None, days.replace("PT1H", "P2D"))
    letter = letter_for(messages_for(before, None, OWNER, at(1))[0], "Chef")
    assert letter.subject == "Annulation / Cancelled : Budget"
    assert "lundi 7 décembre 2026 au mardi 8 décembre 2026" in letter.text
    first = letter_for(messages_for(None, thing(component(start="20270101T090000")), OWNER, at(0))[0], "Chef")
    assert "vendredi 1er janvier 2027, 09:00" in first.text


def test_answers_and_proposals() -> None:
    mine = thing(component())
    for said, subject, words in (
        ("ACCEPTED", "Accepté / Accepted : Budget", "Agent participera."),
        ("DECLINED", "Refusé / Declined : Budget", "Agent will not attend."),
        ("TENTATIVE", "Peut-être / Tentative : Budget", "Agent may attend."),
    ):
        line = attendee(ONE, f";PARTSTAT={said}")
        reply = attended(mine, thing(component("COMMENT:Merci", people=(line, TWO))), frozenset({ONE}), at(1)).messages[
            0
        ]
        letter = letter_for(reply, "Agent")
        assert (letter.subject, words in letter.text, "Commentaire : Merci" in letter.text) == (subject, True, True)
    times = [made("DTSTART", "20261207T160000", {"TZID": "Africa/Lome"}), made("DURATION", "PT1H")]
    counter = letter_for(counter_for(mine, "", times, "Plutôt le soir", frozenset({ONE}), at(1))[0], "Agent")
    assert counter.subject == "Autre horaire proposé / New time proposed : Budget"
    assert "Horaire proposé : lundi 7 décembre 2026, 16:00 – 17:00" in counter.text
    assert "Plutôt le soir" in counter.text
    assert "Proposition écartée" in letter_for(decline_counter(mine, "", ONE, "Non", at(1))[0], "Chef").subject
    assert "mise à jour" in letter_for(refresh_for(series_of(mine), [ONE], at(1))[0], "Agent").subject


def test_a_delegate_is_named() -> None:
    own = attendee(ONE, f';PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{TWO}"')
    reply, _ = attended(
        thing(component(people=(ONE,))), thing(component(people=(own, TWO))), frozenset({ONE}), at(1)
    ).messages
    assert f"Agent se fait représenter par {TWO}." in letter_for(reply, "Agent").text


def test_nothing_of_others_makes_a_field_or_a_line_of_ours() -> None:
    nasty = "Budget\\r\\nBcc: tous@gouv.tg\\n\u202eX" + "x" * 5_000
    person = "ATTENDEE;CN=\"A^nBcc: b ^'quoted^'\":mailto:un@sante.gouv.tg"
    bad = component("URL:javascript:alert(1)", people=(person,), summary=nasty, location="Salle\\nOrganisateur : x")
    letter = letter_for(messages_for(None, thing(bad), OWNER, at(0))[0], "Chef\r\nBcc: x")
    assert len(letter.subject) <= 200
    assert letter.subject.isprintable()
    assert "\n" not in letter.subject
    assert not any(row.startswith(("Bcc:", "Organisateur : x")) for row in letter.text.splitlines())
    assert "javascript" not in letter.text


def test_letters_are_bounded() -> None:
    many = tuple(f"agent{number}@gouv.tg" for number in range(900))
    message = organised(None, thing(component("DESCRIPTION:" + "x" * 100_000, people=many)), OWNER, at(0)).messages[0]
    letter = letter_for(message, "Chef")
    assert len(letter.text) < 20_000
    assert "et 880 autres" in letter.text


def test_instances_of_a_letter_are_each_told() -> None:
    daily = "RRULE:FREQ=DAILY;COUNT=5"
    written = (override(day, people=(ONE,)) for day in ("20261208", "20261209"))
    message = messages_for(None, thing(component(daily, people=()), *written), OWNER, at(0))[0]
    text = letter_for(message, "Chef").text
    assert "mardi 8 décembre" in text
    assert "mercredi 9 décembre" in text
