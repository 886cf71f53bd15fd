"""The one use case: challenge and submission in, record and report out."""
