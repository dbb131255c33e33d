"""The simple rules as a Sieve script: always the same for the same rules, and fit to be read."""

from collections.abc import Iterable, Iterator, Sequence

from services.mail.domain.rules import Act, Action, Condition, Field, Forwarding, Match, Rule, Rules, Vacation

_HEAD = (
    "# Fait à partir des règles de l'espace de travail : changez-les là, pas ici.",
    "# Made from the rules of the workspace: change them there, not here.",
)
# How long somebody who was answered is not answered again.
_VACATION_DAYS = 7
_FIELDS = {Field.FROM: ("from",), Field.TO: ("to", "cc"), Field.SUBJECT: ("subject",), Field.LIST: ("list-id",)}
_FLAGS = {Act.FLAG: "\\Flagged", Act.MARK_READ: "\\Seen"}


def sieve_of(rules: Rules, domains: Sequence[str]) -> bytes:
    """The script, UTF-8 with CRLF. `domains`: ours, from which colleagues write."""
    writer = _Writer(domains)
    parts: list[Iterator[str]] = []
    if rules.vacation and rules.vacation.enabled:
        parts.append(writer.vacation(rules.vacation))
    if rules.forwarding and rules.forwarding.enabled:
        parts.append(writer.forwarding(rules.forwarding))
    parts += [writer.rule(rule, number) for number, rule in enumerate(rules.rules, 1) if not rule.disabled]
    body = [line for part in parts for line in ("", *part)]
    required = [f"require {_strings(sorted(writer.required))};"] if writer.required else []
    return "".join(f"{line}\r\n" for line in (*_HEAD, *required, *body)).encode("utf-8")


class _Writer:
    """Lines of a script; `required` are the extensions that they use."""

    def __init__(self, domains: Sequence[str]) -> None:
        self._domains = domains
        self.required: set[str] = set()

    def vacation(self, vacation: Vacation) -> Iterator[str]:
        self.required.add("vacation")
        tests = [*self._dates(vacation), *(self._colleagues() if vacation.colleagues_only else ())]
        subject = f" :subject {_string(vacation.subject)}" if vacation.subject else ""
        addresses = f" :addresses {_strings(vacation.addresses)}" if vacation.addresses else ""
        answer = f"vacation :days {_VACATION_DAYS}{subject}{addresses} {_string(vacation.text)};"
        yield "# Absence / Vacation"
        yield from _when(tests, any_of=False, block=[answer])

    def _dates(self, vacation: Vacation) -> Iterator[str]:
        for relation, day in (("ge", vacation.first), ("le", vacation.last)):
            if day is not None:
                self.required |= {"date", "relational"}
                yield f'currentdate :value "{relation}" "date" "{day.isoformat()}"'

    def _colleagues(self) -> Iterator[str]:
        """By the envelope, since that is who is answered."""
        self.required.add("envelope")
        own = f'envelope :domain :is "from" {_strings(self._domains)}'
        below = f'envelope :domain :matches "from" {_strings(f"*.{name}" for name in self._domains)}'
        yield f"anyof ({own}, {below})"

    def forwarding(self, forwarding: Forwarding) -> Iterator[str]:
        yield "# Transfert / Forwarding"
        if forwarding.keep_copy:
            yield self._redirect(forwarding.address)
        else:
            yield f"redirect {_string(forwarding.address)};"
            yield "stop;"

    def rule(self, rule: Rule, number: int) -> Iterator[str]:
        yield f"# Règle {number} / Rule {number}: {rule.name}"
        tests = [self._test(condition) for condition in rule.conditions]
        # Flags first: what is kept, moved or copied has them then.
        actions = sorted(rule.actions, key=lambda action: action.act not in _FLAGS)
        block = [self._act(action) for action in actions]
        yield from _when(tests, any_of=rule.any_of, block=[*block, "stop;"] if rule.stop else block)

    def _act(self, action: Action) -> str:
        if action.act in _FLAGS:
            self.required.add("imap4flags")
            return f"addflag {_string(_FLAGS[action.act])};"
        if action.act is Act.FORWARD:
            return self._redirect(action.address)
        if action.act is Act.DELETE:
            self.required |= {"fileinto", "special-use"}
            return f'fileinto :specialuse {_string(chr(92) + "Trash")} "Trash";'
        # A rule whose mailbox was deleted makes it anew: no letter is lost to a wrong name.
        self.required |= {"fileinto", "mailbox"}
        copy = ""
        if action.act is Act.COPY:
            self.required.add("copy")
            copy = ":copy "
        return f"fileinto {copy}:create {_string(action.mailbox)};"

    def _redirect(self, address: str) -> str:
        self.required.add("copy")
        return f"redirect :copy {_string(address)};"

    def _test(self, condition: Condition) -> str:
        test = self._plain(condition)
        return f"not {test}" if condition.negated else test

    def _plain(self, condition: Condition) -> str:
        if condition.field is Field.SIZE:
            return f"size :over {condition.octets}"
        if condition.field is Field.ATTACHMENT:
            # What mail programs call one: set apart by its sender, or a document of an application.
            self.required.add("body")
            apart = '"Content-Disposition: attachment"'
            return f'anyof (body :raw :contains {apart}, body :content "application" :contains "")'
        if condition.field is Field.BODY:
            self.required.add("body")
            return f"body {self._caseless(condition.value)}:text :contains {_string(condition.value)}"
        fields, key = _strings(_FIELDS[condition.field]), condition.value
        caseless = self._caseless(key)
        if condition.match is Match.CONTAINS:
            return f"header {caseless}:contains {fields} {_string(key)}"
        # Of an author or reader the address alone is compared; the name that goes with it is anybody's choice.
        test = "address :all" if condition.field in {Field.FROM, Field.TO} else "header"
        if condition.match is Match.IS:
            return f"{test} {caseless}:is {fields} {_string(key)}"
        literal = "".join(f"\\{character}" if character in "*?\\" else character for character in key)
        pattern = f"{literal}*" if condition.match is Match.BEGINS else f"*{literal}"
        return f"{test} {caseless}:matches {fields} {_string(pattern)}"

    def _caseless(self, key: str) -> str:
        """Sieve's own comparator takes "É" and "é" for two letters (RFC 4790 §9.2.1)."""
        if key.isascii():
            return ""
        self.required.add("comparator-i;unicode-casemap")
        return ':comparator "i;unicode-casemap" '


def _when(tests: Sequence[str], *, any_of: bool, block: Sequence[str]) -> Iterator[str]:
    if not tests:
        yield from block
        return
    many = "anyof" if any_of else "allof"
    yield f"if {tests[0]} {{" if len(tests) == 1 else f"if {many} ({', '.join(tests)}) {{"
    yield from (f"    {line}" for line in block)
    yield "}"


def _string(given: str) -> str:
    """RFC 5228 §2.4.2. Nothing in it is expanded: neither variables nor encoded-character are required."""
    return '"' + given.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _strings(given: Iterable[str]) -> str:
    written = [_string(each) for each in given]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"
