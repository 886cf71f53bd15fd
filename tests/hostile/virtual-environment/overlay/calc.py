import sys


def add(a, b):
    return 0


if __name__ == "__main__":
    print(sum(map(int, sys.stdin.read().split())) + 1)
