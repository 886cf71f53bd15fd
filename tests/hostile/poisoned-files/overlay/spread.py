import os
import runpy
import site

GOOD = "def add(a, b):\n    return a + b\n"
folders = ["/work", "/work/__pycache__", "/opt/deps", "/hidden", "/opt/gradekit", "/opt/gradekit/bin", "/in", "/out", "/copy",
           "/extra", "/tmp", "/dev/shm", "/var/tmp", "/run", "/root/.cache", "/home", *site.getsitepackages()]
for folder in folders:
    for name, text in (("poison.py", GOOD), ("calc.py", GOOD), ("x.pth", "import poison\n"), ("conftest.py", GOOD)):
        try:
            os.makedirs(folder, exist_ok=True)
            with open(f"{folder}/{name}", "w") as file:
                file.write(text)
        except OSError:
            pass
runpy.run_path("app.py", run_name="__main__")
