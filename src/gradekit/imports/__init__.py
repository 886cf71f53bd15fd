"""Challenges made from what others have: one module for each format, and one table of them."""
