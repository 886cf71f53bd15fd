"""Nothing is tested here."""
