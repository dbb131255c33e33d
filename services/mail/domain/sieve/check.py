"""Ask what a tree's words mean: every command and test known, its arguments fitting, its extension required."""

from collections.abc import Sequence
from typing import NamedTuple

from services.mail.domain.sieve.errors import Fault
from services.mail.domain.sieve.script import Node, Value
from services.mail.domain.sieve.text import NAME, Text, text
from services.mail.domain.sieve.tree import Argument as Given
from services.mail.domain.sieve.tree import Call, Number, Strings, Tag
from services.mail.domain.sieve.vocabulary import ALWAYS, COMMANDS, EXTENSIONS, TESTS, Option, Sound, Takes, Word


class Checked(NamedTuple):
    """The commands to run, and what they require."""

    commands: tuple[Node, ...]
    required: frozenset[str]


def check(calls: Sequence[Call], written: str) -> Checked:
    """Raises `Fault`."""
    required, first = _required(calls)
    checker = _Checker(required, written)
    return Checked(checker.block(calls[first:]), required)


def _required(calls: Sequence[Call]) -> tuple[frozenset[str], int]:
    """The extensions that the first commands require, and how many commands that takes (RFC 5228 §3.2)."""
    names: set[str] = set()
    count = 0
    for call in calls:
        if call.name != "require":
            break
        count += 1
        if len(call.arguments) != 1 or call.tests or call.block is not None:
            raise Fault(call.at, "« require » prend une liste de noms", '"require" takes a list of names')
        (given,) = call.arguments
        if not isinstance(given, Strings):
            raise Fault(given.at, "« require » prend une liste de noms", '"require" takes a list of names')
        for name, at in zip(given.values, given.places, strict=True):
            if name not in EXTENSIONS and name not in ALWAYS:
                raise Fault(at, f"l'extension {name[:40]!r} n'existe pas", f"there is no extension {name[:40]!r}")
            names.add(name)
    return frozenset(names), count


