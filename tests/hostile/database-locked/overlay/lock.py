import runpy

import db

held = db.Connection(timeout=None)
held.query("begin")
held.query("alter role app password 'x'")
runpy.run_path("app.py", run_name="__main__")
