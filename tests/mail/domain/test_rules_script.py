"""Simple rules as a Sieve script: fit to be read, sound whatever is in them, and doing what they say."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.rules import (
    MAX_TEXT,
    MOST_RULES,
    Act,
    Action,
    Condition,
    Field,
    Forwarding,
    Match,
    Rule,
    Rules,
    Vacation,
    sound,
)
from services.mail.domain.rules_script import sieve_of
from services.mail.domain.sieve import Actions, Store, compile_script
from tests.mail.domain.sieve.runs import outcome

DOMAINS = ("gouv.tg",)
READABLE = """\
# Fait à partir des règles de l'espace de travail : changez-les là, pas ici.
# Made from the rules of the workspace: change them there, not here.
require ["copy", "date", "envelope", "fileinto", "imap4flags", "mailbox", "relational", "vacation"];

# Absence / Vacation
if allof (currentdate :value "ge" "date" "2026-11-28", currentdate :value "le" "date" "2026-12-05", \
anyof (envelope :domain :is "from" "gouv.tg", envelope :domain :matches "from" "*.gouv.tg")) {
    vacation :days 7 :subject "Absent" "De retour \\"bientôt\\".";
}

# Transfert / Forwarding
redirect :copy "agent2@sante.gouv.tg";

# Règle 2 / Rule 2: Factures
if anyof (header :contains "subject" "facture", not address :all :matches ["to", "cc"] "*@tresor.tg", size :over 5000) {
    addflag "\\\\Seen";
    fileinto :create "Factures/2026";
    stop;
}
"""
MOVE = (Action(Act.MOVE, mailbox="Factures/2026"),)


def written(rules: Rules) -> str:
    return sieve_of(sound(rules), DOMAINS).decode().replace("\r\n", "\n")


def test_the_script_is_fit_to_be_read_and_always_the_same() -> None:
    invoices = Rule(
        "Factures",
        (
            Condition(Field.SUBJECT, value="facture"),
            Condition(Field.TO, Match.ENDS, "@tresor.tg", negated=True),
            Condition(Field.SIZE, octets=5000),
        ),
        (*MOVE, Action(Act.MARK_READ)),
        any_of=True,
        stop=True,
    )
    rules = Rules(
        rules=(replace(invoices, disabled=True), invoices),
        vacation=Vacation(
            True, "Absent", 'De retour "bientôt".', date(2026, 11, 28), date(2026, 12, 5), colleagues_only=True
        ),
        forwarding=Forwarding(True, "Agent2@Sante.gouv.tg"),
    )
    assert written(rules) == READABLE
    assert written(Rules()) == READABLE[: READABLE.index("require")]


def did(rule: Rule | Rules, header: str, body: str = "Bonjour") -> Actions:
    rules = rule if isinstance(rule, Rules) else Rules(rules=(rule,))
    actions = outcome(written(rules), header.replace("\n", "\r\n").encode(), body=body.replace("\n", "\r\n").encode())
    assert isinstance(actions, Actions)
    return actions


LETTER = """\
From: Agent Deux <agent2@numerique.gouv.tg>
To: a@b.tg
Cc: liste*@b.tg
Subject: La Facture [1]
List-Id: <l.b.tg>
"""
ATTACHED = "Content-Type: multipart/mixed; boundary=x\n"
PDF = "--x\nContent-Type: text/plain\n\na\n--x\nContent-Type: image/png\nContent-Disposition: attachment\n\na\n--x--\n"
LOGO = "--x\nContent-Type: text/plain\n\na\n--x\nContent-Type: image/png\nContent-Disposition: inline\n\na\n--x--\n"


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        (Condition(Field.FROM, Match.CONTAINS, "agent deux"), True),
        (Condition(Field.FROM, Match.IS, "AGENT2@numerique.gouv.tg"), True),
        (Condition(Field.FROM, Match.IS, "Agent Deux"), False),
        (Condition(Field.FROM, Match.ENDS, "@numerique.gouv.tg"), True),
        (Condition(Field.FROM, Match.ENDS, "@gouv.tg"), False),
        (Condition(Field.TO, Match.BEGINS, "liste*"), True),
        (Condition(Field.TO, Match.BEGINS, "l*@"), False),
        (Condition(Field.SUBJECT, Match.BEGINS, "la fac"), True),
        (Condition(Field.SUBJECT, Match.IS, "facture"), False),
        (Condition(Field.SUBJECT, Match.CONTAINS, "[1]", negated=True), False),
        (Condition(Field.LIST, Match.CONTAINS, "l.b.tg"), True),
        (Condition(Field.BODY, Match.CONTAINS, "bonjour"), True),
        (Condition(Field.SIZE, octets=20), True),
        (Condition(Field.SIZE, octets=2_000), False),
        (Condition(Field.ATTACHMENT), False),
    ],
)
def test_conditions_are_met_as_they_say(condition: Condition, met: bool) -> None:
    assert did(Rule("r", (condition,), MOVE), LETTER).stores == (
        Store("Factures/2026", create=True) if met else Store(),
    )


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        (Condition(Field.SUBJECT, Match.CONTAINS, "ÉTÉ"), True),
        (Condition(Field.SUBJECT, Match.BEGINS, "congés d'Été"), True),
        (Condition(Field.SUBJECT, Match.ENDS, "À ANÉHO"), True),
        (Condition(Field.SUBJECT, Match.IS, "CONGÉS d'été à anÉho"), True),
        (Condition(Field.SUBJECT, Match.CONTAINS, "ÊTE"), False),
        (Condition(Field.FROM, Match.CONTAINS, "délégué"), True),
        (Condition(Field.BODY, Match.CONTAINS, "ÇA Y EST"), True),
        (Condition(Field.BODY, Match.CONTAINS, "Œuvre"), True),
    ],
)
def test_accented_letters_are_compared_without_case_too(condition: Condition, met: bool) -> None:
    header = (
        "From: =?utf-8?q?LE_D=C3=89L=C3=89GU=C3=89?= <a@b.tg>\n"
        "Subject: =?utf-8?q?Cong=C3=A9s_d'=C3=A9t=C3=A9_=C3=A0_An=C3=A9ho?=\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    )
    stores = did(Rule("r", (condition,), MOVE), header, "Enfin, ça y est : l'œuvre.").stores
    assert stores == ((Store("Factures/2026", create=True),) if met else (Store(),))


def test_what_has_an_attachment() -> None:
    rule = Rule("r", (Condition(Field.ATTACHMENT),), MOVE)
    moved = (Store("Factures/2026", create=True),)
    assert did(rule, LETTER + ATTACHED, PDF).stores == moved
    assert did(rule, LETTER + ATTACHED, LOGO).stores == (Store(),)
    assert did(rule, LETTER + ATTACHED, LOGO.replace("image/png", "application/pdf")).stores == moved


def test_actions_do_what_they_say_and_stop_hides_the_letter_from_the_next() -> None:
    everything = Rule("tout", (), (Action(Act.COPY, mailbox="Copies"), Action(Act.FLAG)))
    taken = Rule("pris", (Condition(Field.SUBJECT, value="facture"),), (Action(Act.DELETE),), stop=True)
    last = Rule("dernier", (), (Action(Act.FORWARD, address="agent3@gouv.tg"), Action(Act.MARK_READ)))
    actions = did(Rules(rules=(everything, taken, last)), LETTER)
    assert actions.stores == (
        Store("Copies", flags=("\\Flagged",), create=True),
        Store("Trash", flags=("\\Flagged",), special_use="\\Trash"),
    )
    assert actions.redirects == ()
    actions = did(Rules(rules=(everything, taken, last)), LETTER.replace("Facture", "x"))
    assert [each.address for each in actions.redirects] == ["agent3@gouv.tg"]
    assert actions.stores[1:] == (Store(flags=("\\Flagged", "\\Seen")),)


def test_forwarding_without_a_copy_leaves_none() -> None:
    moved = Rule("r", (), MOVE)
    actions = did(Rules(rules=(moved,), forwarding=Forwarding(True, "a@gouv.tg", keep_copy=False)), LETTER)
    assert ([each.address for each in actions.redirects], actions.stores) == (["a@gouv.tg"], ())
    actions = did(Rules(rules=(moved,), forwarding=Forwarding(True, "a@gouv.tg")), LETTER)
    assert (len(actions.redirects), len(actions.stores)) == (1, 1)


@pytest.mark.parametrize(
    ("first", "last", "answers"),
    [(None, None, True), (date(2026, 11, 30), None, True), (None, date(2026, 11, 30), True),
     (date(2026, 12, 1), None, False), (None, date(2026, 11, 29), False)],
)  # fmt: skip
def test_vacation_answers_from_its_first_to_its_last_day(first: date | None, last: date | None, answers: bool) -> None:
    actions = did(Rules(vacation=Vacation(True, "Absent", "Je reviens.\nBientôt.", first, last)), LETTER)
    assert (actions.vacation is not None) is answers
    if actions.vacation is not None:
        assert (actions.vacation.subject, actions.vacation.reason) == ("Absent", "Je reviens.\r\nBientôt.")
    assert did(Rules(vacation=Vacation(False, "", "")), LETTER).vacation is None


TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30),
    st.sampled_from(['"', "\\", '\\"; discard; #', "${hex:00}", "${1}", "*?", "*/", "text:", "."]),
).filter(lambda text: bool(text.strip()))
CONDITIONS = st.builds(
    Condition,
    st.sampled_from([each for each in Field if each is not Field.BODY]),
    st.sampled_from(Match),
    TEXTS,
    st.integers(1, 2**31 - 1),
    st.booleans(),
)
ACTIONS = st.builds(Action, st.sampled_from(Act), st.just('A "b"\\c'), st.just("a@gouv.tg"))
RULES = st.builds(
    Rule,
    TEXTS,
    st.lists(CONDITIONS, max_size=4).map(tuple),
    st.lists(ACTIONS, min_size=1, max_size=4).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(RULES, max_size=4).map(tuple), TEXTS, TEXTS)
def test_any_sound_rules_are_a_sound_script_and_nothing_in_them_becomes_one(
    rules: tuple[Rule, ...], subject: str, text: str
) -> None:
    given = Rules(rules=rules, vacation=Vacation(True, subject, text))
    script = compile_script(sieve_of(sound(given), DOMAINS))
    assert not any(node.name in {"discard", "reject", "set"} for node in script.commands)
    vacation = next(node for node in script.commands if node.name == "vacation")
    assert vacation.texts(0)[0].constant == "\r\n".join(text.splitlines())


RULE = Rule("r", (), MOVE)


def ruled(**fields: Any) -> Rules:
    """One rule that is sound but for these."""
    return Rules(rules=(replace(RULE, **fields),))


def looking(condition: Condition) -> Rules:
    return ruled(conditions=(condition,))


FIVE = tuple(replace(RULE, actions=(Action(Act.FORWARD, address=f"a{number}@gouv.tg"),)) for number in range(5))


@pytest.mark.parametrize(
    ("rules", "at"),
    [
        (Rules(rules=(RULE,) * (MOST_RULES + 1)), "rules"),
        (Rules(rules=FIVE), "rules"),
        (ruled(name="a\r\ndiscard;"), "rules[0].name"),
        (ruled(name=" "), "rules[0].name"),
        (Rules(rules=(RULE, replace(RULE, actions=()))), "rules[1].actions"),
        (looking(Condition(Field.SUBJECT)), "rules[0].conditions[0].value"),
        (looking(Condition(Field.TO, value="x" * 201)), "rules[0].conditions[0].value"),
        (looking(Condition(Field.TO, value="\0")), "rules[0].conditions[0].value"),
        (looking(Condition(Field.SIZE, octets=-1)), "rules[0].conditions[0].octets"),
        (looking(Condition(Field.SIZE, octets=2**40)), "rules[0].conditions[0].octets"),
        (looking(Condition(Field.BODY, Match.IS, "x")), "rules[0].conditions[0].match"),
        (ruled(actions=(Action(Act.MOVE, "a//b"),)), "rules[0].actions[0].mailbox"),
        (ruled(actions=(Action(Act.FORWARD, address="nobody"),)), "rules[0].actions[0].address"),
        (Rules(vacation=Vacation(True, "", " ")), "vacation.text"),
        (Rules(vacation=Vacation(True, "", "x" * (MAX_TEXT + 1))), "vacation.text"),
        (Rules(vacation=Vacation(True, "", "x\0")), "vacation.text"),
        (Rules(vacation=Vacation(True, "a\nBcc: b@c", "x")), "vacation.subject"),
        (Rules(vacation=Vacation(True, "", "x", date(2026, 2, 2), date(2026, 2, 1))), "vacation.last_day"),
        (Rules(vacation=Vacation(True, "", "x", addresses=("nobody",))), "vacation.addresses"),
        (Rules(forwarding=Forwarding(True, "")), "forwarding.address"),
    ],
)
def test_what_is_wrong_is_named(rules: Rules, at: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        sound(rules)
    assert list(caught.value.fields) == [at]
