import os
import runpy
import sys

import db

# In two parts, or this file would be the first to be found.
SECRETS = [part.encode() for part in ("hidden-suite-" + "secret", "secret-" + "shop", "sales-" + "reference", "call " + "home")]
NAMES = {"challenge.yaml", "challenge.lock", "rubric.yaml", "test_calc.py", "words-reference.sql", ".git", ".netrc"}
found = []
for top, folders, files in os.walk("/", onerror=lambda _: None):
    folders[:] = [name for name in folders if os.path.join(top, name) not in ("/proc", "/sys", "/dev")]
    for name in [*folders, *files]:
        if name in NAMES:
            found.append(os.path.join(top, name))
    for name in files:
        path = os.path.join(top, name)
        # The interpreter's own files are too many to read in the time that an app has to start.
        if path.startswith(("/usr/", "/opt/gradekit/venv/")) or path == os.path.abspath(__file__) or os.path.islink(path):
            continue
        try:
            if os.path.getsize(path) < 1 << 20:
                with open(path, "rb") as file:
                    data = file.read()
                found += [f"{path}: {secret}" for secret in SECRETS if secret in data]
        except OSError:
            pass
with open("/proc/self/mountinfo") as file:
    found += [line for line in file if any(word in line for word in ("hidden", "docker.sock", "solutions"))]
found += [name for name in os.environ if "TOKEN" in name or "GRADEKIT" in name or "SECRET" in name]
queries = db.Connection().query("select coalesce(query, '') from pg_stat_activity where pid <> pg_backend_pid()")
found += [query for (query,) in queries if "notes" in query or "PASSWORD" in query]
if found:
    print("BREACH", *found, sep="\n  ")
    sys.exit(1)
runpy.run_path("app.py", run_name="__main__")
