"""Octets to requests, answers to octets; no input or output of its own."""
