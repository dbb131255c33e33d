"""The whole workspace on one machine: for development, for tests, for a look at it."""
