"""In which order a message is asked what is to be known of it."""

from services.mail.domain.search import And, Attached, HasFlag, Header, Not, Or, Size, Text
from services.mail.usecases.candidates import cheapest_first

SEEN, WORDS, LARGE, READ = HasFlag("\\Seen"), Text("budget"), Size(larger=1), Header("X-Dossier", "17")


def test_what_needs_no_reading_is_asked_first_however_deep_it_stands() -> None:
    asked = And((READ, Not(Or((LARGE, WORDS, SEEN))), Attached(), SEEN))
    assert cheapest_first(asked) == And((SEEN, Attached(), Not(Or((SEEN, WORDS, LARGE))), READ))
