"""Debian's Thunderbird, as somebody meets it on the first day: set up by name and password, then used."""

import email
import email.policy
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

import pytest

from chassis.ids import new_id
from tests.e2e.clients import Agent, deliver, letter
from tests.interop.thunderbird import Thunderbird, thunderbird
from tests.running import RunningStack, until

# Whichever test is first waits for the stack and for the program's first start.
pytestmark = pytest.mark.timeout(300)

CONTINUE = """const forward = await until(() => {
  const button = seen("account-hub-footer #forward");
  return button && !button.disabled && button;
}, "a button to go on");
forward.click();"""
FOUND = """const {incoming, outgoing, subSource, displayName} =
  (await until(() => seen("email-config-found"), "what was found")).captureState();
const security = {[Ci.nsMsgSocketType.SSL]: "SSL", [Ci.nsMsgSocketType.alwaysSTARTTLS]: "STARTTLS"};
const told = one => [one.type, one.hostname, one.port, security[one.socketType], one.username];
return {source: subSource, by: displayName, incoming: told(incoming), outgoing: told(outgoing)};"""
FOLDERS = "return server().rootFolder.descendants.map(one => one.name);"
USES = """const kinds = ["Archive", "Drafts", "Inbox", "Junk", "SentMail", "Trash"];
return kinds.map(kind => server().rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags[kind])?.name);"""
LETTER = """const pane = document.getElementById("tabmail").currentAbout3Pane;
pane.displayFolder(inbox().URI);
const header = await until(() => [...inbox().messages].find(one => one.messageId == args[0]), "the letter");"""
SHOW = f"""{LETTER}
await until(() => pane.gDBView?.findIndexOfMsgHdr(header, true) < 0xffffffff, "its row");
pane.threadTree.selectedIndex = pane.gDBView.findIndexOfMsgHdr(header, true);
const text = () => {{
  const shown = pane.messageBrowser.contentWindow;
  return shown.gMessage === header && shown.getMessagePaneBrowser().contentDocument?.body?.textContent.trim();
}};
"""
MOVE = """pane.commandController.doCommand("cmd_moveMessage", folder(args[1]));"""
SEND = """MsgNewMessage();
const writing = await until(() => {
  const opened = Services.wm.getMostRecentWindow("msgcompose");
  return opened?.gMsgCompose?.editor && opened;
}, "a window to write in");
writing.addressRowAddRecipientsArray(writing.document.getElementById("addressRowTo"), [args[0]]);
const subject = writing.document.getElementById("msgSubject");
subject.value = args[1];
subject.dispatchEvent(new writing.Event("input", {bubbles: true}));
writing.gMsgCompose.editor.QueryInterface(Ci.nsIEditorMailSupport).insertTextWithQuotations(args[2]);
const button = writing.document.getElementById("button-send");
await until(() => !button.disabled, "a button to send");
button.click();
await until(() => writing.closed, "the end of sending");"""
SEARCH = """const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, inbox());
const term = session.createTerm(), value = term.value;
value.attrib = term.attrib = Ci.nsMsgSearchAttrib.Subject;
value.str = args[0];
term.value = value;
term.op = Ci.nsMsgSearchOp.Contains;
session.appendTerm(term);
const hits = [];
await new Promise((done, failed) => {
  session.registerListener({
    onNewSearch() {},
    onSearchHit(header) { hits.push(header.messageId); },
    onSearchDone(status) { Components.isSuccessCode(status) ? done() : failed(new Error(`status ${status}`)); },
  });
  session.search(null);
});
return hits;"""


@pytest.fixture(scope="module")
def own(stack: RunningStack) -> Agent:
    return Agent(stack, "agent1@numerique.gouv.tg")


@pytest.fixture(scope="module")
def found(own: Agent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Thunderbird, dict[str, object]]]:
    """A program that was set up by what the person is asked for, and what it found out by itself."""
    folder = tmp_path_factory.mktemp("thunderbird")
    with thunderbird(own, folder) as program:
        program.act(
            f"""type(await until(() => seen("#realName"), "the first question"), "Agent 1");
            type(seen("#email"), args[0]); {CONTINUE}""",
            own.address,
        )
        told = program.act(FOUND)
        program.picture(folder / "found.png")
        program.act(f"""{CONTINUE} await until(() => seen("email-password-form #password"), "the next question");""")
        program.act(f"""type(seen("email-password-form #password"), args[0]); {CONTINUE}""", own.password)
        program.act(f"""await until(() => seen("email-added-success"), "success"); {CONTINUE}""")
        yield program, told


