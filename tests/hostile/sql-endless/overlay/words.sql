select text, flood() from notes
