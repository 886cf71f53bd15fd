"""Scenarios in Hurl's own files: read, and run as steps of the kind http."""
