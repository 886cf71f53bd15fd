select text, 0 from notes
