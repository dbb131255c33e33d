"""What directory's worker does for letters to people: answer who asked for one, hand over what waits, print batches."""

from chassis.events import Listener, every
from services.directory.usecases.activation_letters import prepare_letters
from services.directory.usecases.context import Directory
from services.directory.usecases.send_letters import send_letters
from services.directory.usecases.start_reset import answer_resets

RESETS_SECONDS = 1
LETTERS_SECONDS = 1
BATCHES_SECONDS = 2


class LetterEvents(Listener):
    """Timers only: what a letter says is in no event."""

    name = "directory"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    @every(RESETS_SECONDS)
    async def answer_resets(self) -> None:
        await answer_resets(self._directory)

    @every(BATCHES_SECONDS)
    async def prepare_letters(self) -> None:
        await prepare_letters(self._directory)

    @every(LETTERS_SECONDS)
    async def send_letters(self) -> None:
        await send_letters(self._directory)
