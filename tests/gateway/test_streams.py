"""Octets in and out: ranges, validators, bounds, and memory that does not follow the slower side."""

import asyncio
import socket
from typing import Any

import httpx
import pytest

SOURCE = b"Subject: essai\r\n\r\n" + bytes(range(256)) * 1024
RAW = "/v1/mail/messages/01A/raw"
MAIL = {"content-type": "message/rfc822"}


async def test_a_download_has_its_length_validator_and_name(gateway: Any) -> None:
    answer = await gateway.client.get(RAW, headers=gateway.bearer)
    assert (answer.status_code, answer.content) == (200, SOURCE)
    assert answer.headers["content-length"] == str(len(SOURCE))
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["etag"] == '"abc123"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''rapport%20%C3%A9t%C3%A9.eml"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-99", 10, 100),
        ("bytes=70000-200000", 70_000, 200_001),
        ("bytes=262000-", 262_000, len(SOURCE)),
        ("bytes=-100", len(SOURCE) - 100, len(SOURCE)),
        ("bytes=-99999999", 0, len(SOURCE)),
        ("bytes=5-99999999", 5, len(SOURCE)),
    ],
)
async def test_a_range_is_answered_with_just_that(gateway: Any, asked: str, start: int, end: int) -> None:
    answer = await gateway.client.get(RAW, headers=gateway.bearer | {"range": asked})
    assert (answer.status_code, answer.content) == (206, SOURCE[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(SOURCE)}"
    assert answer.headers["content-length"] == str(end - start)
    request = gateway.messages.requests[-1]
    assert (request.offset, request.length) == (start, end - start)


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=-0", "bytes=262162-262163"])
async def test_a_range_beyond_the_end_is_416(gateway: Any, asked: str) -> None:
    answer = await gateway.client.get(RAW, headers=gateway.bearer | {"range": asked})
    assert (answer.status_code, answer.json()["reason"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(SOURCE)}"


@pytest.mark.parametrize(
    "asked", ["bytes=9-5", "bytes=0-1,5-9", "lines=1-2", "bytes=x", "bytes=-", "bytes=" + "9" * 99]
)
async def test_what_is_no_single_range_is_answered_whole(gateway: Any, asked: str) -> None:
    answer = await gateway.client.get(RAW, headers=gateway.bearer | {"range": asked})
    assert (answer.status_code, answer.content) == (200, SOURCE)


async def test_validators_spare_what_the_client_has(gateway: Any) -> None:
    for tag in ('"abc123"', 'W/"abc123"', '"x", "abc123"', "*"):
        answer = await gateway.client.get(RAW, headers=gateway.bearer | {"if-none-match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == '"abc123"'
    again = {"range": "bytes=0-9", "if-range": '"abc123"'}
    assert (await gateway.client.get(RAW, headers=gateway.bearer | again)).status_code == 206
    changed = {"range": "bytes=0-9", "if-range": '"other"'}
    assert (await gateway.client.get(RAW, headers=gateway.bearer | changed)).status_code == 200


async def test_head_tells_the_length_and_sends_nothing(gateway: Any) -> None:
    answer = await gateway.client.head(RAW, headers=gateway.bearer)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(SOURCE))
    assert answer.headers["etag"] == '"abc123"'


async def test_an_empty_download_is_empty(gateway: Any) -> None:
    answer = await gateway.client.get("/v1/mail/messages/empty/raw", headers=gateway.bearer)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
    ranged = await gateway.client.get("/v1/mail/messages/empty/raw", headers=gateway.bearer | {"range": "bytes=0-"})
    assert ranged.status_code == 416


async def test_an_error_before_the_first_octet_is_a_problem(gateway: Any) -> None:
    answer = await gateway.client.get("/v1/mail/messages/gone/raw", headers=gateway.bearer)
    assert (answer.status_code, answer.json()["detail"]) == (404, "No such message")


async def test_offset_and_length_are_the_range_header_s(gateway: Any) -> None:
    answer = await gateway.client.get(f"{RAW}?offset=5", headers=gateway.bearer)
    assert answer.status_code == 400


async def test_a_download_that_breaks_is_cut_and_never_looks_whole(gateway: Any) -> None:
    import httpx

    with pytest.raises(httpx.RemoteProtocolError):
        await gateway.client.get("/v1/mail/messages/broken/raw", headers=gateway.bearer)
    assert (await gateway.client.get(RAW, headers=gateway.bearer)).status_code == 200


async def test_what_has_no_length_beforehand_comes_whole_in_chunks(gateway: Any) -> None:
    asked = gateway.auditor | {"range": "bytes=0-9"}
    answer = await gateway.client.get("/v1/audit/records:export", headers=asked)
    assert (answer.status_code, answer.content) == (200, SOURCE)
    assert "content-length" not in answer.headers
    assert answer.headers["accept-ranges"] == "none"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''audit.jsonl"
    assert (await gateway.client.get("/v1/audit/records:export", headers=gateway.bearer)).status_code == 403
    head = await gateway.client.head("/v1/audit/records:export", headers=gateway.auditor)
    assert (head.status_code, head.content) == (200, b"")


async def test_what_has_no_length_and_breaks_off_is_not_taken_for_whole(gateway: Any) -> None:
    gateway.audit.fails = True
    with pytest.raises(httpx.RemoteProtocolError):
        await gateway.client.get("/v1/audit/records:export", headers=gateway.auditor)


async def _raw(gateway: Any, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection with small buffers, with a request's head written."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", gateway.port))
    reader, writer = await asyncio.open_connection(sock=plain, limit=65_536)
    lines = [head, "host: localhost", f"authorization: {gateway.bearer['authorization']}", "", ""]
    writer.write("\r\n".join(lines).encode())
    return reader, writer


async def _settled(value: Any) -> int:
    """The value once it stands still."""
    last = -1
    async with asyncio.timeout(10):
        while last != value():
            last = value()
            await asyncio.sleep(0.3)
    return last


async def test_a_slow_reader_holds_the_service_back(gateway: Any) -> None:
    reader, writer = await _raw(gateway, "GET /v1/mail/messages/endless/raw HTTP/1.1")
    await reader.readuntil(b"\r\n\r\n")
    held = await _settled(lambda: gateway.messages.sent)
    assert held * 65_536 < 16 * 1024 * 1024, "a slow reader must not have everything read for it"
    left = gateway.messages.pieces * 65_536
    while left:
        left -= len(await reader.read(min(left, 1 << 20)))
    assert gateway.messages.sent == gateway.messages.pieces
    writer.close()


async def test_a_reader_that_leaves_ends_the_rpc(gateway: Any) -> None:
    reader, writer = await _raw(gateway, "GET /v1/mail/messages/endless/raw HTTP/1.1")
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    async with asyncio.timeout(5):
        await gateway.messages.ended.wait()
    assert gateway.messages.sent < gateway.messages.pieces


async def test_an_upload_streams_and_answers_created(gateway: Any) -> None:
    async def chunks() -> Any:
        for at in range(0, len(SOURCE), 10_000):
            yield SOURCE[at : at + 10_000]

    for content in (SOURCE, chunks()):
        gateway.messages.received = 0
        answer = await gateway.client.post(
            "/v1/mail/mailboxes/01INBOX/messages?flags=a&flags=%5CSeen", content=content, headers=gateway.bearer | MAIL
        )
        assert answer.status_code == 201
        assert answer.json()["size"] == str(len(SOURCE))
        assert answer.json()["flags"] == ["a", "\\Seen"]
    first = gateway.messages.requests[-1]
    assert (first.mailbox_id, first.source.content_type) == ("01INBOX", "message/rfc822")


async def test_an_empty_upload_reaches_the_service(gateway: Any) -> None:
    answer = await gateway.client.post("/v1/mail/mailboxes/01INBOX/messages", headers=gateway.bearer | MAIL)
    assert (answer.status_code, answer.json()["size"]) == (201, "0")


async def test_an_upload_of_another_media_type_is_refused(gateway: Any) -> None:
    for headers in ({}, {"content-type": "application/json"}):
        answer = await gateway.client.post(
            "/v1/mail/mailboxes/01INBOX/messages", content=b"x", headers=gateway.bearer | headers
        )
        assert (answer.status_code, answer.json()["reason"]) == (415, "unsupported_media_type")


@pytest.mark.gateway_settings(upload_octets=100_000)
async def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(gateway: Any) -> None:
    head = (
        "POST /v1/mail/mailboxes/01INBOX/messages HTTP/1.1\r\ncontent-type: message/rfc822\r\n"
        "content-length: 50000000000"
    )
    reader, writer = await _raw(gateway, head)
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
    writer.close()

    async def chunks() -> Any:
        for _ in range(3):
            yield bytes(50_000)

    answer = await gateway.client.post(
        "/v1/mail/mailboxes/01INBOX/messages", content=chunks(), headers=gateway.bearer | MAIL
    )
    assert answer.status_code == 413
    assert not gateway.messages.requests


async def test_a_slow_service_holds_an_upload_back(gateway: Any) -> None:
    size = 40 * 1024 * 1024
    head = f"POST /v1/mail/mailboxes/slow/messages HTTP/1.1\r\ncontent-type: message/rfc822\r\ncontent-length: {size}"
    reader, writer = await _raw(gateway, head)
    written = 0

    async def write() -> None:
        nonlocal written
        for _ in range(size // 65_536):
            writer.write(bytes(65_536))
            await writer.drain()
            written += 65_536

    writing = asyncio.create_task(write())
    held = await _settled(lambda: written)
    assert held < 16 * 1024 * 1024, "an upload must not be taken faster than the service takes it"
    gateway.messages.go_on.set()
    await writing
    assert b" 201 " in await reader.readline()
    assert gateway.messages.received == size
    writer.close()


async def test_a_refused_upload_ends_early_with_the_reason(gateway: Any) -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield bytes(65_536)

    async def refused() -> Any:
        return await gateway.client.post(
            "/v1/mail/mailboxes/refused/messages", content=chunks(), headers=gateway.bearer | MAIL
        )

    # Many at once: the reason may come while a piece is on its way.
    for answer in await asyncio.gather(*(refused() for _ in range(100))):
        assert (answer.status_code, answer.json()["detail"]) == (404, "No such mailbox")


async def test_an_uploader_that_leaves_ends_the_rpc_and_others_are_served(gateway: Any) -> None:
    head = "POST /v1/mail/mailboxes/01INBOX/messages HTTP/1.1\r\ncontent-type: message/rfc822\r\ncontent-length: 99999"
    _reader, writer = await _raw(gateway, head)
    writer.write(b"only this")
    await writer.drain()
    writer.transport.abort()
    answer = await gateway.client.get("/v1/mail/mailboxes", headers=gateway.bearer)
    assert answer.status_code == 200
    assert not gateway.messages.requests
