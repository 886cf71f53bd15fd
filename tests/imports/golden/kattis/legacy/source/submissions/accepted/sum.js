// reads all
