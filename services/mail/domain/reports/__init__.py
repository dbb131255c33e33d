"""What other domains' servers report of letters that said to be ours, and of letters that we brought them."""

from services.mail.domain.reports.dmarc import DmarcReport, DmarcRow, dmarc_report
from services.mail.domain.reports.tls import TlsPolicy, TlsReport, tls_report
from services.mail.domain.reports.unpacking import MOST, UnreadableReport, unpacked

__all__ = [
    "MOST",
    "DmarcReport",
    "DmarcRow",
    "TlsPolicy",
    "TlsReport",
    "UnreadableReport",
    "dmarc_report",
    "tls_report",
    "unpacked",
]
