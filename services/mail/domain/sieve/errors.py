"""What is wrong with a script."""

from chassis.errors import InvalidInput


class ScriptError(InvalidInput):
    """A script that cannot be kept. `line` and `column` count from 1; `french` and `english` say what is wrong there.

    `str()` of it is both, French first, on one line each, with the place.
    """

    title = "Not a Sieve script"

    def __init__(self, line: int, column: int, french: str, english: str) -> None:
        text = f"Ligne {line}, colonne {column} : {french}.\nLine {line}, column {column}: {english}."
        super().__init__(text, fields={"script": f"line {line}, column {column}: {english}"})
        self.line = line
        self.column = column
        self.french = french
        self.english = english


class Fault(Exception):
    """What is wrong at an offset of the script's text; becomes a `ScriptError` where the text is known."""

    def __init__(self, at: int, french: str, english: str) -> None:
        super().__init__(english)
        self.at = at
        self.french = french
        self.english = english


def placed(fault: Fault, text: str) -> ScriptError:
    """The error with its line and column."""
    at = min(fault.at, len(text))
    line = text.count("\n", 0, at) + 1
    return ScriptError(line, at - (text.rfind("\n", 0, at) + 1) + 1, fault.french, fault.english)
