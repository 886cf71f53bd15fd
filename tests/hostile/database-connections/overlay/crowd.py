import runpy
import socket

import db

held = []
for _ in range(48):
    held.append(db.Connection())
for _ in range(120):
    held.append(socket.create_connection(("127.0.0.1", 5432)))
runpy.run_path("app.py", run_name="__main__")
