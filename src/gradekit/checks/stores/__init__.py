"""Questions to a key-value store, which checks of several kinds ask."""
