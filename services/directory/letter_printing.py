"""Activation letters as a PDF, a page each: French first, a code to type and a picture of the link to scan.

The font comes by the lock: the core fonts of PDF know no œ, and none of the letters of Ewe and Kabiyè (ɖ ɛ ɣ ŋ ɔ ʋ).
"""

import asyncio
import io
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files

import segno
from fpdf import FPDF
from fpdf.enums import TextMode

from services.directory.domain.batches import Printed

_FONT = "fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"
_MARGIN, _QR = 22, 42
_MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


async def printed(letters: Sequence[Printed], platform: str, public_url: str) -> bytes:
    """The document. Others have their turns between two pages."""
    pdf = FPDF(format="A4")
    pdf.set_margins(_MARGIN, _MARGIN)
    pdf.set_auto_page_break(auto=False)
    pdf.set_lang("fr")
    pdf.set_title("Lettres d’activation")
    package, path = _FONT
    pdf.add_font("Noto", "", str(files(package) / path))
    for letter in letters:
        _page(pdf, letter, platform, public_url)
        await asyncio.sleep(0)
    return bytes(pdf.output())


def _page(pdf: FPDF, letter: Printed, platform: str, public_url: str) -> None:
    pdf.add_page()
    _line(pdf, "République togolaise", 10)
    for unit in letter.units:
        _line(pdf, unit, 10)
    pdf.ln(14)
    _line(pdf, letter.name, 14, "B")
    _line(pdf, letter.address, 12)
    pdf.ln(12)
    _line(pdf, f"Votre accès : {platform}", 16, "B")
    pdf.ln(4)
    _text(pdf, "Votre compte est ouvert. Activez-le vous-même : choisissez un mot de passe que vous seul connaissez.")
    pdf.ln(4)
    _steps(pdf, letter, public_url)
    pdf.ln(8)
    _text(pdf, "Cette lettre est personnelle. Ne donnez ce code à personne : l’assistance ne le demande jamais. Il sert"
          " une seule fois, et remplace celui de toute lettre précédente.")  # fmt: skip
    pdf.ln(8)
    _text(
        pdf,
        f"In English: your account {letter.address} is open. Scan the picture, or open {public_url}/activate, type the"
        f" code and choose a password that only you know. The code is good once, until {letter.until:%d/%m/%Y}.",
        9,
    )


def _steps(pdf: FPDF, letter: Printed, public_url: str) -> None:
    """The picture on the right, what to do beside it."""
    top, width = pdf.get_y(), pdf.epw
    link = f"{public_url}/activate?code={letter.code}"
    pdf.image(_picture(link), x=_MARGIN + width - _QR, y=top, w=_QR, h=_QR, alt_text="Code QR du lien d’activation")
    left = width - _QR - 8
    _text(pdf, "1. Avec un téléphone, lisez l’image ; ou ouvrez dans un navigateur :", width=left)
    _text(pdf, f"{public_url}/activate", 11, "B", left)
    _text(pdf, "2. Tapez ce code, s’il n’y est pas déjà :", width=left)
    _text(pdf, letter.code, 18, "B", left)
    _text(pdf, "3. Choisissez votre mot de passe, puis connectez-vous avec votre adresse.", width=left)
    _text(pdf, f"Ce code est valable jusqu’au {_day(letter.until)}.", 11, "B", left)
    pdf.set_y(max(pdf.get_y(), top + _QR))


def _line(pdf: FPDF, text: str, size: int, style: str = "") -> None:
    _text(pdf, text, size, style)


def _text(pdf: FPDF, text: str, size: int = 11, style: str = "", width: float = 0) -> None:
    pdf.set_font("Noto", "", size)
    # Bold is drawn: cutting another weight out of the variable font takes five seconds of CPU.
    drawn = {"text_mode": TextMode.FILL_STROKE, "line_width": size * 0.01} if style else {"text_mode": TextMode.FILL}
    with pdf.local_context(**drawn):
        pdf.multi_cell(width, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1)


def _picture(link: str) -> io.BytesIO:
    drawn = io.BytesIO()
    segno.make(link, error="m").save(drawn, kind="png", scale=6, border=2)
    drawn.seek(0)
    return drawn


def _day(when: datetime) -> str:
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
