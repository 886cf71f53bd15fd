import json
import os
import sqlite3
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Notes:
    """Notes in a database."""

    def __init__(self, path):
        self._path = path

    def add(self, author, text):
        with closing(sqlite3.connect(self._path)) as db, db:
            made = db.execute("insert into notes (author, text) values (?, ?)", (author, text)).lastrowid
        return {"id": made, "author": author, "text": text}

    def find(self, note):
        with closing(sqlite3.connect(self._path)) as db:
            row = db.execute("select id, author, text from notes where id = ?", (note,)).fetchone()
        return dict(zip(("id", "author", "text"), row)) if row else None


def mistake(note):
    """What is wrong with a note that somebody sent, or None."""
    if not isinstance(note, dict):
        return "a note is an object"
    for key in ("author", "text"):
        if not isinstance(note.get(key), str) or not note[key].strip():
            return f"{key} is needed"
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    notes = Notes(os.environ["DATABASE_PATH"])

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, {"status": "ok"})
        name = self.path.removeprefix("/notes/")
        found = self.notes.find(int(name)) if self.path != name and name.isascii() and name.isdigit() else None
        return self.answer(200, found) if found else self.answer(404, {"error": "there is no such note"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/notes":
            return self.answer(404, {"error": "there is nothing here"})
        try:
            note = json.loads(body)
        except ValueError:
            return self.answer(400, {"error": "the body is not JSON"})
        wrong = mistake(note)
        if wrong:
            return self.answer(422, {"error": wrong})
        return self.answer(201, self.notes.add(note["author"], note["text"]))

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
