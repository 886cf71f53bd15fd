"""Sandboxes: the protocol that upper layers know, and its implementation on a container engine."""