@pytest.fixture
def program(found: tuple[Thunderbird, dict[str, object]]) -> Thunderbird:
    return found[0]


def inside(message: EmailMessage) -> str:
    return str(message["Message-ID"]).strip("<>")


def decoded(agent: Agent, mailbox: str) -> list[str]:
    """Subjects as they were written (RFC 2047)."""
    return [str(make_header(decode_header(subject))) for subject in agent.subjects(mailbox)]


def received(agent: Agent, subject: str) -> EmailMessage:
    """The letter in INBOX that has an ASCII word in its subject."""
    client = agent.imap()
    client.select("INBOX", readonly=True)
    _, (number,) = client.search(None, "SUBJECT", subject)
    _, ((_, octets), _) = client.fetch(number.decode(), "(BODY.PEEK[])")
    client.logout()
    return email.message_from_bytes(octets, policy=email.policy.default)


def arrived(own: Agent, subject: str) -> EmailMessage:
    """A letter to an agent, in INBOX."""
    message = letter(own.address, subject=subject)
    deliver(own.stack, message)
    until(lambda: message["Subject"] in decoded(own, "INBOX"), 20)
    return message


def test_thunderbird_finds_our_servers_and_is_set_up(
    found: tuple[Thunderbird, dict[str, object]], stack: RunningStack, own: Agent, tmp_path: Path
) -> None:
    program, told = found
    (imap, imap_port), (submission, submission_port) = stack.address("imaps"), stack.address("submission")
    assert {imap, submission} == {"127.0.0.1"}
    assert told == {
        "source": "xml-from-isp-http",
        "by": "Administration publique du Togo",
        "incoming": ["imap", "localhost", imap_port, "SSL", own.address],
        "outgoing": ["smtp", "localhost", submission_port, "STARTTLS", own.address],
    }
    until(lambda: {"INBOX", "Drafts", "Sent", "Junk", "Trash"} <= set(program.act(FOLDERS)), 30)
    # Drafts, Sent, Archives, Junk and Trash are known for what they are (RFC 6154), whatever they are called.
    assert program.act(USES) == ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]
    program.picture(tmp_path / "set-up.png")


def test_thunderbird_shows_a_letter_and_marks_it_read(program: Thunderbird, own: Agent, tmp_path: Path) -> None:
    message = arrived(own, "Demande de congé")
    text = program.act(f"{SHOW} return await until(text, 'its text');", inside(message))
    assert "Bonjour, voici ma demande." in text
    assert message["Subject"] in text
    program.picture(tmp_path / "letter.png")
    client = own.imap()
    client.select("INBOX", readonly=True)
    until(lambda: bool(client.search(None, "SEEN", "HEADER", "Message-ID", message["Message-ID"])[1][0]), 20)
    client.logout()


def test_thunderbird_sends_a_letter_and_keeps_it(program: Thunderbird, own: Agent, other: Agent) -> None:
    mark = new_id()
    subject = f"Réunion à Lomé {mark}"
    program.act(SEND, other.address, subject, "Bonjour, voici l'ordre du jour.")
    until(lambda: subject in decoded(other, "INBOX"), 30)
    until(lambda: subject in decoded(own, "Sent"), 30)
    message = received(other, mark)
    body = message.get_body(("plain", "html"))
    assert body is not None
    assert "ordre du jour" in body.get_content()
    # RFC 3848: over TLS, and by somebody who said who they are.
    assert any(" with ESMTPSA" in hop for hop in message.get_all("Received", []))


def test_thunderbird_moves_a_letter(program: Thunderbird, own: Agent) -> None:
    message = arrived(own, "A classer")
    program.act(f"{SHOW} await until(text, 'its text'); {MOVE}", inside(message), "Archive")
    until(lambda: message["Subject"] in own.subjects("Archive"), 30)
    until(lambda: message["Subject"] not in own.subjects(), 30)


def test_thunderbird_searches_on_the_server(program: Thunderbird, own: Agent) -> None:
    message, beside = arrived(own, "Passeport à renouveler"), arrived(own, "Passeport perdu")
    for one in (beside, message):
        program.act(LETTER, inside(one))
    assert program.act(SEARCH, "Passeport à renouveler") == [inside(message)]
    assert set(program.act(SEARCH, "passeport")) == {inside(message), inside(beside)}
    assert program.act(SEARCH, str(beside["Subject"]).split()[-1]) == [inside(beside)]
    assert program.act(SEARCH, f"nothing {new_id()}") == []
