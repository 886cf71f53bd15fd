select text, length(text) from notes
