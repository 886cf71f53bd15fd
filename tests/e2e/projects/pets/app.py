"""The pets of the document, kept in memory; `app.py stub` answers nothing that it asks for."""

import json
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PETS = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value=None):
        data = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if value is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def wrong(self, status, message):
        self.answer(status, {"code": status, "message": message})

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if sys.argv[1:] == ["stub"]:
            self.answer(501)
            return
        url = urlsplit(self.path)
        one = re.fullmatch("/pets/([0-9]+)", url.path)
        if url.path == "/pets" and self.command == "GET":
            query = parse_qs(url.query)
            limit = query.get("limit", ["100"])[0]
            if not re.fullmatch("[0-9]{1,9}", limit):
                self.wrong(400, "limit")
                return
            tags = query.get("tags", [])
            pets = [pet for pet in PETS.values() if not tags or pet.get("tag") in tags]
            self.answer(200, pets[: int(limit)])
        elif url.path == "/pets" and self.command == "POST":
            self.add(body)
        elif one and int(one[1]) in PETS and self.command == "GET":
            self.answer(200, PETS[int(one[1])])
        elif one and int(one[1]) in PETS and self.command == "DELETE":
            del PETS[int(one[1])]
            self.answer(204)
        else:
            self.wrong(404, "there is no such pet")

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_one

    def add(self, body):
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        known = {name: given[name] for name in ("name", "tag") if name in given} if isinstance(given, dict) else {}
        if "name" not in known or not all(isinstance(value, str) for value in known.values()):
            self.wrong(400, "a pet has a name")
            return
        number = max(PETS, default=0) + 1
        PETS[number] = {"id": number, **known}
        self.answer(200, PETS[number])

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
