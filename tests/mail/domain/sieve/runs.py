"""Scripts run over letters, for tests."""

from datetime import UTC, datetime

from services.mail.domain.sieve import Actions, Envelope, Known, Letter, Wanted, compile_script, execute

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
LETTER = b"From: agent2@numerique.gouv.tg\r\nTo: agent1@numerique.gouv.tg\r\nSubject: Budget\r\nMessage-ID: <1@a>\r\n"


def outcome(
    script: str,
    header: bytes = LETTER,
    *,
    body: bytes | None = b"Bonjour",
    known: Known | None = None,
    trace: bytes = b"",
) -> Actions | Wanted:
    letter = Letter(trace, header, len(trace) + len(header) + 2 + len(body or b""), body)
    envelope = Envelope("agent2@numerique.gouv.tg", "agent1+detail@numerique.gouv.tg")
    return execute(compile_script(script.encode()), letter, envelope, NOW, known or Known())


def done(script: str, header: bytes = LETTER, *, known: Known | None = None, trace: bytes = b"") -> Actions:
    """What it does, when it asks nothing."""
    actions = outcome(script, header, known=known, trace=trace)
    assert isinstance(actions, Actions)
    return actions
