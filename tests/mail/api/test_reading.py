"""ReadingService over gRPC: a letter as a browser may show it."""

import base64
from typing import Any

import pytest
from workspace.mail.v1 import mail_pb2, reading_pb2_grpc
from workspace.mail.v1 import reading_pb2 as pb

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity import acting_as
from services.mail.remote_images import Image
from services.mail.usecases import read_content
from tests.mail.api.conftest import Api
from tests.mail.api.test_api import download
from tests.mail.house import House
from tests.mail.reading.test_attachments import winmail

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100_000
RICH = (
    "<style>p{color:red}</style><p onclick=x>Voilà <img src='cid:logo@x'><img src='https://a.example/1.png'>"
    "<img src='//b.example/2.png'><a href='https://evil.example/'>impots.gouv.tg</a></p><script>x</script>"
)


def part(content_type: str, body: bytes, *fields: str) -> bytes:
    head = [f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64", *fields, "", ""]
    return "\r\n".join(head).encode() + base64.encodebytes(body).replace(b"\n", b"\r\n")


def multipart(subtype: str, *parts: bytes, edge: str = "edge", more: str = "") -> bytes:
    head = f"Content-Type: multipart/{subtype}; boundary={edge}{more}\r\n\r\n".encode()
    return head + b"".join(f"--{edge}\r\n".encode() + each + b"\r\n" for each in parts) + f"--{edge}--\r\n".encode()


def message(content: bytes, sender: str = "Agent 1 <agent1@numerique.gouv.tg>") -> bytes:
    head = f"From: {sender}\r\nTo: agent2@sante.gouv.tg\r\nSubject: Note\r\nMIME-Version: 1.0\r\n"
    return head.encode() + content


def rich(html: str = RICH, *attached: bytes) -> bytes:
    related = multipart(
        "related",
        part("text/html; charset=utf-8", html.encode()),
        part("image/png", PNG, "Content-ID: <logo@x>"),
        edge="inner",
    )
    both = multipart(
        "alternative", part("text/plain; charset=utf-8", "Voilà le texte".encode()), related, edge="middle"
    )
    return message(multipart("mixed", both, *attached))


class Fetched:
    """In place of the internet."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def fetch(self, url: str) -> Image:
        self.urls.append(url)
        return Image("image/png", PNG)


@pytest.fixture
def reading(api: Api) -> Any:
    return reading_pb2_grpc.ReadingServiceStub(api.channel)


@pytest.fixture
def fetched(house: House) -> Fetched:
    fetching = Fetched()
    object.__setattr__(house.mail, "remote_images", fetching)
    return fetching


@pytest.mark.parametrize("at_once", [read_content.AT_ONCE, 0])
async def test_a_letter_is_shown_safe_and_its_own_images_with_it(
    api: Api, reading: Any, house: House, owner: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_content, "AT_ONCE", at_once)
    (outcome,) = await house.deliver(rich(), owner, prefix=b"Return-Path: <a@example.org>\r\n")
    with acting_as(await api.identity(owner)):
        content = await reading.GetMessageContent(pb.GetMessageContentRequest(id=outcome.message_id))
        assert content.text == "Voilà le texte"
        assert content.css == "p{color:red}"
        for absent in ("script", "onclick", "a.example", "b.example"):
            assert absent not in content.html
        assert [(image.number, image.host) for image in content.remote_images] == [(1, "a.example"), (2, "b.example")]
        assert 'src="blocked:1"' in content.html
        path = f"/v1/mail/messages/{outcome.message_id}/attachments/1.2.2"
        assert f'src="{path}"' in content.html
        octets, _, _ = await download(
            api.messages.GetAttachment(mail_pb2.GetAttachmentRequest(id=outcome.message_id, part="1.2.2"))
        )
        assert octets == PNG
        # The HTML is what is shown, and no attachment.
        assert [each.attachment.content_type for each in content.attachments] == ["image/png"]
        assert list(content.warnings) == [pb.WARNING_DECEPTIVE_LINK]
        (link,) = content.links
        assert (link.href, link.shown_host, link.deceptive) == ("https://evil.example/", "impots.gouv.tg", True)


async def test_remote_images_come_by_way_of_the_platform_when_asked_for(
    api: Api, reading: Any, house: House, owner: str, fetched: Fetched
) -> None:
    (outcome,) = await house.deliver(rich(), owner)
    one = outcome.message_id
    with acting_as(await api.identity(owner)):
        content = await reading.GetMessageContent(pb.GetMessageContentRequest(id=one, remote_images=True))
        assert fetched.urls == []
        assert f'src="/v1/mail/messages/{one}/images/2"' in content.html
        octets, _, bodies = await download(reading.GetRemoteImage(pb.GetRemoteImageRequest(id=one, number=2)))
        assert (octets, bodies[0].content_type) == (PNG, "image/png")
        assert fetched.urls == ["https://b.example/2.png"]
        for number in (0, 3, -1):
            with pytest.raises(NotFound):
                await download(reading.GetRemoteImage(pb.GetRemoteImageRequest(id=one, number=number)))
    assert len(fetched.urls) == 1


async def test_where_nothing_is_fetched_that_is_said(api: Api, reading: Any, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(rich(), owner)
    with acting_as(await api.identity(owner)), pytest.raises(PreconditionFailed, match="not fetched here"):
        await download(reading.GetRemoteImage(pb.GetRemoteImageRequest(id=outcome.message_id, number=1)))


async def test_plain_letters_and_those_of_html_alone(api: Api, reading: Any, house: House, owner: str) -> None:
    sent = (
        message(part("text/plain; charset=utf-8", b"a < b")),
        message(part("text/html; charset=utf-8", b"<p>a &lt; b<script>x</script></p>")),
        message(part("text/html; charset=utf-8", b"<div>" * 20_000 + b"profond")),
        message(part("text/html; charset=utf-7", b"+ADw-script+AD4-x+ADw-/script+AD4-<p>y</p>")),
        message(multipart("mixed")),
        b"",
    )
    shown = []
    with acting_as(await api.identity(owner)):
        for source in sent:
            (outcome,) = await house.deliver(source, owner)
            shown.append(await reading.GetMessageContent(pb.GetMessageContentRequest(id=outcome.message_id)))
    assert [content.html for content in shown] == ["", "<p>a &lt; b</p>", "", "<p>y</p>", "", ""]
    assert [content.html_refused for content in shown] == [False, False, True, False, False, False]
    assert shown[0].text == "a < b"
    assert "profond" in shown[2].text


def pgp_mime() -> bytes:
    return multipart(
        "encrypted",
        part("application/pgp-encrypted", b"Version: 1"),
        part("application/octet-stream", b"-----BEGIN PGP MESSAGE-----"),
        edge="sealed",
        more="; protocol=application/pgp-encrypted",
    )


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (message(pgp_mime()), pb.ENCRYPTION_PGP_MIME),
        # As EFAIL has it: clear HTML whose image's address ends behind the encrypted part.
        (
            message(
                multipart(
                    "mixed",
                    part("text/html", b"<img src='https://a.example/"),
                    pgp_mime(),
                    part("text/html", b"'>"),
                )
            ),
            pb.ENCRYPTION_PGP_MIME,
        ),
        (
            message(
                multipart(
                    "mixed",
                    part("text/html", b"<img src='https://a.example/1.png'>"),
                    part("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", b"\x30\x80"),
                )
            ),
            pb.ENCRYPTION_SMIME,
        ),
        (
            message(part("text/html", b"<img src='https://a.example/1.png'><pre>-----BEGIN PGP MESSAGE-----</pre>")),
            pb.ENCRYPTION_PGP_INLINE,
        ),
    ],
)
async def test_encrypted_letters_are_told_as_such_with_nothing_beside(
    api: Api, reading: Any, house: House, owner: str, fetched: Fetched, source: bytes, kind: Any
) -> None:
    (outcome,) = await house.deliver(source, owner)
    with acting_as(await api.identity(owner)):
        content = await reading.GetMessageContent(
            pb.GetMessageContentRequest(id=outcome.message_id, remote_images=True)
        )
        assert (content.encryption, content.html, content.css, len(content.remote_images)) == (kind, "", "", 0)
        with pytest.raises(NotFound):
            await download(reading.GetRemoteImage(pb.GetRemoteImageRequest(id=outcome.message_id, number=1)))
    assert fetched.urls == []


async def test_dangerous_attachments_and_files_of_winmail_dat_are_marked(
    api: Api, reading: Any, house: House, owner: str
) -> None:
    tnef = winmail(("séance.docx", b"premier"), ("outil.exe", b"second"))
    source = rich(
        "<p>x</p>",
        part("application/pdf; name=rapport.pdf", b"%PDF-1.7"),
        part("application/pdf", b"MZ", "Content-Disposition: attachment; filename=facture.pdf.exe"),
        part("application/ms-tnef; name=winmail.dat", tnef),
    )
    (outcome,) = await house.deliver(source, owner)
    one = outcome.message_id
    with acting_as(await api.identity(owner)):
        content = await reading.GetMessageContent(pb.GetMessageContentRequest(id=one))
        marked = {each.attachment.filename: list(each.dangers) for each in content.attachments}
        assert marked == {
            "": [], "rapport.pdf": [], "winmail.dat": [],
            "facture.pdf.exe": [pb.DANGER_PROGRAM, pb.DANGER_DISGUISED],
        }  # fmt: skip
        assert list(content.warnings) == [pb.WARNING_DANGEROUS_ATTACHMENT]
        winmail_dat = content.attachments[-1]
        assert [(file.file, file.filename, file.size, list(file.dangers)) for file in winmail_dat.files] == [
            (1, "séance.docx", 7, []),
            (2, "outil.exe", 6, [pb.DANGER_PROGRAM]),
        ]
        request = pb.GetAttachedFileRequest(id=one, part=winmail_dat.attachment.part, file=1)
        octets, metadata, bodies = await download(reading.GetAttachedFile(request))
        assert (octets, metadata["workspace-length"]) == (b"premier", "7")
        assert metadata["workspace-filename"] == "s%C3%A9ance.docx"
        assert bodies[0].content_type == "application/octet-stream"
        for offset, length, expected in ((2, 3, b"emi"), (5, 0, b"er"), (9, 5, b"")):
            part_of = pb.GetAttachedFileRequest(
                id=one, part=winmail_dat.attachment.part, file=1, offset=offset, length=length
            )
            assert (await download(reading.GetAttachedFile(part_of)))[0] == expected
        for which, file in (("1.1", 1), ("4", 3), ("4", 0), ("9", 1)):
            with pytest.raises(NotFound):
                await download(reading.GetAttachedFile(pb.GetAttachedFileRequest(id=one, part=which, file=file)))


async def test_senders_that_mislead_are_warned_of(api: Api, reading: Any, house: House, owner: str) -> None:
    house.people.names.add("Direction du Budget")
    senders = {
        "Direction du Budget <budget@finances.gouv.tg>": [],
        "Direction du Budget <x@example.org>": [pb.WARNING_NAME_OF_COLLEAGUE],
        '"agent1@numerique.gouv.tg" <x@example.org>': [pb.WARNING_NAME_IS_ADDRESS],
        "=?utf-8?Q?agent1=40gouv.tg=00?= <x@example.org>": [
            pb.WARNING_NAME_IS_ADDRESS, pb.WARNING_DISGUISED_SENDER,
        ],
        "A <a@example.org>\r\nFrom: B <b@example.org>": [pb.WARNING_AUTHORS_UNCLEAR],
        "A <a@example.org>\r\nReply-To: <b@evil.example>": [pb.WARNING_ANSWERS_ELSEWHERE],
        "Impôts <x@g0uv.tg>": [pb.WARNING_LOOKALIKE_DOMAIN],
    }  # fmt: skip
    with acting_as(await api.identity(owner)):
        for sender, expected in senders.items():
            (outcome,) = await house.deliver(message(part("text/plain", b"x"), sender), owner)
            content = await reading.GetMessageContent(pb.GetMessageContentRequest(id=outcome.message_id))
            assert list(content.warnings) == expected, sender
