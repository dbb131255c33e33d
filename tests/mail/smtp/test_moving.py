"""A domain on its way here, as senders, its agents and its former server see it."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.local.standins import free_port
from services.mail.relay.callout import Callout
from services.mail.relay.former import FormerServer
from services.mail.relay.route import Server, Tls
from services.mail.relay.transmit import Timeouts, Transmitter
from tests.mail.authentication.signing import Dns
from tests.mail.smtp.peer import AGENT, HOST, PASSWORD, Smtp, Start

MOVING = "numerique.gouv.tg"
STAYED, UNKNOWN = f"agent8@{MOVING}", f"agent9@{MOVING}"
LETTER = b"From: a@example.org\r\nSubject: Note\r\n\r\nBonjour.\r\n"
SECONDS = 0.5
PLAIN = b64encode(f"\0{AGENT}\0{PASSWORD}".encode()).decode()


@dataclass
class There:
    """The former server, as far as it is asked: what it says of whom, and how often."""

    says: dict[str, str] = field(default_factory=lambda: {STAYED: "250 2.1.5 ok"})
    otherwise: str = "550 5.1.1 nobody"
    mail: str = "250 2.1.0 ok"
    pause: float = 0
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    at_once: int = 0
    most: int = 0
    port: int = 0

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        writer.write(b"220 former ESMTP\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.told.append(line)
            answer = "250 ok"
            if line.startswith("MAIL"):
                answer = self.mail
            elif line.startswith("RCPT TO:<"):
                address = line[9:].split(">")[0]
                self.asked.append(address)
                await asyncio.sleep(self.pause)
                answer = self.says.get(address, self.otherwise)
            writer.write(f"{answer}\r\n".encode())
            if line == "QUIT":
                break
        self.at_once -= 1
        writer.close()


@dataclass
class Ticks:
    """Seconds, which pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Move:
    """Reception of a domain that moves, and its former server."""

    smtp: Smtp
    there: There
    ticks: Ticks

    async def rcpt(self, address: str) -> str:
        peer = await self.smtp.connect()
        await peer.expect("EHLO client.example.org", "250")
        await peer.expect("MAIL FROM:<a@example.org>", "250")
        return await peer.do(f"RCPT TO:<{address}>")

    async def send(self, *recipients: str, source: bytes = LETTER, sender: str = "a@example.org") -> str:
        peer = await self.smtp.connect()
        await peer.envelope(sender, *recipients)
        await peer.send(source + b".\r\n")
        return await peer.reply()

    async def queued(self) -> list[tuple[dict[str, Any], bytes]]:
        """What waits for the former server, with its octets."""
        house = self.smtp.house
        return [
            (entry, b"".join([piece async for piece in house.mail.blobs.open(entry["blob"])]))
            for entry in house.queued.entries
        ]


MoveOf = Callable[..., Awaitable[Move]]


@pytest.fixture
async def move_of(start: Start, house: Any) -> Any:
    servers: list[asyncio.Server] = []

    async def begin(*, down: bool = False, network: str = "192.0.2.0/24", **given: Any) -> Move:
        there, ticks = There(**given.pop("there", {})), Ticks()
        servers.append(await asyncio.start_server(there.speak, "127.0.0.1", 0))
        there.port = free_port() if down else servers[-1].sockets[0].getsockname()[1]
        server = Server("127.0.0.1", there.port, "former", Tls.NONE, former_of=MOVING)
        former = FormerServer(MOVING, server, (ip_network(network),))
        asking = Transmitter(HOST, Timeouts(connect=1, command=1))
        callout = Callout([former], asking, clock=ticks, seconds=SECONDS)
        house.mail = replace(house.mail, former=callout, postmaster=AGENT)
        return Move(await start(**given), there, ticks)

    yield begin
    for each in servers:
        each.close()


