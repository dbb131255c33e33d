"""The letter by which the security team gets a letter that an agent took for phishing, in French and in English.

The same report gives the same octets, so that telling it again after a crash makes no second copy.
"""

from dataclasses import dataclass
from datetime import datetime

from services.mail.domain.own_letter import own_fields
from services.mail.domain.plain import one_line, unlinked

_SUBJECT = "Hameçonnage signalé / Phishing reported: {}"
_TEXT = """\
{reporter} a signalé le message joint comme une tentative d'hameçonnage.
N'ouvrez ni ses liens ni ses pièces jointes sur un poste de travail.

{reporter} reported the attached message as phishing.
Do not open its links or attachments on a workstation.

  De / From : {author}
  Objet / Subject : {subject}
"""
_WITHOUT = """
Le message contient un logiciel malveillant ; seul son en-tête est joint.
The message carries malware; its header alone is attached.
"""


@dataclass(frozen=True, slots=True)
class Report:
    """Who reported what, and when; `id` tells one report from another."""

    id: str
    reporter: str
    author: str
    subject: str
    at: datetime


def report(told: Report, to: str, domain: str, *, whole: bool) -> tuple[bytes, bytes]:
    """What stands before the reported letter and what after it. `whole`: the letter, else its header alone."""
    boundary = f"=_phishing.{told.id}"
    subject = _SUBJECT.format(one_line(told.subject, 120))
    fields = [
        *own_fields(subject, to, f"phishing.{told.id.lower()}@{domain}", told.at),
        f"Reply-To: <{told.reporter}>",
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
    ]
    author, about = unlinked(one_line(told.author, 200)), unlinked(one_line(told.subject, 200))
    text = _TEXT.format(reporter=told.reporter, author=author, subject=about) + ("" if whole else _WITHOUT)
    attached = "message/rfc822" if whole else "text/rfc822-headers"
    body = (
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + text.replace("\n", "\r\n")
        + f"\r\n--{boundary}\r\nContent-Type: {attached}\r\nContent-Transfer-Encoding: 8bit\r\n"
        "Content-Disposition: attachment\r\n\r\n"
    )
    before = "\r\n".join(fields).encode("ascii", "replace") + b"\r\n\r\n" + body.encode()
    return before, f"\r\n--{boundary}--\r\n".encode()
