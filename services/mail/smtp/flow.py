"""How many letters are taken of whom within an hour."""

from dataclasses import dataclass

from chassis.networks import network
from chassis.rates import Rate
from services.mail.smtp.codec.reply import Refused


@dataclass(frozen=True)
class Flow:
    """Each process counts for itself. Who is beyond is put off: a letter that is wanted comes again."""

    networks: Rate
    senders: Rate

    def come(self, peer: str) -> None:
        """A letter is announced from a network. Raises `Refused` (450)."""
        if self.networks.try_take(network(peer)).retry_after:
            raise Refused(450, "4.7.1", "Too many messages from your network; go on later")

    def sent(self, sender: str, peer: str, *, proven: bool) -> None:
        """A letter of a sender has come. Whoever is not proven to be it counts by its network too: else it could use up
        what is somebody else's. Raises `Refused` (450)."""
        key = sender.lower() if proven else f"{network(peer)} {sender.lower()}"
        if sender and self.senders.try_take(key).retry_after:
            raise Refused(450, "4.7.1", "Too many messages of this sender; go on later")
