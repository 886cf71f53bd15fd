import time


def wait():
    while True:
        time.sleep(1)
