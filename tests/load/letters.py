"""The messages that the benchmarks send."""

import base64
import random

SIZE = 8 * 1024


def letter(number: int, sender: str, recipient: str, size: int = SIZE) -> bytes:
    """A multipart message of about `size` octets, text in French and an attachment; no two are the same."""
    dice = random.Random(number)
    words = "le ministère transmet la note de service relative au budget et à la réunion".split(" ")
    text = "\r\n".join(" ".join(dice.choices(words, k=11)) for _ in range(24))
    head = (
        f"From: Agent <{sender}>\r\nTo: Agent <{recipient}>\r\nSubject: =?utf-8?q?Note_n=C2=B0_{number}?=\r\n"
        f"Date: Mon, 23 Nov 2026 08:{number % 60:02d}:00 +0000\r\n"
        f"Message-ID: <{number}.{dice.getrandbits(64):x}@load.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=frontier\r\n\r\n"
        "--frontier\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{text}\r\n--frontier\r\nContent-Type: application/pdf; name=note.pdf\r\n"
        "Content-Disposition: attachment; filename=note.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode()
    tail = b"\r\n--frontier--\r\n"
    room = max(0, size - len(head) - len(tail))
    return head + base64.encodebytes(dice.randbytes(room * 72 // 100)).replace(b"\n", b"\r\n") + tail
