import os

# Digits only, and never the word that should follow.
os.write(1, b"1" * 300000 + b"\n")
os._exit(0)
