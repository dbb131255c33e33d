"""SMTP: reception from other domains and submission by agents (RFC 5321, RFC 6409).

`server` listens; `session` is one connection; `commands` answer, one file a verb; `codec` is the pure part; `policy`
tells reception and submission apart.
"""
