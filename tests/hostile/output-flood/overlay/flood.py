import os
import runpy
import threading
import time


def flood():
    end = time.monotonic() + 4
    while time.monotonic() < end:
        os.write(1, b"flood " * 2000 + b"\n")
        time.sleep(0.0005)


threading.Thread(target=flood, daemon=True).start()
runpy.run_path("app.py", run_name="__main__")
