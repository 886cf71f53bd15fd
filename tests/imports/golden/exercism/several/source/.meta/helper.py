# .meta/helper
