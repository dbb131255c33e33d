"""`python -m gateway http`."""

from chassis.launch import launch

launch("gateway", ["http"])
