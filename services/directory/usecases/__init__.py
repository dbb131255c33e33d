"""One verb, one file; each a coroutine function whose first argument is the service's context."""
