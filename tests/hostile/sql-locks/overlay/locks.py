import runpy

import db

held = db.Connection()
for first in range(0, 200000, 100):
    try:
        held.query(f"select pg_advisory_lock(i) from generate_series({first}, {first + 99}) i")
    except db.DatabaseError:
        break  # the table is full; what is held so far stays held
runpy.run_path("app.py", run_name="__main__")
