"""FETCH of parts without their transfer encoding (RFC 3516)."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.mime import Scanner
from services.mail.domain.mime.binary import in_base64
from tests.mail.imap.party import Imap

IMAGE = bytes(range(256)) * 300
SOURCE = (
    b"From: agent1@numerique.gouv.tg\r\nSubject: Plan\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"R=C3=A9union =\r\ndemain\r\n"
    b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: BASE64\r\n\r\n" + base64.encodebytes(IMAGE) + b"\r\n"
    b"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Dedans\r\n\r\nBonjour\r\n"
    b"--b--\r\n"
)
TEXT = "Réunion demain".encode()


async def test_parts_are_told_without_their_encoding(imap: Imap) -> None:
    client = await imap.selected()
    await client.append(SOURCE)
    assert await client.ok("FETCH 1 (BINARY.SIZE[1] BINARY.SIZE[2] BINARY.SIZE[9])") == [
        b"* 1 FETCH (BINARY.SIZE[1] %d BINARY.SIZE[2] %d BINARY.SIZE[9] 0)" % (len(TEXT), len(IMAGE))
    ]
    assert await client.ok("FETCH 1 FLAGS") == [b"* 1 FETCH (FLAGS ())"]
    [told] = await client.ok("UID FETCH 1 (BINARY.PEEK[1] BINARY.PEEK[2])")
    assert told == b"* 1 FETCH (UID 1 BINARY[1] ~{%d}\r\n%b BINARY[2] ~{%d}\r\n%b)" % (
        len(TEXT), TEXT, len(IMAGE), IMAGE,
    )  # fmt: skip
    for first, most in ((0, 10), (70_000, 100), (len(IMAGE) - 5, 100), (len(IMAGE), 10), (10**9, 10)):
        wanted = IMAGE[first : first + most]
        assert await client.ok(f"FETCH 1 BINARY.PEEK[2]<{first}.{most}>") == [
            b"* 1 FETCH (BINARY[2]<%d> ~{%d}\r\n%b)" % (first, len(wanted), wanted)
        ]
    assert await client.ok("FETCH 1 BINARY.PEEK[9]") == [b"* 1 FETCH (BINARY[9] NIL)"]
    assert await client.ok("FETCH 1 BINARY.PEEK[]") == [b"* 1 FETCH (BINARY[] ~{%d}\r\n%b)" % (len(SOURCE), SOURCE)]
    assert await client.ok("FETCH 1 BINARY.PEEK[4.1]") == [b"* 1 FETCH (BINARY[4.1] ~{7}\r\nBonjour)"]
    [told] = await client.ok("FETCH 1 BINARY.PEEK[4]")
    assert told == b"* 1 FETCH (BINARY[4] ~{26}\r\nSubject: Dedans\r\n\r\nBonjour)"
    # Reading sets \\Seen.
    [told] = await client.ok("FETCH 1 BINARY[1]")
    assert told.endswith(TEXT + b")")
    assert b"FLAGS (\\Seen)" in told


async def test_what_cannot_be_undone_is_said(imap: Imap) -> None:
    client = await imap.selected()
    await client.append(SOURCE)
    assert await client.do("FETCH 1 BINARY.PEEK[3]") == [
        b"* 1 FETCH (UID 1)", b"NO [UNKNOWN-CTE] A part is encoded in an unknown way",
    ]  # fmt: skip
    told = await client.do("FETCH 1 (BINARY.SIZE[3] BINARY.SIZE[1])")
    assert told[0] == b"* 1 FETCH (BINARY.SIZE[1] %d)" % len(TEXT)
    assert told[-1].startswith(b"NO [UNKNOWN-CTE]")
    for wrong in ("", "[", "[TEXT]", "[1.TEXT]", "[0]", ".SIZE[1]<0.1>", "[1]<1>"):
        assert (await client.do(f"FETCH 1 BINARY{wrong}"))[-1].startswith(b"BAD "), wrong
    assert (await client.do(f"FETCH 1 BINARY[{'1.' * 200}1]"))[-1].startswith(b"BAD ")


HEADERS = st.sampled_from(
    [b"", b"Content-Transfer-Encoding: binary\r\n", b"Content-Transfer-Encoding:\r\n binary\r\n", b"X: y\r\n"]
)
TYPES = [b"multipart/mixed; boundary=b", b"message/rfc822", b"a/b"]
KINDS = st.sampled_from([b"", *(b"Content-Type: %b\r\n" % each for each in TYPES)])
PIECES = [b"\0", b"\r\n", b"--b\r\n", b"--b--\r\n", b"\r\n\r\n", b"x" * 80, b"a: b"]
BODY = st.lists(st.sampled_from(PIECES), max_size=8)


@given(st.lists(st.tuples(HEADERS, KINDS, BODY.map(b"".join)), min_size=1, max_size=3))
async def test_any_parts_in_the_clear_are_kept(parts: list[tuple[bytes, bytes, bytes]]) -> None:
    """What was no leaf stays, and every leaf that was binary has the same octets in base64."""
    source = b"".join(encoding + kind + b"\r\n" + body for encoding, kind, body in parts)

    def scanned(octets: bytes) -> Scanner:
        scanner = Scanner()
        scanner.feed(octets)
        return scanner

    async def read(start: int, end: int):  # type: ignore[no-untyped-def]
        yield source[start:end]

    structure = scanned(source).close()
    made = b"".join([piece async for piece in in_base64(structure, read)])
    after = scanned(made).close()

    def leaves(part, octets: bytes):  # type: ignore[no-untyped-def]
        if part.children:
            return [leaf for child in part.children for leaf in leaves(child, octets)]
        body = octets[part.body_start : part.body_end]
        return [base64.b64decode(body) if part.encoding == b"base64" else body]

    assert leaves(after.root, made) == leaves(structure.root, source)
