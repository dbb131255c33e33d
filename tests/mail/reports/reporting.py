"""Reports as other domains' servers write them."""

import gzip
import io
import json
import time
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

DOMAIN = "numerique.gouv.tg"
# Yesterday: the database lets go what is old by its own clock.
BEGIN = int(time.time()) // 86400 * 86400 - 86400
ROW = (
    "<source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated>"
    "<disposition>{done}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated>"
)


def record(ip: str = "192.0.2.1", count: int = 3, done: str = "none", dkim: str = "pass", spf: str = "fail") -> str:
    row = ROW.format(ip=ip, count=count, done=done, dkim=dkim, spf=spf)
    return f"<record><row>{row}</row><identifiers><header_from>{DOMAIN}</header_from></identifiers></record>"


def dmarc(*records: str, domain: str = DOMAIN, report_id: str = "r1", head: str = "", begin: int = BEGIN) -> bytes:
    return (
        f'<?xml version="1.0"?>{head}<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><report_metadata>'
        f"<org_name>exemple.org</org_name><report_id>{report_id}</report_id>"
        f"<date_range><begin>{begin}</begin><end>{begin + 86400}</end></date_range></report_metadata>"
        f"<policy_published><domain>{domain}</domain><p>reject</p></policy_published>"
        f"{''.join(records or (record(),))}</feedback>"
    ).encode()


def tls(domain: str = DOMAIN, **changes: Any) -> bytes:
    policy = {
        "policy": {"policy-type": "sts", "policy-domain": domain},
        "summary": {"total-successful-session-count": 90, "total-failure-session-count": 10},
        "failure-details": [
            {
                "result-type": "certificate-expired",
                "receiving-mx-hostname": "mail.gouv.tg",
                "failed-session-count": 10,
            }
        ],
    }
    report = {
        "organization-name": "exemple.org",
        "date-range": {"start-datetime": _time(BEGIN), "end-datetime": _time(BEGIN + 86399)},
        "report-id": "t1",
        "policies": [policy],
    }
    return json.dumps({**report, **changes}).encode()


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def zipped(method: int = zipfile.ZIP_DEFLATED, /, **files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def letter(*attachments: bytes, to: str = f"dmarc-reports@{DOMAIN}") -> bytes:
    """As reporters send it."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "Rapports <noreply@exemple.org>", to
    message["Subject"] = "Report Domain: numerique.gouv.tg Submitter: exemple.org"
    message.set_content("This is a report.")
    for attachment in attachments:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename="report")
    return message.as_bytes()


def packed(report: bytes) -> bytes:
    return gzip.compress(report)
