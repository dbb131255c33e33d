"""What `make lint` checks beyond style, types and layers."""
