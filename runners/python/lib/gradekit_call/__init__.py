"""Calls between a hidden suite and a submission that run in two containers: only data cross."""
