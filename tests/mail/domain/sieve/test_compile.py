"""A script is taken when it is one, and told what is wrong with it, and where, when it is not."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.sieve import (
    EXTENSIONS,
    MAX_COMMANDS,
    MAX_NESTING,
    MAX_SCRIPT,
    ScriptError,
    compile_script,
)

SOUND = [
    "",
    "# only a comment",
    "/* and another\n kind */ keep;",
    'require "fileinto"; if header :is "subject" "x" { fileinto "A/B"; stop; } elsif true { keep; } else { discard; }',
    'require ["fileinto", "copy", "mailbox"]; fileinto :copy :create "Archives/2026";',
    'require ["vacation"]; vacation :days 3 :addresses ["agent1@numerique.gouv.tg"] text:\nAbsent.\n..\n.\n;',
    'require "vacation-seconds"; vacation :seconds 600 "Absent";',
    'require ["variables", "relational", "comparator-i;ascii-numeric"];'
    ' set :upper :length "n" "abc"; if string :value "gt" :comparator "i;ascii-numeric" "${n}" "2" { stop; }',
    'require "imap4flags"; addflag "\\\\Flagged"; if hasflag :contains ["x"] { keep :flags "a b"; }',
    'require ["imap4flags", "variables"]; setflag "mine" "x"; if hasflag "mine" "x" { keep; }',
    'require "editheader"; addheader :last "X-Seen" "yes"; deleteheader "X-A"; deleteheader :index 1 "X-B" "c";',
    'require ["date", "index"]; if date :index 1 :last :zone "+0000" :is "received" "weekday" ["0", "6"] { stop; }',
    'require "date"; if currentdate :is "hour" "09" { stop; }',
    'require "body"; if body :content ["text", "message/rfc822"] :contains "x" { stop; }',
    'require "duplicate"; if duplicate :seconds 60 :header "X-Id" :handle "a" :last { discard; }',
    'require "enotify"; notify :importance "1" :message "x" "mailto:agent1@numerique.gouv.tg?subject=y";',
    'require "subaddress"; if address :user "to" "agent1" { stop; }',
    'require "envelope"; if envelope :domain ["from", "to"] "gouv.tg" { stop; }',
    'require "environment"; if environment "phase" "pre" { stop; }',
    'require "encoded-character"; redirect "a${hex:40}gouv.tg";',
    'require "reject"; reject "Non";',
    'require ["fileinto", "special-use"]; fileinto :specialuse "\\\\Junk" "Junk";',
    'if anyof (not exists "a", allof (size :over 1M, size :under 2G)) { keep; }',
]

WRONG = [
    ("keep", 1, 5, "expected"),
    ("keep;\n  kepp;", 2, 3, "no command"),
    ("if tru { }", 1, 4, "no test"),
    ('fileinto "A";', 1, 1, "require"),
    ('require "fileinto"; fileinto "A" "B";', 1, 21, "argument"),
    ('require "nothing-such";', 1, 9, "no extension"),
    ('keep; require "fileinto";', 1, 7, "before all else"),
    ("else { }", 1, 1, "follows no"),
    ("if true { keep; ", 1, 17, "expected"),
    ('keep "', 1, 6, "not closed"),
    ("/* keep;", 1, 1, "not closed"),
    ('require "vacation"; vacation text:\nnever', 1, 30, "not ended"),
    ('if header ["a",] "b" { }', 1, 16, "quoted string"),
    ('redirect "nobody";', 1, 10, "not a mail address"),
    ("if size 3 { }", 1, 4, ":over"),
    ("if size :over :under 3 { }", 1, 15, "does not go"),
    ("if size :over 99999999999999999999G { }", 1, 15, "too large"),
    ("if size :over 3Q { }", 1, 15, "means nothing"),
    ('if header :is :contains "a" "b" { }', 1, 15, "does not go"),
    ('if header "a" :is "b" { }', 1, 15, "before the other"),
    ('if header :comparator "i;none" "a" "b" { }', 1, 23, "no comparator"),
    ('if header "a b" "b" { }', 1, 11, "not the name of a header"),
    ('if address "subject" "b" { }', 1, 12, "no addresses"),
    ('require "variables"; set "a b" "c";', 1, 26, "name of a variable"),
    ('require "variables"; keep; discard; redirect "${ns.x}@gouv.tg";', 1, 46, "no variables"),
    ('require "fileinto"; fileinto "a//b";', 1, 30, "empty level"),
    ('require "index"; if header :last "a" "b" { }', 1, 21, ":index"),
    ('require "enotify"; notify "xmpp:a@b";', 1, 27, "mailto"),
    ('require "date"; if date "date" "century" "1" { }', 1, 32, "no part"),
    ('require "encoded-character"; redirect "${unicode:D800}";', 1, 39, "not a character"),
    ("if not { }", 1, 4, "one test"),
    ("if anyof true { }", 1, 4, "parentheses"),
    ("keep { }", 1, 1, "no block"),
    ("if true;", 1, 1, "block"),
    ("}", 1, 1, "command is expected"),
]


@pytest.mark.parametrize("source", SOUND)
def test_what_is_a_script_is_taken(source: str) -> None:
    script = compile_script(source.encode())
    assert script.source == source.encode()
    assert compile_script(source.replace("\n", "\r\n").encode()).commands == script.commands


@pytest.mark.parametrize(("source", "line", "column", "words"), WRONG)
def test_what_is_none_is_told_where_and_why(source: str, line: int, column: int, words: str) -> None:
    with pytest.raises(ScriptError) as raised:
        compile_script(source.encode())
    error = raised.value
    assert (error.line, error.column) == (line, column), error
    assert words in error.english
    assert error.french != error.english
    assert str(error).startswith(f"Ligne {line}, colonne {column} : ")


@pytest.mark.parametrize(
    "source",
    [
        b"keep; " * MAX_COMMANDS + b"keep;",
        b"#" * (MAX_SCRIPT + 1),
        b"if true {" * (MAX_NESTING + 1) + b"}" * (MAX_NESTING + 1),
        b"if " + b"not " * 50_000 + b"true { }",
        b"if " + b"anyof (" * 10_000,
        b"{" * 100_000,
        b'if header ["a"' + b', "a"' * 20_000,
        b"\xff\xfe",
        b"keep;\0",
        b'"' + b"\\" * 100_001,
        b"/*" * 60_000,
    ],
)
def test_giants_are_refused(source: bytes) -> None:
    with pytest.raises(ScriptError):
        compile_script(source)


_PIECES = st.sampled_from(
    [
        *'{}()[],;"\\',
        "if ",
        "not ",
        "anyof",
        "header ",
        ":is ",
        ':comparator "',
        "text:",
        "\n.\n",
        "${",
        "}",
        "/*",
        "*/",
    ]
    + ["require ", "keep", "#", "\r\n", "1", "9K", '"a" ', "${unicode:", "fileinto", "set ", "\ud7ff", "é"]
    + [f'require "{name}";' for name in EXTENSIONS]
    + [source for source in SOUND if source]
)


@given(st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=30).map(lambda found: "".join(found).encode())))
def test_nothing_but_its_own_error_is_raised(source: bytes) -> None:
    with contextlib.suppress(ScriptError):
        compile_script(source)
