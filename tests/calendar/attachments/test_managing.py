"""Files of events by CalDAV (RFC 8607): added, changed, removed, read, and what every refusal names."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis.identity import Identity
from services.calendar.domain.attachments import MAX_OCTETS
from services.calendar.usecases.attachments.sweeping import forget_attachments
from tests.calendar.attachments.conftest import NOTE, Files, condition, ids_in
from tests.calendar.dav.conftest import CalendarClient, event
from tests.calendar.office import Office

SERIES = event("e1", "20261130T090000Z", "20261130T100000Z", "Suivi", "RRULE:FREQ=DAILY;COUNT=5")


async def test_a_file_is_added_changed_and_removed_by_post(files: Files) -> None:
    added = await files.add(NOTE, "ordre du jour.txt")
    assert added.status_code == 201
    first = added.headers["cal-managed-id"]
    content = await files.content()
    assert f"MANAGED-ID={first}" in content
    assert f"SIZE={len(NOTE)}" in content
    assert "FMTTYPE=text/plain" in content
    assert 'FILENAME="ordre du jour.txt"' in content
    assert (await files.client.ask("GET", f"{files.client.calendar}e1.ics")).headers["etag"] == added.headers["etag"]
    changed = await files.post(
        f"action=attachment-update&managed-id={first}", b"%PDF-1.7", content_type="application/pdf",
        content_disposition="attachment; filename*=UTF-8''proc%C3%A8s.pdf", prefer="return=representation",
    )  # fmt: skip
    assert changed.status_code == 200
    second = changed.headers["cal-managed-id"]
    assert second != first
    assert ids_in(changed.text) == [second]
    assert changed.headers["content-location"].endswith("/e1.ics")
    assert (await files.open(first)).status_code == 404
    assert (await files.open(second)).content == b"%PDF-1.7"
    removed = await files.post(f"action=attachment-remove&managed-id={second}")
    assert removed.status_code == 204
    assert "cal-managed-id" not in removed.headers
    assert "ATTACH" not in await files.content()
    assert (await files.open(second)).status_code == 404


async def test_a_file_is_read_in_parts_and_never_runs_in_our_origin(files: Files) -> None:
    body = b"<script>alert(1)</script>" * 20_000
    managed_id = await files.added(body, "page.html")
    url = (await files.content()).split("ATTACH;")[1].split("\r\n")[0].partition(":")[2]
    assert url == f"http://localhost:8080/dav/calendars/attachments/{managed_id}/page.html"
    whole = await files.client.ask("GET", url.removeprefix("http://localhost:8080"))
    assert whole.content == body
    assert whole.headers["content-length"] == str(len(body))
    assert whole.headers["content-disposition"] == "attachment; filename*=UTF-8''page.html"
    assert whole.headers["content-security-policy"].startswith("sandbox;")
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = await files.open(managed_id, range="bytes=100-199")
    assert (part.status_code, part.content) == (206, body[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(body)}"
    assert (await files.open(managed_id, range=f"bytes={len(body)}-")).status_code == 416
    assert (await files.open(managed_id, if_none_match=whole.headers["etag"])).status_code == 304
    head = await files.client.ask("HEAD", f"/dav/calendars/attachments/{managed_id}/x")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(body))


async def test_a_file_goes_to_the_instances_that_rid_names(files: Files) -> None:
    assert (await files.client.store("e1.ics", SERIES)).status_code == 204
    one = await files.added(more="&rid=20261202T090000Z")
    content = await files.content()
    master, override = content.split("BEGIN:VEVENT")[1:]
    assert ids_in(master) == []
    assert ids_in(override) == [one]
    assert "RECURRENCE-ID:20261202T090000Z" in override
    both = await files.added(b"autre", more="&rid=M,20261203T090000Z")
    everywhere = await files.added(b"tous")
    held = [set(ids_in(part)) for part in (await files.content()).split("BEGIN:VEVENT")[1:]]
    assert held == [{both, everywhere}, {one, everywhere}, {both, everywhere}]
    left = await files.post(f"action=attachment-remove&managed-id={both}&rid=20261203T090000Z")
    assert left.status_code == 204
    held = [set(ids_in(part)) for part in (await files.content()).split("BEGIN:VEVENT")[1:]]
    assert held == [{both, everywhere}, {one, everywhere}, {everywhere}]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("action=", "valid-action"),
        ("action=attachment-steal", "valid-action"),
        ("action=attachment-add&action=attachment-remove", "valid-action"),
        ("action=x" + "&a=b" * 1000, "valid-action"),
        ("action=attachment-add&managed-id=x", "valid-managed-id"),
        ("action=attachment-update", "valid-managed-id"),
        ("action=attachment-update&managed-id=%00%0d%0a", "valid-managed-id"),
        ("action=attachment-update&managed-id=../../x", "valid-managed-id"),
        ("action=attachment-update&managed-id={id}&rid=M", "valid-rid"),
        ("action=attachment-remove", "valid-managed-id"),
        ("action=attachment-remove&managed-id=" + "0" * 32, "valid-managed-id"),
        ("action=attachment-remove&managed-id={id}&rid=20300101T000000Z", "valid-rid"),
        ("action=attachment-add&rid=", "valid-rid"),
        ("action=attachment-add&rid=tomorrow", "valid-rid"),
        ("action=attachment-add&rid=20261130T090000Z,", "valid-rid"),
        ("action=attachment-add&rid=" + ",".join(["M"] * 3000), "valid-rid"),
    ],
)  # fmt: skip
async def test_what_a_refusal_names(files: Files, query: str, named: str) -> None:
    managed_id = await files.added()
    before = await files.content()
    answer = await files.post(query.replace("{id}", managed_id), NOTE, content_type="text/plain")
    assert (answer.status_code, condition(answer)) == (403, named)
    assert await files.content() == before


async def test_a_precondition_is_asked_before_the_file_is(files: Files) -> None:
    assert (await files.add(if_match='"other"')).status_code == 412
    assert (await files.post("action=attachment-add", NOTE, "nothing.ics")).status_code == 404
    assert "ATTACH" not in await files.content()


async def test_files_are_bounded_in_octets_in_number_and_by_a_quota(files: Files, office: Office) -> None:
    announced = await _raw(files, b"content-length: 26214401\r\n\r\n")
    assert announced.startswith(b"HTTP/1.1 403")
    assert b"max-attachment-size" in announced
    assert (await files.add(b"x" * MAX_OCTETS)).status_code == 201
    over = await files.add(b"y" * 2_000_000)
    assert (over.status_code, condition(over)) == (507, "quota-not-exceeded")
    for managed_id in ids_in(await files.content()):
        assert (await files.post(f"action=attachment-remove&managed-id={managed_id}")).status_code == 204
    # What was refused, and what is gone, takes room no more.
    office.clock.pass_by(minutes=11)
    await forget_attachments(office.agenda)
    assert await office.agenda.attachments.used("acc-agent1") == (0, 0)
    for n in range(20):
        await files.added(b"%d" % n)
    full = await files.add()
    assert (full.status_code, condition(full)) == (403, "max-attachments-per-resource")


async def test_an_endless_body_is_cut_off(files: Files, office: Office, agent: Identity) -> None:
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(4 * MAX_OCTETS // 65_536):
            sent += 65_536
            yield piece

    # The answer may be lost with what was sent after it.
    answer = await _raw(files, b"transfer-encoding: chunked\r\n\r\n", pieces())
    assert answer == b"" or (answer.startswith(b"HTTP/1.1 403") and b"max-attachment-size" in answer)
    assert MAX_OCTETS < sent < 2 * MAX_OCTETS
    assert "ATTACH" not in await files.content()
    assert await office.agenda.attachments.used(agent.account_id) == (0, 0)


async def _raw(files: Files, head: bytes, body: AsyncIterator[bytes] | None = None) -> bytes:
    """The answer to a POST whose body is sent until the server wants no more."""
    url = files.client.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    begin = f"POST {files.client.calendar}e1.ics?action=attachment-add HTTP/1.1\r\nhost: x\r\n"
    writer.write(begin.encode() + f"authorization: {files.client.headers['authorization']}\r\n".encode() + head)
    answer = b""
    try:
        async with asyncio.timeout(20):
            if body is not None:
                async for piece in body:
                    writer.write(piece)
                    await writer.drain()
            answer = await reader.readuntil(b"</D:error>")
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("disposition", "kept"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\dossiers\\\\plan.doc"', "plan.doc"),
        ("attachment; filename*=UTF-8''a%0d%0aDTSTART%3A2026%00.txt", "aDTSTART:2026.txt"),
        ("attachment; filename*=UTF-8''facture%E2%80%AEfdp.exe", "facturefdp.exe"),
        ("attachment; filename*=UTF-8''%ED%A0%80%FF.txt", None),
        ('attachment; filename=".."', "fichier"),
        ('attachment; filename=""', "fichier"),
        ("inline", "fichier"),
        ("", "fichier"),
        ("attachment; filename*=x-none''%41", None),
        (f'attachment; filename="{"a" * 500}.pdf"', "a" * 196 + ".pdf"),
    ],
)
async def test_a_hostile_name_is_made_one_of_a_file(files: Files, disposition: str, kept: str | None) -> None:
    answer = await files.add(content_disposition=disposition, content_type="text/../html; x=y")
    assert answer.status_code == 201
    (line,) = [each for each in (await files.content()).split("\r\n") if each.startswith("ATTACH")]
    assert "FMTTYPE=application/octet-stream" in line
    if kept is not None:
        assert f"FILENAME={kept};" in line.replace('"', "") or f"FILENAME={kept}:http" in line.replace('"', "")
    assert (await files.open(answer.headers["cal-managed-id"])).content == NOTE


async def test_calendars_tell_that_they_keep_files(files: Files) -> None:
    told = await files.client.ask("OPTIONS", files.client.calendar)
    assert "calendar-managed-attachments" in told.headers["dav"].split(", ")
    assert "POST" in told.headers["allow"]
    found = await files.client.propfind(
        files.client.calendar, "C:max-attachment-size", "C:max-attachments-per-resource"
    )
    assert found.texts(files.client.calendar, "max-attachment-size") == [str(25 * 1024 * 1024)]
    assert found.texts(files.client.calendar, "max-attachments-per-resource") == ["20"]
    home = await files.client.propfind(files.client.home, "C:managed-attachments-server-URL")
    assert home.texts(files.client.home, "managed-attachments-server-URL") == [""]


async def test_what_a_client_drops_goes_and_what_is_said_of_it_is_put_right(files: Files, office: Office) -> None:
    managed_id = await files.added()
    content = await files.content()
    lie = content.replace("http://localhost:8080/dav", "https://evil.example/dav").replace("ordre.txt", "x.exe")
    assert (await files.client.store("e1.ics", lie.encode())).status_code == 204
    assert await files.content() == content
    # A copy of it, in another event of who may open it (RFC 8607 §3.5).
    other = content.replace("UID:e1", "UID:e2").encode()
    assert (await files.client.store("e2.ics", other)).status_code == 201
    assert (await files.client.store("e1.ics")).status_code == 204
    office.clock.pass_by(minutes=11)
    await forget_attachments(office.agenda)
    assert (await files.open(managed_id)).content == NOTE
    assert (await files.client.ask("DELETE", f"{files.client.calendar}e2.ics")).status_code == 204
    assert (await files.open(managed_id)).status_code == 404
    office.clock.pass_by(minutes=11)
    await forget_attachments(office.agenda)
    assert await office.agenda.attachments.find(managed_id) is None


async def test_an_object_with_megabytes_within_is_refused(mine: CalendarClient) -> None:
    inline = "ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "QUJD" * 600_000
    answer = await mine.store("e1.ics", event("e1", "20261130T090000Z", "20261130T100000Z", "x", inline))
    assert (answer.status_code, condition(answer)) == (403, "max-resource-size")


async def test_uploads_that_end_early_leave_nothing(files: Files, office: Office, agent: Identity) -> None:
    async def broken():  # type: ignore[no-untyped-def]
        yield b"x" * 100_000
        raise ConnectionError

    path = f"{files.client.calendar}e1.ics?action=attachment-add"
    with pytest.raises(ConnectionError):
        await files.client.http.post(path, content=broken(), headers=files.client.headers)
    await asyncio.sleep(0.3)
    assert "ATTACH" not in await files.content()
    assert await office.agenda.attachments.used(agent.account_id) == (0, 0)


async def test_a_file_whose_event_was_never_written_goes(office: Office, files: Files, agent: Identity) -> None:
    """As by a process that died between the two."""
    managed_id = await files.added()
    found = await office.agenda.attachments.find(managed_id)
    assert found is not None
    await office.database["objects"].delete_many({"owner": agent.account_id})
    await forget_attachments(office.agenda)
    assert await office.agenda.attachments.find(managed_id) == found
    office.clock.pass_by(minutes=61)
    await forget_attachments(office.agenda)
    assert await office.agenda.attachments.find(managed_id) is None
    assert await office.agenda.files._sweeper.sweep(office.agenda.attachments.named, timedelta()) == 1
    await office.agenda.files.sweep()
