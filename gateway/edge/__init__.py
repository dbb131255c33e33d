"""What stands around every request: its id, log, measure and trace, its limits, its headers."""
