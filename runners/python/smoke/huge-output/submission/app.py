import os


def flood():
    line = b"x" * 4096
    while True:
        os.write(2, line)
