"""Serve nx-27017 on a unix socket, and on MongoDB's port of an address where one is given.

Called with the folder of the data (`memory`: they are in no file), the path of the socket, and perhaps the address.
"""

import logging
import socket
import sys
import threading
from pathlib import Path

from nx_27017.handler import NeoSQLiteHandler
from nx_27017.server import handle_client_threaded

PORT = 27017
CLIENTS = 200


def serve(listener: socket.socket, handler: NeoSQLiteHandler, room: threading.Semaphore) -> None:
    """Answer everyone who comes, each in a thread, as long as there is room."""
    while True:
        client, _ = listener.accept()
        if not room.acquire(blocking=False):
            client.close()
            continue
        threading.Thread(target=attend, args=(client, handler, room), daemon=True).start()


def attend(client: socket.socket, handler: NeoSQLiteHandler, room: threading.Semaphore) -> None:
    """Answer one client to its end."""
    try:
        handle_client_threaded(client, handler)
    finally:
        room.release()


def main() -> None:
    """Listen and serve."""
    logging.disable(logging.CRITICAL)
    data, path, *address = sys.argv[1:]
    handler = NeoSQLiteHandler(data_dir=data, journal_mode="MEMORY")
    own = socket.socket(socket.AF_UNIX)
    own.bind(path)
    Path(path).chmod(0o777)
    listeners = [own]
    if address:
        port = socket.socket()
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.bind((address[0], PORT))
        listeners.append(port)
    threads = []
    for listener in listeners:
        listener.listen(128)
        # The app's clients must not take the probe's place.
        room = threading.Semaphore(CLIENTS)
        threads.append(threading.Thread(target=serve, args=(listener, handler, room)))
        threads[-1].start()
    for thread in threads:
        thread.join()


main()
