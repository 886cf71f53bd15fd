"""Questions to a store, which checks of several kinds ask."""
