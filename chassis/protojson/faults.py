"""What is wrong and where, gathered while the error travels outwards: the good path pays nothing for it."""

from chassis.errors import InvalidInput


class Fault(Exception):
    """A value that does not fit. Each level that it passes puts its own name in front of the path."""

    def __init__(self, wrong: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.path: list[str] = []

    def within(self, name: str) -> "Fault":
        self.path.append(name)
        return self

    def error(self) -> InvalidInput:
        """As the caller sees it: `fields` maps "message.flags[2]" to what is wrong there."""
        path = ""
        for step in reversed(self.path):
            path += step if step.startswith("[") or not path else f".{step}"
        return InvalidInput(
            f"{path}: {self.wrong}" if path else self.wrong, fields={path: self.wrong} if path else None
        )
