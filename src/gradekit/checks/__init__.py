"""Checks: what each kind sees of a candidate's work, and how it is judged."""
