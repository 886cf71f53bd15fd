"""Notes as the document has them, or with a wrong answer for each operation: ``app.py bad``."""

import http.server
import json
import os
import sys
import urllib.parse

BAD = sys.argv[1:] == ["bad"]
NOTES = {1: "hello"}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, value, kind="application/json"):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, _, _ = self.path.partition("?")
        parts = path.strip("/").split("/")
        if self.headers.get("X-Key") != "k-1":
            self.answer(401, {})
        elif parts == ["notes"]:
            notes = sorted(NOTES.items())[:5]
            self.answer(200, [{"id": str(number) if BAD else number, "text": text} for number, text in notes])
        elif len(parts) == 2 and parts[0] == "notes":
            number = urllib.parse.unquote(parts[1])
            if not number.isdecimal():
                self.answer(500 if BAD else 404, {})
            elif int(number) in NOTES:
                self.answer(200, {"id": int(number), "text": NOTES[int(number)]})
            else:
                self.answer(404, {})
        else:
            self.answer(404, {})

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/login":
            self.answer(200, {"key": "k-1"})
            return
        try:
            value = json.loads(data)
        except ValueError:
            value = None
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str) or not 1 <= len(text) <= 20:
            self.answer(422, {})
            return
        NOTES[len(NOTES) + 1] = text
        self.answer(201, {"id": len(NOTES), "text": text}, "text/html" if BAD else "application/json")

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