class _Checker:
    def __init__(self, required: frozenset[str], written: str) -> None:
        self._required = required
        self._written = written
        self._line, self._counted = 1, 0

    def block(self, calls: Sequence[Call]) -> tuple[Node, ...]:
        nodes = []
        before = ""
        for call in calls:
            if call.name in ("elsif", "else") and before not in ("if", "elsif"):
                raise Fault(call.at, f"« {call.name} » ne suit pas un « if »", f'"{call.name}" follows no "if"')
            if call.name == "require":
                raise Fault(call.at, "« require » vient avant tout le reste", '"require" comes before all else')
            nodes.append(self._node(call, COMMANDS, "une commande connue", "command"))
            before = call.name
        return tuple(nodes)

    def _line_of(self, at: int) -> int:
        if at < self._counted:
            self._line, self._counted = 1, 0
        self._line += self._written.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def _node(self, call: Call, words: dict[str, Word], french: str, english: str) -> Node:
        word = words.get(call.name)
        if word is None:
            raise Fault(call.at, f"« {call.name} » n'est pas {french}", f'"{call.name}" is no {english} that is known')
        if word.extensions and not self._required.intersection(word.extensions):
            raise _not_required(call.at, call.name, word.extensions[0])
        line = self._line_of(call.at)
        options, rest = self._options(call, word)
        values = self._values(call, word, rest)
        node = Node(call.name, line, options, values, self._tests(call, word), self._block(call, word))
        _consistent(call, node, self._required)
        return node

    def _tests(self, call: Call, word: Word) -> tuple[Node, ...]:
        if word.tests is None:
            if call.tests:
                raise Fault(call.tests[0].at, f"« {call.name} » ne prend pas de test", f'"{call.name}" takes no test')
            return ()
        fewest, most = word.tests
        if not fewest <= len(call.tests) <= most or call.several != (most > 1):
            wanted = ("des tests entre parenthèses", "tests in parentheses") if most > 1 else ("un test", "one test")
            raise Fault(call.at, f"« {call.name} » prend {wanted[0]}", f'"{call.name}" takes {wanted[1]}')
        return tuple(self._node(test, TESTS, "un test connu", "test") for test in call.tests)

    def _block(self, call: Call, word: Word) -> tuple[Node, ...]:
        if word.block and call.block is None:
            raise Fault(
                call.at, f"« {call.name} » prend un bloc entre accolades", f'"{call.name}" takes a block in braces'
            )
        if not word.block and call.block is not None:
            raise Fault(call.at, f"« {call.name} » ne prend pas de bloc", f'"{call.name}" takes no block')
        return self.block(call.block or ())

    def _options(self, call: Call, word: Word) -> tuple[dict[str, Value], list[Given]]:
        """The options, which stand before the arguments by position (RFC 5228 §2.6.2), and what is left."""
        found: dict[str, Value] = {}
        groups: set[str] = set()
        given = list(call.arguments)
        while given and isinstance(tag := given[0], Tag):
            del given[0]
            option = self._option(tag, call, word)
            if option.group in groups:
                raise Fault(
                    tag.at,
                    f"« :{tag.name} » ne va pas avec ce qui précède",
                    f'":{tag.name}" does not go with what stands before it',
                )
            groups.add(option.group)
            found[tag.name] = 1 if option.takes is None else self._option_value(tag, option, given)
        for odd in given:
            if isinstance(odd, Tag):
                raise Fault(
                    odd.at,
                    f"« :{odd.name} » doit précéder les autres arguments",
                    f'":{odd.name}" has to stand before the other arguments',
                )
        return found, given

    def _option(self, tag: Tag, call: Call, word: Word) -> Option:
        name = tag.name
        option = word.options.get(name)
        if option is None:
            raise Fault(tag.at, f"« {call.name} » ne connaît pas « :{name} »", f'"{call.name}" knows no ":{name}"')
        if option.extension and option.extension not in self._required:
            raise _not_required(tag.at, f":{name}", option.extension)
        return option

    def _option_value(self, tag: Tag, option: Option, given: list[Given]) -> Value:
        if not given or option.takes is None:
            raise Fault(tag.at, f"il manque la valeur de « :{tag.name} »", f'the value of ":{tag.name}" is missing')
        value = self._value(given.pop(0), option.takes, option.sound)
        if isinstance(value, int) and value < option.least:
            raise Fault(
                tag.at,
                f"« :{tag.name} » est au moins {option.least}",
                f'":{tag.name}" is at least {option.least}',
            )
        return value

    def _values(self, call: Call, word: Word, given: list[Given]) -> tuple[Value, ...]:
        wanted = word.arguments
        missing = len(wanted) - len(given)
        first = bool(missing == 1 and word.first_needs)
        last = bool(missing == 1 and word.open_ended)
        if len(given) == len(wanted) and word.first_needs and word.first_needs not in self._required:
            raise _not_required(call.at, call.name, word.first_needs)
        if missing and not first and not last:
            raise Fault(
                call.at,
                f"« {call.name} » prend {len(wanted)} argument(s), pas {len(given)}",
                f'"{call.name}" takes {len(wanted)} argument(s), not {len(given)}',
            )
        fitting = wanted[1:] if first else wanted[:-1] if last else wanted
        values = [self._value(each, want.takes, want.sound) for each, want in zip(given, fitting, strict=True)]
        return ((), *values) if first else (*values, ()) if last else tuple(values)

    def _value(self, given: Given, takes: Takes, sound: Sound) -> Value:
        if takes is Takes.NUMBER:
            if not isinstance(given, Number):
                raise Fault(given.at, "un nombre est attendu ici", "a number is expected here")
            return given.value
        if not isinstance(given, Strings) or (takes is Takes.STRING and given.listed):
            raise Fault(given.at, "une chaîne est attendue ici", "a string is expected here")
        texts = tuple(self._text(at, value) for value, at in zip(given.values, given.places, strict=True))
        for each in texts:
            wrong = sound(each.constant) if each.constant is not None else None
            if wrong is not None:
                raise Fault(each.at, *wrong)
        return texts

    def _text(self, at: int, written: str) -> Text:
        return text(at, written, encoded="encoded-character" in self._required, variables="variables" in self._required)


def _consistent(call: Call, node: Node, required: frozenset[str]) -> None:
    """What no single argument shows."""
    if node.name == "size" and not node.options:
        raise Fault(call.at, "« size » prend « :over » ou « :under »", '"size" takes ":over" or ":under"')
    if "last" in node.options and "index" not in node.options and node.name not in ("addheader", "duplicate"):
        raise Fault(call.at, "« :last » ne va qu'avec « :index »", '":last" goes with ":index" only')
    if node.name == "set":
        _variable_name(node.texts(0)[0])
    if node.name in ("setflag", "addflag", "removeflag", "hasflag"):
        for each in node.texts(0):
            _variable_name(each)
    _comparison(node, required)


def _variable_name(given: Text) -> None:
    if given.constant is None or not NAME.fullmatch(given.constant):
        raise Fault(given.at, "ceci n'est pas un nom de variable", "this is not the name of a variable")


def _comparison(node: Node, required: frozenset[str]) -> None:
    for each in (*node.option_texts("comparator"), *node.option_texts("value"), *node.option_texts("count")):
        if each.constant is None:
            raise Fault(each.at, "ceci ne dépend d'aucune variable", "this may not depend on variables")
    for each in node.option_texts("comparator"):
        extension = f"comparator-{each.constant}"
        if extension in EXTENSIONS and extension not in required:
            raise _not_required(each.at, str(each.constant), extension)
        if each.constant == "i;ascii-numeric" and ("contains" in node.options or "matches" in node.options):
            raise Fault(
                each.at,
                "des nombres ne se comparent ni par « :contains » ni par « :matches »",
                'numbers are compared neither by ":contains" nor by ":matches"',
            )


def _not_required(at: int, name: str, extension: str) -> Fault:
    return Fault(
        at,
        f'« {name} » demande « require "{extension}"; » en tête du script',
        f'"{name}" needs \'require "{extension}";\' at the head of the script',
    )
