import os
import runpy

for folder in ("/tmp", "/dev/shm"):
    try:
        with open(f"{folder}/sparse", "wb") as file:
            file.truncate(1 << 40)
    except OSError:
        pass
    try:
        for number in range(1000000):
            open(f"{folder}/{number}", "w").close()
            if number > 40000:
                break
    except OSError:
        pass
    try:
        with open(f"{folder}/big", "wb") as file:
            for _ in range(48):
                file.write(bytes(1 << 20))
    except OSError:
        pass
runpy.run_path("app.py", run_name="__main__")
