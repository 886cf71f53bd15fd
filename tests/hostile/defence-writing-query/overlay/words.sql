select look(text), length(text) from notes
