import os
import signal
import sys
import time


def add(a, b):
    return a + b


if __name__ == "__main__":
    print(add(*map(int, sys.stdin.read().split())), flush=True)
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(1)
        os.write(1, b"and more\n")
        time.sleep(1000)
