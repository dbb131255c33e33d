"""The one door from outside: it authenticates, limits, transcodes and pushes, and holds no business rule."""
