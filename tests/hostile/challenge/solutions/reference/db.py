"""Just enough of PostgreSQL's protocol to log in with SCRAM and send simple queries."""

import base64
import hashlib
import hmac
import os
import secrets
import socket
import struct
from urllib.parse import urlsplit

URL = urlsplit(os.environ.get("DATABASE_URL", ""))


class DatabaseError(Exception):
    pass


class Connection:
    def __init__(self, user=None, password=None, database=None, host="127.0.0.1", port=5432, timeout=10):
        self.user, self.password = user or URL.username, password or URL.password
        self.socket = socket.create_connection((host, port), timeout)
        self.file = self.socket.makefile("rb")
        body = b"\0\3\0\0user\0%s\0database\0%s\0\0" % (self.user.encode(), (database or URL.path[1:]).encode())
        self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
        self.log_in()

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!I", len(body) + 4) + body)

    def receive(self):
        head = self.file.read(5)
        if len(head) < 5:
            raise DatabaseError("the connection was closed")
        kind, length = struct.unpack("!cI", head)
        body = self.file.read(length - 4)
        if kind == b"E":
            raise DatabaseError(body.decode(errors="replace"))
        return kind, body

    def log_in(self):
        nonce = base64.b64encode(secrets.token_bytes(12)).decode()
        bare = f"n=,r={nonce}"
        while True:
            kind, body = self.receive()
            if kind == b"Z":
                return
            if kind != b"R":
                continue
            method = struct.unpack("!I", body[:4])[0]
            if method == 10:
                first = f"n,,{bare}".encode()
                self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first)
            elif method == 11:
                server = body[4:].decode()
                fields = dict(part.split("=", 1) for part in server.split(","))
                salted = hashlib.pbkdf2_hmac(
                    "sha256", self.password.encode(), base64.b64decode(fields["s"]), int(fields["i"])
                )
                key = hmac.digest(salted, b"Client Key", "sha256")
                without = f"c=biws,r={fields['r']}"
                signed = f"{bare},{server},{without}".encode()
                signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
                proof = bytes(a ^ b for a, b in zip(key, signature))
                self.send(b"p", f"{without},p={base64.b64encode(proof).decode()}".encode())

    def query(self, sql):
        """Rows of texts; quotes are the caller's business."""
        self.send(b"Q", sql.encode() + b"\0")
        rows, error = [], None
        while True:
            try:
                kind, body = self.receive()
            except DatabaseError as found:
                if "connection was closed" in str(found):
                    raise
                error = found
                continue
            if kind == b"D":
                count, at, row = struct.unpack("!H", body[:2])[0], 2, []
                for _ in range(count):
                    length = struct.unpack("!i", body[at : at + 4])[0]
                    at += 4
                    row.append(None if length < 0 else body[at : at + length].decode())
                    at += max(length, 0)
                rows.append(row)
            elif kind == b"Z":
                if error:
                    raise error
                return rows
