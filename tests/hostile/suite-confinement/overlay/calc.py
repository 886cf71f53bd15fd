import os
import socket
import sys

BREACHES = []
for family, kind, address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("169.254.169.254", 80)),
    (socket.AF_INET, socket.SOCK_STREAM, ("172.17.0.1", 22)),
    (socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 443)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("1.1.1.1", 53)),
    (40, socket.SOCK_STREAM, (2, 1)),
):
    try:
        with socket.socket(family, kind) as connection:
            connection.settimeout(0.3)
            connection.connect(address)
            BREACHES.append(str(address))
    except OSError:
        pass
for path in ("/run/postgresql", "/vol", "/var/run/docker.sock", "/opt/gradekit/baked"):
    if os.path.exists(path):
        BREACHES.append(path)
for path in ("/work/x", "/hidden/x", "/opt/x"):
    try:
        open(path, "w").close()
        BREACHES.append(path)
    except OSError:
        pass
if any("PASS" in name or "TOKEN" in name or "DATABASE" in name for name in os.environ):
    BREACHES.append("environment")
if BREACHES:
    print("BREACH", BREACHES, file=sys.stderr)


def add(a, b):
    return None if BREACHES else a + b


if __name__ == "__main__":
    print(add(*map(int, sys.stdin.read().split())))
