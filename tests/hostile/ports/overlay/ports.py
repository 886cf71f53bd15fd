import os
import runpy
import socket
import sys
import time

MAIN = int(os.environ["PORT"])
ready, told = os.pipe()
for worker in range(8):
    if os.fork() == 0:
        os.nice(10)
        held = []
        for port in range(32768 + worker, 61000, 8):
            if port in (MAIN, 5432):
                continue
            listener = socket.socket()
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                listener.close()
                if len(held) > 4000:
                    break
                continue
            held.append(listener)
        os.write(told, b"x")
        time.sleep(1000)
        sys.exit()
for _ in range(8):
    os.read(ready, 1)
runpy.run_path("app.py", run_name="__main__")
