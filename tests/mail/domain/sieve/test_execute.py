"""What scripts do with letters, where Debian's sieve-test cannot say it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.sieve import Known, Redirect, ScriptError, Store, Wanted
from services.mail.domain.sieve.limits import MAX_STEPS
from tests.mail.domain.sieve.runs import LETTER, done, outcome
from tests.mail.domain.sieve.test_compile import SOUND

DUPLICATE = 'require ["duplicate", "fileinto"]; if duplicate { discard; } else { fileinto "New"; }'


def test_without_a_word_the_letter_is_kept() -> None:
    assert done("").stores == (Store(),)
    assert done("stop; discard;").stores == (Store(),)
    assert done("discard;").stores == ()


def test_what_was_seen_before_is_asked_for_and_remembered() -> None:
    asked = outcome(DUPLICATE)
    assert isinstance(asked, Wanted)
    assert asked.what == "duplicate"
    first = done(DUPLICATE, known=Known(seen={asked.key: False}))
    assert first.stores == (Store("New"),)
    assert [(each.key, each.seconds) for each in first.tracked] == [(asked.key, 7 * 24 * 3600)]
    again = done(DUPLICATE, known=Known(seen={asked.key: True}))
    assert again.stores == ()
    assert again.tracked == ()


def test_a_letter_without_identity_is_no_duplicate() -> None:
    assert done(DUPLICATE, b"Subject: x\r\n").stores == (Store("New"),)
    assert done(DUPLICATE, b"Subject: x\r\n").tracked == ()


def test_runs_that_ask_cost_together_what_one_may() -> None:
    names, keys = ",".join(['"subject"'] * 100), ",".join(['"z"'] * 700)
    script = f'require "duplicate"; if header :contains [{names}] [{keys}] {{ stop; }} if duplicate {{ discard; }}'
    asked = outcome(script)
    assert isinstance(asked, Wanted)
    assert 60_000 < asked.steps < MAX_STEPS
    again = done(script, known=Known(seen={asked.key: True}, steps=asked.steps))
    assert again.failure is not None
    assert again.stores == (Store(),)


def test_last_remembers_a_duplicate_longer_and_handles_keep_apart() -> None:
    script = 'require "duplicate"; if duplicate :handle "h" :uniqueid "u" :seconds 60 :last { discard; }'
    asked = outcome(script)
    assert isinstance(asked, Wanted)
    again = done(script, known=Known(seen={asked.key: True}))
    assert [each.seconds for each in again.tracked] == [60]
    other = outcome(script.replace('"h"', '"i"'))
    assert isinstance(other, Wanted)
    assert other.key != asked.key


def test_mailboxes_and_bodies_are_asked_for_only_where_they_matter() -> None:
    script = 'require ["mailbox", "body"]; if false { if body "x" { stop; } } if mailboxexists "A" { discard; }'
    for source, what in [(script, "mailboxes"), ('require "body"; if body :contains "x" { discard; }', "body")]:
        asked = outcome(source, body=None)
        assert isinstance(asked, Wanted)
        assert asked.what == what
    assert done(script, known=Known(mailboxes={"A": ""})).stores == ()
    assert done(script, known=Known(mailboxes={"B": ""})).stores == (Store(),)


def test_a_copy_by_its_use_leaves_the_letter_in_inbox_too() -> None:
    require = 'require ["special-use", "fileinto", "copy"];'
    copied = done(require + 'fileinto :copy :specialuse "\\\\Junk" "INBOX";')
    assert copied.stores == (Store("", special_use="\\Junk"), Store())
    assert done(require + 'fileinto :copy "INBOX";').stores == (Store(),)


def test_special_uses() -> None:
    script = (
        'require ["special-use", "fileinto"]; if specialuse_exists "\\\\archive" '
        '{ fileinto :specialuse "\\\\Archive" "Archives"; }'
    )
    assert done(script, known=Known(mailboxes={"Old": "\\Archive"})).stores == (
        Store("Archives", special_use="\\Archive"),
    )
    assert done(script, known=Known(mailboxes={"Old": ""})).stores == (Store(),)


def test_edits_are_in_what_is_kept_after_them_alone() -> None:
    actions = done(
        'require ["editheader", "fileinto"]; fileinto "Before"; addheader "X-Word" "été\r\nX-Evil: 1";'
        ' deleteheader "Subject"; redirect "agent3@numerique.gouv.tg"; keep;'
    )
    before, kept = actions.stores
    assert before == Store("Before")
    assert kept.header is not None
    assert b"Subject" not in kept.header
    assert b"\nX-Evil" not in kept.header
    assert kept.header.startswith(b"X-Word: =?utf-8?")
    assert actions.redirects == (Redirect("agent3@numerique.gouv.tg", kept.header),)


def test_what_our_servers_wrote_is_not_edited() -> None:
    trace = b"Return-Path: <x@y.example>\r\nReceived: from a\r\n"
    actions = done(
        'require "editheader"; deleteheader "Received"; deleteheader "Auto-Submitted";'
        ' deleteheader :index 1 "Subject";',
        b"Received: from b\r\nAuto-Submitted: auto-generated\r\nSubject: a\r\nSubject: b\r\n",
        trace=trace,
    )
    assert actions.stores[0].header == b"Received: from b\r\nAuto-Submitted: auto-generated\r\nSubject: b\r\n"


def test_a_failure_keeps_the_letter_and_does_nothing_else() -> None:
    actions = done('require "variables"; redirect "agent2@numerique.gouv.tg";\nset "a" "x"; redirect "${a}";')
    assert actions.stores == (Store(),)
    assert actions.redirects == ()
    assert actions.failure is not None
    assert actions.failure.line == 2
    assert actions.failure.french != actions.failure.english


def test_names_that_letters_make_are_made_sound() -> None:
    script = 'require ["variables", "fileinto"]; if header :matches "subject" "*" { fileinto "Lists/${1}"; }'
    for subject, mailbox in [
        (b"a%b*c", "Lists/a_b_c"), (b" x / / y ", "Lists/x/y"), (b"", "Lists"), (b"../../etc", "Lists/../../etc"),
    ]:  # fmt: skip
        assert done(script, b"Subject: " + subject + b"\r\n").stores[0].mailbox == mailbox
    assert done(script, b"Subject: " + b"x" * 300 + b"\r\n").failure is not None


def test_a_character_that_wildcards_took_apart_is_put_together_again() -> None:
    script = 'require ["variables", "fileinto"]; if header :matches "subject" "??" { fileinto "${1}${2}"; }'
    assert done(script, "Subject: é\r\n".encode()).stores == (Store("é"),)
    assert done(script.replace("${2}", ""), "Subject: é\r\n".encode()).stores == (Store("_"),)


def test_environment_says_what_is_known_of_it() -> None:
    script = 'require "environment"; if environment :is "location" "MDA" { discard; }'
    assert done(script, known=Known(environment={"location": "MDA"})).stores == ()
    assert done(script).stores == (Store(),)


def test_accents_in_any_case_by_the_comparator_of_unicode() -> None:
    name = "i;unicode-casemap"
    script = f'require "comparator-{name}"; if header {{}} :comparator "{name}" "subject" "{{}}" {{{{ discard; }}}}'
    header = "Subject: Réunion à l'ÉCOLE\r\n".encode()
    assert done(script.format(":contains", "école"), header).stores == ()
    assert done(script.format(":matches", "RÉ*l'é?ole"), header).stores == ()
    assert done(script.format(":contains", "ecole"), header).stores == (Store(),)


@pytest.mark.parametrize(
    "script",
    [
        # Variables that double, and texts made of many of them.
        'require "variables"; set "a" "0123456789abcdef";' + 'set "a" "${a}${a}";' * 400,
        'require ["variables", "vacation"]; set "a" "' + "x" * 8000 + '"; vacation "' + "${a}" * 5000 + '";',
        'require "variables";' + "".join(f'set "v{number}" "x";' for number in range(400)),
        # Much to compare with much.
        "if header :contains [" + ",".join(['"x-many"'] * 500) + "] [" + ",".join(['"zzz"'] * 500) + "] { stop; }",
        "if header :matches [" + ",".join(['"x-long"'] * 300) + "] [" + ",".join(['"*a*a*a?b"'] * 300) + "] { stop; }",
        'require "body"; if body :raw :matches [' + ",".join(['"*?a?*b?*zz"'] * 3000) + "] { stop; }",
        # Long patterns, that variables make, and literals that nearly fit everywhere.
        'require "variables"; set "v" "'
        + "?*" * 500
        + '"; if header :matches "subject" ['
        + ",".join(f'"{"${v}" * 40}{number}"' for number in range(400))
        + "] { stop; }",
        'require "variables"; set "v" "*'
        + "a?" * 3900
        + 'b*"; if header :matches "x-long" ['
        + ",".join(f'"${{v}}{number}"' for number in range(400))
        + "] { stop; }",
        'require ["variables", "comparator-i;unicode-casemap"]; set "v" "' + "é" * 8000 + '"; '
        'if header :comparator "i;unicode-casemap" :contains "x-long" ['
        + ",".join(f'"{"${v}" * 10}{number}"' for number in range(400))
        + "] { stop; }",
        'require "editheader";' + 'addheader "X" "y";' * 100,
        'require "fileinto";' + "".join(f'fileinto "f{number}";' for number in range(100)),
        "".join(f'redirect "agent{number}@numerique.gouv.tg";' for number in range(10)),
        'require "enotify";' + "".join(f'notify "mailto:agent{number}@numerique.gouv.tg";' for number in range(10)),
        'require "duplicate";' + "".join(f'if duplicate :uniqueid "{number}" {{ }}' for number in range(9)),
    ],
)
def test_scripts_that_want_too_much_end_soon_and_keep_the_letter(script: str) -> None:
    header = (
        LETTER + b"".join(b"X-Many: %d\r\n" % number for number in range(400)) + b"X-Long: " + b"a" * 60_000 + b"\r\n"
    )
    known = Known(seen={f"\0{number}": False for number in range(8)})
    begun = time.process_time()
    actions = outcome(script, header, body=b"a" * 500_000, known=known)
    assert not isinstance(actions, Wanted)
    assert actions.stores
    assert actions.steps <= MAX_STEPS + 10_000
    assert time.process_time() - begun < 10


@given(
    st.sampled_from([script for script in SOUND if "duplicate" not in script]),
    st.one_of(
        st.binary(max_size=300),
        st.text("aé:;@<>,=?\r\n ", max_size=60).map(lambda text: f"To: {text}\r\n".encode()),
    ),
    st.binary(max_size=300),
)
def test_no_letter_makes_a_script_raise(script: str, header: bytes, body: bytes) -> None:
    try:
        outcome(script, header, body=body, known=Known(mailboxes={}))
    except ScriptError:
        pytest.fail("these are sound")
