# .meta/add
