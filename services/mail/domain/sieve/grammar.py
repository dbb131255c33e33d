"""Tokens to a tree (RFC 5228 §8.2)."""

from services.mail.domain.sieve.errors import Fault
from services.mail.domain.sieve.lexer import Kind, Token, tokens
from services.mail.domain.sieve.limits import MAX_COMMANDS, MAX_NESTING
from services.mail.domain.sieve.tree import Argument, Call, Number, Strings, Tag


def parse(text: str) -> list[Call]:
    """The commands of a script. Raises `Fault`."""
    reader = _Reader(tokens(text))
    commands = reader.commands(0)
    reader.want_end()
    return commands


class _Reader:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._count = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, mark: str) -> bool:
        token = self._next
        return token.kind is Kind.MARK and token.text == mark

    def _want(self, mark: str) -> None:
        if not self._is(mark):
            raise Fault(self._next.at, f"« {mark} » est attendu ici", f'"{mark}" is expected here')
        self._at += 1

    def want_end(self) -> None:
        if self._next.kind is not Kind.END:
            raise Fault(self._next.at, "une commande est attendue ici", "a command is expected here")

    def commands(self, depth: int) -> list[Call]:
        found = []
        while self._next.kind is Kind.IDENTIFIER:
            found.append(self._command(depth))
        return found

    def _command(self, depth: int) -> Call:
        self._counted()
        call = self._call(depth)
        if self._is("{"):
            self._deep(depth)
            self._take()
            call.block = self.commands(depth + 1)
            self._want("}")
        else:
            self._want(";")
        return call

    def _counted(self) -> None:
        self._count += 1
        if self._count > MAX_COMMANDS:
            raise Fault(
                self._next.at,
                f"un script n'a pas plus de {MAX_COMMANDS} commandes et tests",
                f"a script has no more than {MAX_COMMANDS} commands and tests",
            )

    def _deep(self, depth: int) -> None:
        if depth >= MAX_NESTING:
            raise Fault(
                self._next.at,
                f"il y a plus de {MAX_NESTING} niveaux imbriqués",
                f"there are more than {MAX_NESTING} levels within each other",
            )

    def _call(self, depth: int) -> Call:
        name = self._take()
        call = Call(name.at, name.text, self._arguments())
        if self._is("("):
            self._deep(depth)
            self._take()
            call.several = True
            call.tests.append(self._test(depth + 1))
            while self._is(","):
                self._take()
                call.tests.append(self._test(depth + 1))
            self._want(")")
        elif self._next.kind is Kind.IDENTIFIER:
            self._deep(depth)
            call.tests.append(self._test(depth + 1))
        return call

    def _test(self, depth: int) -> Call:
        if self._next.kind is not Kind.IDENTIFIER:
            raise Fault(self._next.at, "un test est attendu ici", "a test is expected here")
        self._counted()
        return self._call(depth)

    def _arguments(self) -> list[Argument]:
        found: list[Argument] = []
        while True:
            token = self._next
            if token.kind is Kind.TAG:
                found.append(Tag(token.at, token.text))
            elif token.kind is Kind.NUMBER:
                found.append(Number(token.at, token.number))
            elif token.kind is Kind.STRING:
                found.append(Strings(token.at, (token.text,), (token.at,), False))
            elif self._is("["):
                found.append(self._list())
                continue
            else:
                return found
            self._at += 1

    def _list(self) -> Strings:
        opened = self._take()
        found: list[Token] = []
        while True:
            if self._next.kind is not Kind.STRING:
                raise Fault(
                    self._next.at, "une chaîne entre guillemets est attendue ici", "a quoted string is expected here"
                )
            found.append(self._take())
            if not self._is(","):
                break
            self._take()
        self._want("]")
        return Strings(opened.at, tuple(each.text for each in found), tuple(each.at for each in found), True)
