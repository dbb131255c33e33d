"""ReadingService."""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import urlsplit

from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import reading_pb2 as pb
from workspace.mail.v1 import reading_pb2_grpc

from chassis.rpc.downloads import announce, bodies, check_range
from services.mail.api.convert import attachment
from services.mail.api.readable import readable
from services.mail.domain.reading.danger import Danger
from services.mail.domain.reading.sealed import Sealed
from services.mail.domain.reading.senders import Warned
from services.mail.usecases import Mail
from services.mail.usecases.read_content import (
    Content,
    ReadAttachment,
    fetch_remote_image,
    open_attached_file,
    read_content,
)

PIECE = 64 * 1024
_WARNINGS = {each: pb.Warning.Value(f"WARNING_{each.name}") for each in Warned}
_DANGERS = {each: pb.Danger.Value(f"DANGER_{each.name}") for each in Danger}
_ENCRYPTIONS = {
    each: pb.Encryption.Value("ENCRYPTION_UNSPECIFIED" if each is Sealed.NOT else f"ENCRYPTION_{each.name}")
    for each in Sealed
}


class ReadingApi(reading_pb2_grpc.ReadingServiceServicer):
    """Letters of the caller's, safe to be shown."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def GetMessageContent(self, request: pb.GetMessageContentRequest, context: Any) -> pb.MessageContent:
        which, path = await readable(self._mail, request.id), f"/v1/mail/messages/{request.id}"
        content = await read_content(self._mail, *which, path, remote_images=request.remote_images)
        return _content(request.id, content)

    async def GetRemoteImage(self, request: pb.GetRemoteImageRequest, context: Any) -> AsyncIterator[HttpBody]:
        image = await fetch_remote_image(self._mail, *await readable(self._mail, request.id), request.number)
        async for body in bodies(image.content_type, _pieces(image.octets)):
            yield body

    async def GetAttachedFile(self, request: pb.GetAttachedFileRequest, context: Any) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        which = await readable(self._mail, request.id)
        file, content = await open_attached_file(
            self._mail, *which, request.part, request.file, offset=request.offset, length=length
        )
        etag = f"{request.id}-{request.part}-{request.file}"
        await announce(context, octets=file.length, etag=etag, filename=file.name)
        async for body in bodies("application/octet-stream", content):
            yield body


async def _pieces(octets: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(octets), PIECE):
        yield octets[start : start + PIECE]


def _content(message_id: str, content: Content) -> pb.MessageContent:
    shown = content.shown
    warnings = {_WARNINGS[each] for each in content.warned}
    if any(link.deceptive for link in shown.links):
        warnings.add(pb.WARNING_DECEPTIVE_LINK)
    if any(each.dangers or any(within for _, within in each.files) for each in content.attachments):
        warnings.add(pb.WARNING_DANGEROUS_ATTACHMENT)
    return pb.MessageContent(
        id=message_id,
        html=shown.html,
        css=shown.css,
        text=content.text,
        warnings=sorted(warnings),
        remote_images=[
            pb.RemoteImage(number=number, host=_host(url)) for number, url in enumerate(shown.images, start=1)
        ],
        blocked=shown.blocked,
        links=[pb.Link(href=link.href, shown_host=link.shown, deceptive=link.deceptive) for link in shown.links],
        attachments=map(_attachment, content.attachments),
        encryption=_ENCRYPTIONS[content.sealed],
        truncated=content.truncated,
        html_refused=content.refused,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _attachment(read: ReadAttachment) -> pb.ContentAttachment:
    return pb.ContentAttachment(
        attachment=attachment(read.attachment),
        dangers=_dangers(read.dangers),
        files=[
            pb.AttachedFile(file=number, filename=file.name, size=file.length, dangers=_dangers(within))
            for number, (file, within) in enumerate(read.files, start=1)
        ],
    )


def _dangers(dangers: Iterable[Danger]) -> list[Any]:
    return sorted(_DANGERS[each] for each in dangers)