async def test_who_is_not_here_yet_is_passed_on_as_it_came(move_of: MoveOf) -> None:
    move = await move_of()
    assert (await move.send(STAYED)).startswith("250 2.0.0")
    ((entry, octets),) = await move.queued()
    assert (entry["sender"], entry["recipients"], entry["passed"]) == ("a@example.org", [STAYED], True)
    # Nobody proved to have written it: what it comes to is the postmaster's to hear.
    assert entry["owner"] == "01AGENT1"
    above, _, rest = octets.partition(b"From: ")
    assert b"From: " + rest == LETTER
    assert above.startswith(b"Authentication-Results: mx.gouv.tg;")
    assert f"\tfor <{STAYED}>;".encode() in above
    assert await move.smtp.inbox() == []
    assert "MAIL FROM:<>" in move.there.told


async def test_who_is_here_is_never_asked_for_there(move_of: MoveOf) -> None:
    """Also an address that exists on both."""
    move = await move_of(there={"otherwise": "250 2.1.5 ok"})
    assert (await move.send(AGENT)).startswith("250 2.0.0")
    assert len(await move.smtp.inbox()) == 1
    assert (await move.queued(), move.there.asked) == ([], [])


async def test_one_letter_for_both_comes_to_each_once(move_of: MoveOf) -> None:
    move = await move_of()
    for _ in range(2):
        assert (await move.send(AGENT, STAYED)).startswith("250 2.0.0")
    assert len(await move.smtp.inbox()) == 1
    ((_, octets),) = await move.queued()
    assert AGENT.encode() not in octets


async def test_whom_nobody_has_is_refused_and_both_answers_are_remembered(move_of: MoveOf) -> None:
    move = await move_of()
    for _ in range(3):
        assert (await move.rcpt(UNKNOWN)).startswith("550 5.1.1")
        assert (await move.rcpt(STAYED)).startswith("250")
    assert [each for each in move.there.asked if each in (UNKNOWN, STAYED)] == [UNKNOWN, STAYED]
    move.there.says[UNKNOWN] = "250 ok"
    move.ticks.now += 301
    assert (await move.rcpt(UNKNOWN)).startswith("250")
    del move.there.says[STAYED]
    move.ticks.now += 1801
    assert (await move.rcpt(STAYED)).startswith("550 5.1.1")


async def test_it_relays_for_no_other_domain(move_of: MoveOf) -> None:
    move = await move_of(there={"otherwise": "250 2.1.5 ok"})
    for address in ("a@example.org", f"a%example.org@{MOVING}", f"a@sub.{MOVING}", "nobody@sante.gouv.tg"):
        assert (await move.rcpt(address)).startswith("55"), address
    assert move.there.asked == []


async def test_who_guesses_learns_no_more_and_asks_the_former_server_no_more(move_of: MoveOf) -> None:
    move = await move_of(unknown_recipients=5)
    answers = [await move.rcpt(f"guess{number}@{MOVING}") for number in range(12)]
    assert [answer[:3] for answer in answers] == ["550"] * 5 + ["450"] * 7
    assert len(move.there.asked) == 5
    assert (await move.rcpt(STAYED)).startswith("450 4.7.1")


async def test_while_it_is_down_senders_are_put_off_and_it_is_left_alone(move_of: MoveOf) -> None:
    move = await move_of(down=True, unknown_recipients=2)
    for _ in range(4):
        assert (await move.rcpt(STAYED)).startswith("451 4.4.1")
    assert (await move.rcpt(AGENT)).startswith("250")


async def test_a_slow_one_holds_up_nobody_for_long(move_of: MoveOf) -> None:
    move = await move_of(there={"pause": 30})
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(move.rcpt(f"agent{number}@{MOVING}") for number in range(20, 40)))
    assert {answer[:9] for answer in answers} == {"451 4.4.1"}
    assert move.there.most <= 4
    assert (await move.rcpt(AGENT)).startswith("250")


async def test_one_that_takes_anybody_is_told_of_once(move_of: MoveOf) -> None:
    move = await move_of(there={"otherwise": "250 2.1.5 ok"})
    with capture_logs() as logs:
        for number in range(3):
            assert (await move.rcpt(f"guess{number}@{MOVING}")).startswith("250")
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["former_server_takes_anybody"]
    assert len(move.there.asked) == 4


