"""What a letter to a list is, by its header: returned, an answer, a machine's, sent to many, or written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.list_loops import Origin, origin
from services.mail.domain.lists import Group, list_fields

GROUP = Group("01L", "Budget", "Budget@numerique.gouv.tg".lower(), "", (), (), None, "members", (), 1)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"Subject: Note\r\n", Origin.WRITTEN),
        (b"Auto-Submitted: no\r\n", Origin.WRITTEN),
        (b"Auto-Submitted: No (a person)\r\n", Origin.AUTOMATIC),
        (b"List-Id: <budget.numerique.gouv.tg>\r\n", Origin.RETURNED),
        (b"List-ID: Budget <of> it\r\n <BUDGET.numerique.gouv.tg> \r\n", Origin.RETURNED),
        (b"List-Id: budget.numerique.gouv.tg\r\n", Origin.RETURNED),
        (b"List-Id: <other.example.org>\r\nlist-id: <budget.numerique.gouv.tg>\r\n", Origin.RETURNED),
        (b"List-Id: <budget.numerique.gouv.tg> <other.example.org>\r\n", Origin.BULK),
        (b"List-Id: <x.budget.numerique.gouv.tg>\r\n", Origin.BULK),
        (b"Auto-Submitted: auto-replied\r\n", Origin.ANSWER),
        (b"Auto-Submitted: Auto-Replied; by=x\r\n", Origin.ANSWER),
        (b"Content-Type: multipart/report; report-type=delivery-status\r\n", Origin.ANSWER),
        (
            b"Content-Type: Multipart/Report;\r\n report-type*0=disposition-;report-type*1=notification\r\n",
            Origin.ANSWER,
        ),
        (b"Content-Type: multipart/report; report-type=feedback-report\r\n", Origin.AUTOMATIC),
        (b"Content-Type: multipart/report\r\n", Origin.AUTOMATIC),
        (b"Content-Type: text/plain; report-type=delivery-status\r\n", Origin.WRITTEN),
        (b"Auto-Submitted: auto-generated\r\n", Origin.AUTOMATIC),
        (b"Auto-Submitted:\r\n", Origin.AUTOMATIC),
        (b"Precedence: bulk\r\n", Origin.BULK),
        (b"Precedence: LIST\r\n", Origin.BULK),
        (b"Precedence: first-class\r\n", Origin.WRITTEN),
        (b"List-Unsubscribe: <mailto:x@example.org>\r\n", Origin.BULK),
        (b"Subject: x\r\n\r\nList-Id: <budget.numerique.gouv.tg>\r\n", Origin.WRITTEN),
    ],
)
def test_a_letter_to_a_list_is_what_its_header_says(header: bytes, found: Origin) -> None:
    assert origin(header, GROUP) is found


@given(st.binary(max_size=300))
def test_whatever_stands_above_what_a_list_gave_out_is_known_again(above: bytes) -> None:
    """Whoever sends it on may put fields above, and ends none of ours."""
    given_out = list_fields(GROUP, may_answer=True) + b"Subject: x\r\n\r\n"
    written = b"".join(b"X-Y: " + line + b"\r\n" for line in above.replace(b"\r", b"").split(b"\n"))
    assert origin(written + given_out, GROUP) is Origin.RETURNED
    assert origin(above, GROUP) in Origin
