# Read the input, print the answer.