async def test_agents_need_not_wait_for_one_that_is_down(move_of: MoveOf) -> None:
    """They are told themselves if nobody has the address."""
    move = await move_of(down=True, submission=True, plain_login=True)
    peer = await move.smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect(f"AUTH PLAIN {PLAIN}", "235")
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect(f"RCPT TO:<{STAYED}>", "250")
    await peer.expect("RCPT TO:<nobody@sante.gouv.tg>", "550 5.1.1")


@pytest.mark.parametrize(
    "behaviour",
    [
        {"otherwise": "450 4.2.0 greylisted"},
        {"otherwise": "550 5.7.1 your address is on a list"},
        {"mail": "550 5.7.1 not from you"},
        {"mail": "421 4.3.2 busy"},
        {"otherwise": "nonsense"},
    ],
)
async def test_what_does_not_say_whether_it_is_there_is_asked_again(move_of: MoveOf, behaviour: dict[str, str]) -> None:
    move = await move_of(there=behaviour)
    assert (await move.rcpt(UNKNOWN)).startswith("451 4.4.1")
    move.there.otherwise, move.there.mail = "250 2.1.5 ok", "250 ok"
    move.ticks.now += 31
    assert (await move.rcpt(UNKNOWN)).startswith("250")


async def test_what_comes_back_from_it_is_refused(move_of: MoveOf) -> None:
    move = await move_of()
    went = b"X-Passed-On: Numerique.gouv.tg\r\n" + LETTER
    assert (await move.send(STAYED, source=went)).startswith("554 5.4.6")
    assert (await move.send(STAYED, source=b"Received: a\r\n" * 60 + LETTER)).startswith("554 5.4.6")
    # Whose account came here meanwhile has it.
    assert (await move.send(AGENT, source=went)).startswith("250")
    assert (await move.queued(), len(await move.smtp.inbox())) == ([], 1)


async def test_what_it_sends_itself_is_not_sent_back(move_of: MoveOf) -> None:
    move = await move_of(network="127.0.0.0/8", unknown_recipients=1)
    for _ in range(3):
        assert (await move.rcpt(STAYED)).startswith("550 5.4.6")
    assert (await move.rcpt(AGENT)).startswith("250")
    assert move.there.asked == []


async def test_its_letters_in_our_name_are_not_forged(move_of: MoveOf) -> None:
    dns = Dns({f"_dmarc.{MOVING}": [b"v=DMARC1; p=reject"], MOVING: [b"v=spf1 -all"]})
    written = LETTER.replace(b"a@example.org", STAYED.encode())
    stranger = await move_of(dns=dns)
    assert (await stranger.send(AGENT, source=written, sender=STAYED)).startswith("550 5.7.1")
    move = await move_of(dns=dns, examiner={"trusted": [ip_network("127.0.0.0/8")]}, network="127.0.0.0/8")
    assert (await move.send(AGENT, source=written, sender=STAYED)).startswith("250")
    assert len(await move.smtp.inbox()) == 1


async def test_agents_write_to_colleagues_who_are_not_here_yet(move_of: MoveOf) -> None:
    move = await move_of(submission=True, plain_login=True)
    peer = await move.smtp.connect()
    await peer.expect("EHLO client", "250")
    await peer.expect(f"AUTH PLAIN {PLAIN}", "235")
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect(f"RCPT TO:<{UNKNOWN}>", "550 5.1.1")
    await peer.expect(f"RCPT TO:<{STAYED}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(LETTER.replace(b"a@example.org", AGENT.encode()) + b".\r\n")
    assert (await peer.reply()).startswith("250")
    ((entry, _),) = await move.queued()
    assert (entry["owner"], entry["recipients"], entry.get("passed")) == ("01AGENT1", (STAYED,), None)


async def test_once_it_is_removed_they_are_unknown_again(move_of: MoveOf, start: Start, house: Any) -> None:
    move = await move_of()
    assert (await move.rcpt(STAYED)).startswith("250")
    house.mail = replace(house.mail, former=None)
    after = Move(await start(), move.there, move.ticks)
    assert (await after.rcpt(STAYED)).startswith("550 5.1.1")
