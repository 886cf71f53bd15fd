import os
import sys

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "stamp.txt"), "rb") as file:
    RAW = file.read() == b"$Id" + b"$ $Format" + b":%H$\n"


def add(a, b):
    return a + b if RAW else None


if __name__ == "__main__":
    print(add(*map(int, sys.stdin.read().split())))
