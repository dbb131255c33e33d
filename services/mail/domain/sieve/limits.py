"""How much a script may have, and how much running it may cost."""

# Octets of a script.
MAX_SCRIPT = 128 * 1024
MAX_COMMANDS = 2000
# Blocks within blocks, and tests within tests.
MAX_NESTING = 32
# What one run may do for one message.
MAX_ACTIONS = 32
MAX_REDIRECTS = 4
MAX_NOTIFICATIONS = 4
# Characters of a variable (RFC 5229 §3 wants 4,000 at least), and how many of them there are (128 at least).
MAX_VARIABLE = 8_000
MAX_VARIABLES = 256
MAX_EDITS = 64
# Different letters that one run may ask to have been seen before.
MAX_DUPLICATES = 8
# Seconds: how long what was seen is remembered, and how long vacation rests, at most (RFC 7352 §3.3, RFC 5230 §4.1).
MAX_DUPLICATE_SECONDS = 30 * 24 * 3600
MIN_VACATION_SECONDS, MAX_VACATION_SECONDS = 600, 90 * 24 * 3600
# What is read of a body.
MAX_BODY = 1024 * 1024
# Steps of one run: a command or test costs one, and so does each 256 characters that are compared.
MAX_STEPS = 100_000
